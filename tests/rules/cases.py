"""What a table of cases is: for one rule, traffic that keeps it, that violates it, and that it says nothing about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.rules.traffic import Traffic

Story = Callable[[Traffic], object]
Stories = Mapping[str, Story]


@dataclass(frozen=True, slots=True)
class Cases:
    """Stories by what they are about."""

    kept: Stories
    violated: Stories
    silent: Stories


def told(story: Story) -> Traffic:
    """The traffic of a story."""
    traffic = Traffic()
    story(traffic)
    return traffic
