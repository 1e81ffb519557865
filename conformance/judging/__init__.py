"""From a recording to verdicts, the only way; what stands on it: baseline, audit, replay, difference."""
