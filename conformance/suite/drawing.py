"""Random checks: Hypothesis draws batches of the size and number that the profile allows, from the seed of the run.

A batch is sent at once, so that latency does not add up. Nothing is shrunk: values are small and labelled, and
shrinking would only send more requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.errors import Unjudged
from conformance.server.target.profile import Profile
from conformance.suite.judging import Violated

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Drawn = TypeVar("Drawn")


@contextmanager
def remembered(found: list[Exception]) -> Iterator[None]:
    """Keep what was found, or why nothing could be, before Hypothesis makes something else of it."""
    try:
        yield
    except (Violated, Unjudged) as said:
        found.append(said)
        raise


def play(drawn: Callable[[], None], found: list[Exception]) -> None:
    """Run Hypothesis, and raise the first thing that was `found`.

    Hypothesis repeats a finding and calls it flaky when the server does not repeat it. But it was seen once, and
    counts.
    """
    try:
        drawn()
    except Exception:  # whatever Hypothesis makes of it: the finding, Flaky, or a group of both
        if not found:
            raise
        raise found[0] from None


def for_each_batch(profile: Profile, strategy: SearchStrategy[Drawn], judge: Callable[[list[Drawn]], None]) -> None:
    """Draw batches of distinct values and hand each to `judge`, which raises what it finds."""
    from hypothesis import strategies as st

    size = profile.batch
    for_each(profile, st.lists(strategy, min_size=size, max_size=size, unique_by=repr), judge)


def for_each(profile: Profile, strategy: SearchStrategy[Any], judge: Callable[[Any], None]) -> None:
    """Draw as many values as the profile has examples, and hand each to `judge`."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    @seed(profile.seed)
    @settings(
        max_examples=profile.examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(strategy)
    def drawn(value: Any) -> None:
        with remembered(found):
            judge(value)

    found: list[Exception] = []
    play(drawn, found)
