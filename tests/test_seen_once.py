"""What was seen once, and not when it was tried again: the result of its check says so, and no sibling outweighs it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.errors import NotTested, SeenOnce
from conformance.judging.verdict import Finding
from conformance.server import results
from conformance.server.results import result_of


@pytest.mark.parametrize(
    ("raised", "was_seen"),
    [(SeenOnce("cancelled, and not again"), True), (NotTested("nothing was sent"), False)],
    ids=["seen once", "not tested"],
)
def test_a_check_tells_what_it_has_seen_once(
    monkeypatch: pytest.MonkeyPatch, raised: NotTested, was_seen: bool
) -> None:
    says: Any = lambda _: ()  # noqa: E731 - what the result says besides
    for name in ("requirement_of", "draws", "needs_of", "in_turn", "_evidence"):
        monkeypatch.setattr(results, name, says)
    item: Any = SimpleNamespace(nodeid="test_target.py::test_one", stash=pytest.Stash())
    call: Any = SimpleNamespace(excinfo=SimpleNamespace(value=raised), duration=0.0)
    result = result_of(item, call, run=SimpleNamespace(), masking=None)  # type: ignore[arg-type]
    assert result.finding is Finding.NOT_TESTED
    assert result.was_seen_to_fail is was_seen
