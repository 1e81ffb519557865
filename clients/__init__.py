"""Real SDKs, each with a driver and what is known of it, and a runner for the gate: see run.py."""
