"""Renderers of the one report; nothing is decided here."""
