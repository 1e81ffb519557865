"""Tests servers: options, plugin, run and plan; the way to a target; the reference server."""
