"""How much a run does: three profiles, each containing the one before."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Profile:
    """One size of run.

    `examples` is how many batches a property check draws, `batch` how many requests it puts into one; both are 0 in
    a profile that draws nothing. Everything drawn comes from `seed`, so a run can be repeated. `requests` and
    `operations` are limits that it needs where the configuration does not say any; 0 where the usual ones do. `watch`
    is how many seconds after their end operations are looked at again, where the configuration does not say.
    """

    name: str
    rank: int
    examples: int
    batch: int
    seed: int = 0
    requests: int = 0
    operations: int = 0
    watch: float = 0.0

    def shared_by(self, checks: int) -> Profile:
        """The profile with its examples divided among so many checks, at least one for each."""
        return replace(self, examples=max(1, self.examples // max(1, checks)))


QUICK = Profile("quick", rank=0, examples=0, batch=0)
CI = Profile("ci", rank=1, examples=6, batch=36, operations=200, watch=5.0)
THOROUGH = Profile("thorough", rank=2, examples=30, batch=48, requests=20_000, operations=1_000, watch=30.0)

PROFILES = {profile.name: profile for profile in (QUICK, CI, THOROUGH)}
