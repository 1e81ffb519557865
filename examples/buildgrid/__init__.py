"""BuildGrid behind Envoy as a target: see serve.py."""
