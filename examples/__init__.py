"""Real targets that can be started on this machine, and a runner that tests them all: see interop.py."""
