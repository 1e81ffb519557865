"""An operation as one look shows it: nothing that JSON can be breaks the view, and nothing is judged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.lro import Operation, State

STATES: list[tuple[dict[str, Any], State]] = [
    ({}, State.RUNNING),
    ({"done": False}, State.RUNNING),
    ({"done": None}, State.RUNNING),
    ({"done": "true"}, State.RUNNING),
    ({"done": "true", "error": {"code": 1}}, State.CANCELLED),
    ({"done": 1, "response": {}}, State.SUCCEEDED),
    ({"done": False, "error": {"code": 1}}, State.RUNNING),
    ({"done": True}, State.ENDED),
    ({"done": True, "error": None, "response": None}, State.ENDED),
    ({"done": True, "error": {"code": 1}}, State.CANCELLED),
    ({"done": True, "error": {"code": 1}, "response": {}}, State.CANCELLED),
    ({"done": True, "error": {"code": True}}, State.FAILED),
    ({"done": True, "error": {"code": "1"}}, State.FAILED),
    ({"done": True, "error": {"code": "CANCELLED"}}, State.FAILED),
    ({"done": True, "error": {"code": 499}}, State.FAILED),
    ({"done": True, "error": {}}, State.FAILED),
    ({"done": True, "error": "cancelled"}, State.FAILED),
    ({"done": True, "error": []}, State.FAILED),
    ({"done": True, "response": {}}, State.SUCCEEDED),
    ({"done": True, "response": ""}, State.SUCCEEDED),
    ({"done": True, "error": None, "response": {}}, State.SUCCEEDED),
]


@pytest.mark.parametrize(("members", "state"), STATES, ids=[str(members) for members, _ in STATES])
def test_state(members: dict[str, Any], state: State) -> None:
    operation = Operation(members)
    assert operation.state is state
    assert operation.state.is_done == operation.done


@pytest.mark.parametrize(
    ("error", "code"), [({"code": 5}, 5), ({}, 0), ({"code": "x"}, "x"), (None, None), ("x", None), ([1], None)]
)
def test_error_code_as_it_stands(error: object, code: object) -> None:
    assert Operation({"error": error}).error_code == code


@pytest.mark.parametrize("metadata", [None, {}, "requestedCancellation", [], {"requestedCancellation": "true"}])
def test_only_true_requests_a_cancellation(metadata: object) -> None:
    assert not Operation({"metadata": metadata}).cancellation_requested
    assert Operation({"metadata": {"requestedCancellation": True}}).cancellation_requested


def test_null_is_absent() -> None:
    explicit = Operation({"name": None, "done": None, "error": None, "response": None, "metadata": None})
    absent = Operation({})
    for member in ("name", "done", "error", "response", "metadata", "error_code", "state", "result"):
        assert getattr(explicit, member) == getattr(absent, member)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 600) | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["code", "message", "requestedCancellation", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["name", "done", "error", "response", "metadata", "x"]), ANYTHING))
def test_any_object_has_a_state(members: dict[str, Any]) -> None:
    operation = Operation(members)
    done, has_result = members.get("done"), operation.result != (None, None)
    assert operation.state.is_done == (done is True or (has_result and not isinstance(done, bool | None)))
    assert (operation.state is State.CANCELLED) <= (operation.error_code == 1)
    assert isinstance(operation.cancellation_requested, bool)


def test_an_error_is_the_same_with_its_empty_details_and_without() -> None:
    """As proto3 JSON has it: a list and a get need not write defaults alike."""
    written = Operation({"done": True, "error": {"code": 1, "message": "", "details": []}})
    assert written.result == Operation({"done": True, "error": {"code": 1}}).result
    assert written.result != Operation({"done": True, "error": {"code": 2}}).result
