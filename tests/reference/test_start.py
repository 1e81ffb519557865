"""Starting operations: the real way, and the hook for tests."""

from __future__ import annotations

import json

import pytest

from conformance.server.reference.store import Mode

from .caller import PARENT, Caller, error_of, json_of

START = f"/v1/{PARENT}/operations:start"
CREATE = f"/v1/{PARENT}/appConnections"


def test_creating_an_app_connection_starts_an_operation_that_runs(caller: Caller) -> None:
    connection = {"displayName": "d", "type": "TCP_PROXY", "applicationEndpoint": {"host": "h", "port": 1}}
    operation = json_of(caller.send("POST", f"{CREATE}?appConnectionId=c-1&alt=json", connection))
    assert operation["done"] is False
    assert operation["name"].startswith(f"{PARENT}/operations/")
    assert operation["metadata"] == {
        "@type": "type.googleapis.com/google.cloud.beyondcorp.appconnections.v1.AppConnectionOperationMetadata",
        "createTime": "2026-01-01T00:00:00Z",
        "target": f"{PARENT}/appConnections/c-1",
        "verb": "create",
        "apiVersion": "v1",
        "requestedCancellation": False,
    }
    caller.cancel(operation["name"])
    assert caller.get(operation["name"])["error"]["code"] == 1


def test_id_of_an_app_connection_is_optional_but_no_path(caller: Caller) -> None:
    assert json_of(caller.send("POST", CREATE))["metadata"]["target"].startswith(f"{PARENT}/appConnections/")
    for identifier in ("a/b", "a%20b", "x" * 64, "%2E%2E"):
        answer = caller.send("POST", f"{CREATE}?appConnectionId={identifier}")
        assert error_of(answer) == (400, "INVALID_ARGUMENT")


def test_resource_with_unknown_fields_is_refused(caller: Caller) -> None:
    assert error_of(caller.send("POST", CREATE, {"colour": "red"})) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("mode", list(Mode))
def test_hook_starts_every_behaviour(caller: Caller, mode: Mode) -> None:
    operation = json_of(caller.send("POST", START, {"mode": mode, "delay": 1, "duration": 2.5}))
    assert operation["done"] is (mode in (Mode.DONE, Mode.FAILED))
    assert caller.get(operation["name"]) == operation


@pytest.mark.parametrize("identifier", ["9A-z_.~", "a:b", "x" * 63])
def test_hook_gives_the_id_that_is_wanted(caller: Caller, identifier: str) -> None:
    operation = json_of(caller.send("POST", START, {"id": identifier}))
    assert operation["name"] == f"{PARENT}/operations/{identifier}"
    assert caller.get(operation["name"]) == operation
    assert error_of(caller.send("POST", START, {"id": identifier})) == (409, "ALREADY_EXISTS")


def test_hook_without_a_body_starts_a_running_operation(caller: Caller) -> None:
    assert json_of(caller.send("POST", START))["done"] is False


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "dance"},
        {"mode": 1},
        {"mode": None},
        {"mode": []},
        {"delay": -1},
        {"delay": "1"},
        {"duration": True},
        {"speed": 1},
        {"id": "a/b"},
        {"id": ".."},
        {"id": "x" * 64},
        {"id": 7},
        b'{"delay": 1e999}',
        b'{"delay": 1' + b"0" * 400 + b"}",
        b'{"delay": NaN}',
        b"[]",
    ],
    ids=str,
)
def test_hook_refuses_what_it_does_not_understand(caller: Caller, body: object) -> None:
    assert error_of(caller.send("POST", START, body)) == (400, "INVALID_ARGUMENT")
    assert json.loads(caller.send("GET", f"/v1/{PARENT}/operations").body) == {"operations": []}
