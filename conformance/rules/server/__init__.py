"""Oracles about servers."""
