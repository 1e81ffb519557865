"""Cancel, as a client lives through it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.server.reference.flavour import Flavour
from conformance.server.reference.service import Service

from .caller import PARENT, Caller, error_of, json_of


def test_running_operation_is_cancelled_and_stays(caller: Caller) -> None:
    name, other = caller.start(), caller.start()
    running = caller.get(name)
    assert (running["done"], running["metadata"]["requestedCancellation"]) == (False, False)

    response = caller.cancel(name)
    assert (response.status, response.body, response.media_type) == (200, b"{}", "application/json")

    cancelled = caller.get(name)
    assert cancelled["name"] == name
    assert cancelled["done"] is True
    assert cancelled["error"]["code"] == 1
    assert "response" not in cancelled
    assert cancelled["metadata"]["requestedCancellation"] is True
    assert cancelled["metadata"]["endTime"] >= cancelled["metadata"]["createTime"]
    assert caller.get(other)["done"] is False


def test_cancellation_takes_its_time(caller: Caller) -> None:
    name = caller.start("cancel-later", delay=5)
    caller.cancel(name)
    assert caller.get(name)["done"] is False
    assert caller.get(name)["metadata"]["requestedCancellation"] is True
    caller.passes(5)
    assert caller.get(name)["error"]["code"] == 1


@pytest.mark.parametrize(("mode", "member"), [("succeed-anyway", "response"), ("fail-anyway", "error")])
def test_cancellation_may_be_lost(caller: Caller, mode: str, member: str) -> None:
    name = caller.start(mode, duration=2)
    assert caller.cancel(name).status == 200
    assert caller.cancel(name).status == 200
    caller.passes(2)
    ended = caller.get(name)
    assert ended["done"] is True
    assert {"error", "response"} & set(ended) == {member}
    assert ended.get("error", {}).get("code") != 1


@pytest.mark.parametrize("mode", ["done", "failed", "run"])
def test_cancelling_what_is_done_changes_nothing(caller: Caller, service: Service, mode: str) -> None:
    name = caller.start(mode)
    caller.cancel(name)
    before = caller.get(name)
    assert caller.cancel(name).body == b"{}"
    caller.service = replace(service, flavour=Flavour(done_cancel="failed-precondition"))
    assert error_of(caller.cancel(name)) == (400, "FAILED_PRECONDITION")
    assert caller.get(name) == before


def test_unknown_operation_is_not_found(caller: Caller) -> None:
    name = caller.start()
    for unknown in (f"{name}x", name[:-1], name.upper().replace("PROJECTS", "projects"), f"{PARENT}/operations/o"):
        path = unknown.replace("LOCATIONS", "locations").replace("/OPERATIONS/", "/operations/")
        assert error_of(caller.cancel(path)) == (404, "NOT_FOUND")
    assert caller.get(name)["done"] is False


def test_unimplemented_for_one_operation(caller: Caller) -> None:
    name, other = caller.start("unimplemented"), caller.start()
    for _ in range(2):
        assert error_of(caller.cancel(name)) == (501, "UNIMPLEMENTED")
    assert caller.get(name)["metadata"]["requestedCancellation"] is False
    assert caller.cancel(other).status == 200


def test_delete_removes_and_does_not_cancel(caller: Caller) -> None:
    name, other = caller.start(), caller.start()
    response = caller.send("DELETE", f"/v1/{name}")
    assert (response.status, response.body) == (200, b"{}")
    for method, suffix in (("GET", ""), ("DELETE", ""), ("POST", ":cancel")):
        assert error_of(caller.send(method, f"/v1/{name}{suffix}")) == (404, "NOT_FOUND")
    listed = json_of(caller.send("GET", f"/v1/{PARENT}/operations"))["operations"]
    assert [operation["name"] for operation in listed] == [other]


def test_escaped_slash_names_another_operation(caller: Caller) -> None:
    name = caller.start()
    for escape in ("%2F", "%2f"):
        assert caller.cancel(name + escape + "x").status == 404
        assert caller.cancel(name.replace("/operations/", f"{escape}operations/")).status == 404
    assert caller.get(name)["done"] is False


def test_escaped_letters_name_the_same_operation(caller: Caller) -> None:
    name = caller.start()
    assert caller.cancel(name.replace("operation-", "%6Fperation%2D")).status == 200
    assert caller.get(name)["done"] is True


def test_log_tells_what_was_received_when_and_understood(caller: Caller, service: Service) -> None:
    name = caller.start()
    caller.passes(4)
    caller.cancel(name, {}, query="?alt=json")
    started, cancelled = service.log
    assert (started.call, started.received_at) == (None, 0)
    assert cancelled.received_at == 4
    assert cancelled.call is not None
    assert (cancelled.call.method.value, cancelled.call.name) == ("cancel", name)
    assert (cancelled.request.target, cancelled.request.body) == (f"/v1/{name}:cancel?alt=json", b"{}")
    assert cancelled.response is not None
    assert cancelled.response.status == 200
