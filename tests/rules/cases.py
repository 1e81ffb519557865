"""What a table of cases is: for one rule, traffic that keeps it, that violates it, and that it says nothing about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.exchange import Exchange
from conformance.rules import Complaint
from tests.rules.traffic import Traffic

Story = Callable[[Traffic], object]
Stories = Mapping[str, Story]


@dataclass(frozen=True, slots=True)
class Cases:
    """Stories by what they are about."""

    kept: Stories
    violated: Stories
    silent: Stories


def traffic_of(story: Story) -> Traffic:
    """The traffic of a story."""
    traffic = Traffic()
    story(traffic)
    return traffic


def assert_complains(complaint: Complaint | None, *shown: Exchange) -> None:
    """A complaint says something, whatever its wording, and shows these exchanges."""
    assert complaint is not None, "nothing was found wrong"
    assert isinstance(complaint.message, str)
    assert complaint.message.strip()
    assert complaint.exchanges == shown
