"""How much a run does: three profiles, each containing the one before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """One size of run.

    `examples` is how many batches a property check draws, `batch` how many requests it puts into one; both are 0 in
    a profile that draws nothing. `is_deterministic`: two runs against the same server send the same requests.
    """

    name: str
    rank: int
    examples: int
    batch: int
    is_deterministic: bool


QUICK = Profile("quick", rank=0, examples=0, batch=0, is_deterministic=True)
CI = Profile("ci", rank=1, examples=6, batch=12, is_deterministic=False)
THOROUGH = Profile("thorough", rank=2, examples=40, batch=16, is_deterministic=False)

PROFILES = {profile.name: profile for profile in (QUICK, CI, THOROUGH)}
