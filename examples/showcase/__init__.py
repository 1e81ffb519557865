"""Google's gapic-showcase as a target: see serve.py."""
