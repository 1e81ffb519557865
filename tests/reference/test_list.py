"""Lists and their pages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.lro.clock import VirtualClock
from conformance.server.reference.build import reference_service

from .caller import PARENT, Caller, error_of, json_of


def page(caller: Caller, query: str = "", parent: str = PARENT) -> dict[str, Any]:
    return json_of(caller.send("GET", f"/v1/{parent}/operations{query}"))


def names(message: dict[str, Any]) -> list[str]:
    return [operation["name"] for operation in message["operations"]]


def test_lists_what_get_gets(caller: Caller) -> None:
    started = [caller.start(mode) for mode in ("run", "done", "failed", "never-ends")]
    caller.cancel(started[0])
    assert page(caller)["operations"] == [caller.get(name) for name in started]


def test_parents_are_apart(caller: Caller) -> None:
    organization = caller.start(parent="organizations/7/locations/global")
    project = caller.start()
    assert names(page(caller)) == [project]
    assert names(page(caller, parent="organizations/7/locations/global")) == [organization]
    assert names(page(caller, parent="projects/demo/locations/-")) == []


@given(count=st.integers(0, 12), size=st.integers(1, 13))
def test_pages_are_the_list(count: int, size: int) -> None:
    caller = Caller(reference_service(VirtualClock(), seed=1))
    started = [caller.start() for _ in range(count)]
    seen: list[str] = []
    token = ""
    for _ in range(count // size + 1):
        message = page(caller, f"?pageSize={size}&pageToken={token}")
        assert len(message["operations"]) <= size
        seen += names(message)
        token = message.get("nextPageToken", "")
        if not token:
            break
    assert token == ""
    assert seen == started


def test_pages_stay_right_while_operations_come_and_go(caller: Caller) -> None:
    started = [caller.start() for _ in range(4)]
    first = page(caller, "?pageSize=2")
    for name in started[:3]:
        caller.send("DELETE", f"/v1/{name}")
    late = caller.start()
    assert names(page(caller, f"?pageToken={first['nextPageToken']}")) == [started[3], late]


def test_token_belongs_to_its_list(caller: Caller) -> None:
    for _ in range(3):
        caller.start()
    token = page(caller, "?pageSize=1")["nextPageToken"]
    for query in (
        f"operations?pageToken={token}x",
        f"operations?pageToken={token}&filter=done=true",
        "operations?pageToken=2",
        "operations?pageToken=zz-top",
        f"operations?pageToken=0{token}",
    ):
        assert error_of(caller.send("GET", f"/v1/{PARENT}/{query}")) == (400, "INVALID_ARGUMENT")
    elsewhere = f"/v1/projects/other/locations/us/operations?pageToken={token}"
    assert error_of(caller.send("GET", elsewhere)) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("size", ["", "0", "1000000"])
def test_generous_page_sizes(caller: Caller, size: str) -> None:
    started = [caller.start() for _ in range(3)]
    assert names(page(caller, f"?pageSize={size}")) == started


@pytest.mark.parametrize(
    "query",
    [
        "?pageSize=-1",
        "?pageSize=ten",
        "?pageSize=1.5",
        "?pageSize=99999999999999999999",
        "?pageSize=2147483648",
        "?filter=nonsense((",
        "?filter=verb=create",
        "?returnPartialSuccess=perhaps",
        "?orderBy=name",
    ],
)
def test_nonsense_is_refused(caller: Caller, query: str) -> None:
    assert error_of(caller.send("GET", f"/v1/{PARENT}/operations{query}")) == (400, "INVALID_ARGUMENT")


def test_filter_by_done(caller: Caller) -> None:
    running, ended = caller.start(), caller.start("done")
    assert names(page(caller, "?filter=done%3Dtrue")) == [ended]
    assert names(page(caller, "?filter=done:false")) == [running]
    assert names(page(caller, "?filter=+&returnPartialSuccess=true")) == [running, ended]
