"""Servers that keep the contract, each in its own way: no rule accuses them of anything but what is listed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.rules.server import all_rules
from tests.rules.cases import Story, traffic_of
from tests.rules.traffic import (
    ASKED,
    DONE_ALREADY,
    ENVOY_TEXT,
    GOOGLE_PAGE,
    INVALID,
    METADATA,
    NOT_FOUND,
    OPERATION,
    OTHER,
    PERMISSION_DENIED,
    TOO_MANY,
    UNAVAILABLE,
    UNIMPLEMENTED,
    Traffic,
    asked_to_cancel,
    bare,
    cancelled,
    failed,
    running,
    succeeded,
)


def accused_of(traffic: Traffic) -> set[str]:
    """The requirements that some rule calls violated."""
    return {
        rule.requirement
        for rule in all_rules().values()
        if any(violation is not None for violation in rule.judgements(traffic.exchanges))
    }


LAWFUL: dict[str, Story] = {
    "cancelled at once": lambda t: (t.get(running()), t.cancel(), t.get(cancelled()), t.list(cancelled())),
    "cancelled after a while": lambda t: (
        t.get(running()),
        t.cancel(),
        t.get(asked_to_cancel()),
        t.get(cancelled(metadata=ASKED)),
    ),
    "completed despite the cancel": lambda t: (t.get(running()), t.cancel(), t.get(succeeded()), t.get(succeeded())),
    "failed otherwise": lambda t: (t.get(running()), t.cancel(), t.get(failed(4)), t.get(failed(4))),
    "runs on for ever": lambda t: (
        t.get(running()),
        t.cancel(),
        t.get(asked_to_cancel()),
        t.cancel(),
        t.get(asked_to_cancel()),
    ),
    "a done operation is not cancelled again": lambda t: (
        t.cancel(),
        t.get(cancelled()),
        t.cancel(status=400, answer=DONE_ALREADY),
        t.get(cancelled()),
    ),
    "asks for a retry": lambda t: (
        t.get(running()),
        t.cancel(status=429, answer=TOO_MANY),
        t.cancel(status=503, answer=UNAVAILABLE),
        t.cancel(),
        t.get(cancelled()),
    ),
    "hides what exists": lambda t: (
        t.cancel(name=OTHER, status=403, answer=PERMISSION_DENIED),
        t.get(PERMISSION_DENIED, 403, name=OTHER),
    ),
    "answers by project number": lambda t: (
        t.get(running(OPERATION.replace("demo", "12345"))),
        t.cancel(),
        t.get(cancelled(OPERATION.replace("demo", "12345"))),
    ),
    "deletes what is deleted": lambda t: (
        t.cancel(),
        t.get(cancelled()),
        t.delete(),
        t.get(NOT_FOUND, 404),
        t.cancel(status=404, answer=NOT_FOUND),
    ),
    "Google's front end, on a path that nothing is bound to": lambda t: (
        t.send("POST", f"/v1/{OPERATION}:frobnicate", GOOGLE_PAGE, 404, content_type="text/html; charset=UTF-8"),
        t.send("GET", f"/v1/{OPERATION}:cancel", GOOGLE_PAGE, 404, content_type="text/html; charset=UTF-8"),
    ),
    "Google's parser, on an unknown field": lambda t: t.cancel(sends=b'{"foo": 1}', status=400, answer=INVALID),
    "Envoy, in its own name": lambda t: (
        t.get(running()),
        t.cancel(query="?foo=bar", status=415, answer=ENVOY_TEXT, content_type="text/plain"),
        t.cancel(query="?foo=bar", status=404, answer=ENVOY_TEXT, content_type="text/plain"),
        t.cancel(status=503, answer=ENVOY_TEXT, content_type="text/plain"),
        t.get(None, 504),
    ),
    "vanguard, on another method": lambda t: t.send(
        "GET", f"/v1/{OPERATION}:cancel", b"no", 405, content_type="text/plain", headers=(("Allow", "POST"),)
    ),
}


@pytest.mark.parametrize("story", LAWFUL.values(), ids=LAWFUL)
def test_nothing_is_wrong(story: Story) -> None:
    assert accused_of(traffic_of(story)) == set()


_ENVELOPE = {"errors.envelope", "errors.envelope-is-used"}
"""The statement decides which of the two counts; both only say that the envelope is missing."""

PECULIAR: dict[str, tuple[Story, set[str]]] = {
    "grpc-gateway": (
        lambda t: (
            t.get({"name": OPERATION, "metadata": None, "done": False}),
            t.cancel(content_type="application/json"),
            t.get({"name": OPERATION, "metadata": None, "done": True, "error": bare(1, "cancelled")}),
            t.get(bare(5), 404, name=OTHER),
            t.send("PUT", f"/v1/{OPERATION}:cancel", bare(12), 501),
        ),
        _ENVELOPE,
    ),
    "Envoy": (
        lambda t: (
            t.get({"name": OPERATION}),
            t.cancel(headers=(("grpc-status", "0"),), content_type="application/json"),
            t.get({"name": OPERATION, "done": True, "error": {"code": 1, "message": "cancelled"}}),
            t.get({"code": 5, "message": "no such operation"}, 404, name=OTHER),
        ),
        _ENVELOPE,
    ),
    "an old grpc-gateway, on a done operation": (
        lambda t: (t.get(cancelled()), t.cancel(status=412, answer=bare(9))),
        {*_ENVELOPE, "errors.bare-code-maps"},
    ),
    "a production service without ErrorInfo": (
        lambda t: t.get({"error": {"code": 404, "message": "no", "status": "NOT_FOUND"}}, 404),
        {"errors.have-error-info"},
    ),
    "a service that does not support cancel, and says so where nobody says otherwise": (
        lambda t: (t.get(running()), t.cancel(status=501, answer=UNIMPLEMENTED), t.get(running())),
        {"unimplemented.as-stated"},
    ),
    "a service that gives no result": (
        lambda t: (t.cancel(), t.get({"name": OPERATION, "metadata": METADATA, "done": True})),
        {"operation.done-has-a-result"},
    ),
}


@pytest.mark.parametrize(("story", "accused"), PECULIAR.values(), ids=PECULIAR)
def test_a_peculiarity_is_charged_once_and_nothing_else(story: Story, accused: set[str]) -> None:
    assert accused_of(traffic_of(story)) == accused


@st.composite
def lawful_lives(draw: st.DrawFn) -> Traffic:
    """One operation that is cancelled once and ends once, and looks at it, each taken somewhere within its exchange.

    So whatever the looks say is what an observer of a lawful server may be told, however they overlap.
    """
    moment = st.integers(0, 12)
    asked_at, ended_at = draw(moment), draw(moment)
    metadata = ASKED if asked_at <= ended_at else METADATA
    end = draw(st.sampled_from([cancelled(metadata=metadata), succeeded(metadata=metadata), failed(metadata=metadata)]))

    traffic = Traffic()
    calls = draw(st.lists(st.tuples(st.integers(0, 2), moment, moment, st.integers(0, 3)), min_size=1, max_size=9))
    calls.append((3, asked_at, 0, 0))
    for kind, taken_at, before, after in sorted(calls, key=lambda call: call[1] - call[2]):
        during = (float(taken_at - before), float(taken_at + after))
        shown = end if taken_at >= ended_at else asked_to_cancel() if taken_at >= asked_at else running()
        if kind == 3:
            traffic.cancel(during=during)
        elif kind == 2:
            traffic.list(shown, running(OTHER), during=during)
        else:
            traffic.get(shown, during=during)
    return traffic


@given(lawful_lives())
def test_a_lawful_life_is_never_accused_however_the_looks_overlap(traffic: Traffic) -> None:
    assert accused_of(traffic) == set()
