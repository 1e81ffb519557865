"""Every flavour: how it differs, and that it keeps the contract all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.lro.clock import VirtualClock
from conformance.server.reference.build import reference_service
from conformance.server.reference.flavour import FLAVOURS

from .caller import PARENT, Caller, error_of, json_of

UNKNOWN = f"{PARENT}/operations/unknown"

Story = Callable[[Caller, str], None]
STORIES: dict[str, Story] = {}


def story(*flavours: str) -> Callable[[Story], Story]:
    def told(of: Story) -> Story:
        for flavour in flavours:
            assert flavour not in STORIES
            STORIES[flavour] = of
        return of

    return told


def cancelled(caller: Caller, name: str) -> dict[str, Any]:
    """The operation, right after a cancel that was accepted."""
    assert caller.cancel(name).json() == {}
    return caller.get(name)


@story("default")
def cancels_at_once(caller: Caller, name: str) -> None:
    assert cancelled(caller, name)["error"]["code"] == 1


@story("cancels-later")
def cancels_later(caller: Caller, name: str) -> None:
    assert cancelled(caller, name)["done"] is False
    caller.passes(3)
    assert caller.get(name)["error"]["code"] == 1


@story("succeeds-anyway")
def succeeds_anyway(caller: Caller, name: str) -> None:
    assert cancelled(caller, name)["done"] is False
    caller.passes(1)
    assert "response" in caller.get(name)


@story("fails-anyway")
def fails_anyway(caller: Caller, name: str) -> None:
    assert cancelled(caller, name)["done"] is False
    caller.passes(1)
    assert caller.get(name)["error"]["code"] == 8


@story("never-ends")
def never_ends(caller: Caller, name: str) -> None:
    cancelled(caller, name)
    caller.passes(1e6)
    assert caller.get(name)["done"] is False
    assert caller.get(name)["metadata"]["requestedCancellation"] is True


@story("cancel-unimplemented")
def cancel_is_unimplemented(caller: Caller, name: str) -> None:
    assert error_of(caller.cancel(name)) == (501, "UNIMPLEMENTED")
    assert error_of(caller.cancel(UNKNOWN)) == (501, "UNIMPLEMENTED")
    assert caller.get(name)["metadata"]["requestedCancellation"] is False


@story("cancel-unimplemented-here")
def cancel_is_unimplemented_for_these_operations(caller: Caller, name: str) -> None:
    assert error_of(caller.cancel(name)) == (501, "UNIMPLEMENTED")
    assert error_of(caller.cancel(UNKNOWN)) == (404, "NOT_FOUND")


@story("list-and-delete-unimplemented")
def list_and_delete_are_unimplemented(caller: Caller, name: str) -> None:
    assert error_of(caller.send("GET", f"/v1/{PARENT}/operations")) == (501, "UNIMPLEMENTED")
    assert error_of(caller.send("DELETE", f"/v1/{name}")) == (501, "UNIMPLEMENTED")
    assert cancelled(caller, name)["done"] is True


@story("done-cancel-refused")
def cancel_of_a_finished_operation_is_refused(caller: Caller, name: str) -> None:
    before = cancelled(caller, name)
    assert error_of(caller.cancel(name)) == (400, "FAILED_PRECONDITION")
    assert caller.get(name) == before


@story("defaults-omitted")
def fields_with_default_values_are_omitted(caller: Caller, name: str) -> None:
    running = caller.get(name)
    assert set(running) == {"name", "metadata"}
    assert "requestedCancellation" not in running["metadata"]
    assert cancelled(caller, name)["metadata"]["requestedCancellation"] is True
    assert set(caller.get(name)["error"]) == {"code", "message"}
    assert json_of(caller.send("GET", "/v1/projects/p/locations/empty/operations")) == {}


@story("metadata-unflagged")
def metadata_does_not_tell_of_the_request(caller: Caller, name: str) -> None:
    assert "requestedCancellation" not in cancelled(caller, name)["metadata"]
    assert caller.get(name)["metadata"]["verb"] == "create"


@story("metadata-null")
def metadata_is_null(caller: Caller, name: str) -> None:
    assert cancelled(caller, name)["metadata"] is None


@story("metadata-absent")
def metadata_is_absent(caller: Caller, name: str) -> None:
    assert set(cancelled(caller, name)) == {"name", "done", "error"}


@story("errors-legacy")
def errors_have_the_old_list_too(caller: Caller, name: str) -> None:
    assert "errors" in caller.cancel(name + "x").json()["error"]
    assert error_of(caller.cancel(UNKNOWN)) == (404, "NOT_FOUND")


@story("errors-status")
def errors_are_bare_statuses(caller: Caller, name: str) -> None:
    body = json_of(caller.cancel(name + "x"))
    assert body["code"] == 5
    assert len(body["details"]) == 1


@story("errors-without-details")
def errors_have_no_details(caller: Caller, name: str) -> None:
    assert set(caller.cancel(name + "x").json()["error"]) == {"code", "message", "status"}


@story("wrong-method-405")
def other_methods_are_not_allowed(caller: Caller, name: str) -> None:
    response = caller.send("PUT", f"/v1/{name}:cancel")
    assert (response.status, response.header("allow")) == (405, "POST")


@story("wrong-method-501")
def other_methods_are_unimplemented(caller: Caller, name: str) -> None:
    assert error_of(caller.send("PUT", f"/v1/{name}:cancel")) == (501, "UNIMPLEMENTED")


@story("unrouted-html")
def unrouted_requests_get_a_page(caller: Caller, name: str) -> None:
    response = caller.send("POST", f"/v1/{name}:frobnicate")
    assert (response.status, response.media_type) == (404, "text/html")
    assert error_of(caller.cancel(UNKNOWN)) == (404, "NOT_FOUND")


@story("unrouted-empty")
def unrouted_requests_get_nothing(caller: Caller, name: str) -> None:
    response = caller.send("POST", f"/v1/{name}:frobnicate")
    assert (response.status, response.body, response.media_type) == (404, b"", None)


@story("unknown-query-ignored")
def unknown_parameters_are_ignored(caller: Caller, name: str) -> None:
    other = caller.start()
    assert caller.cancel(name, query=f"?foo=bar&name={other}").status == 200
    assert (caller.get(name)["done"], caller.get(other)["done"]) == (True, False)


@story("unknown-body-ignored")
def unknown_members_are_ignored(caller: Caller, name: str) -> None:
    assert caller.cancel(name, {"foo": {"name": 1}}).status == 200
    assert error_of(caller.cancel(name, {"name": UNKNOWN})) == (400, "INVALID_ARGUMENT")


@story("body-name-ignored")
def name_in_the_body_is_ignored(caller: Caller, name: str) -> None:
    other = caller.start()
    assert caller.cancel(name, {"name": other}).status == 200
    assert (caller.get(name)["done"], caller.get(other)["done"]) == (True, False)


@story("no-charset")
def content_type_has_no_charset(caller: Caller, name: str) -> None:
    assert caller.cancel(name).header("content-type") == "application/json"


@story("quoted-charset")
def content_type_is_spelled_otherwise(caller: Caller, name: str) -> None:
    assert caller.cancel(name).header("content-type") == 'Application/JSON;charset="utf-8"'
    assert caller.cancel(name).media_type == "application/json"


@story("spaced")
def answers_have_white_space_around(caller: Caller, name: str) -> None:
    assert caller.cancel(name).body == b" {}\r\n "
    assert b" , " in caller.send("GET", f"/v1/{name}").body


@story("indented")
def answers_are_indented(caller: Caller, name: str) -> None:
    body = caller.send("GET", f"/v1/{name}").body
    assert body == json.dumps(json.loads(body), indent=2).encode() + b"\n"


@story("extra-headers")
def answers_have_more_headers(caller: Caller, name: str) -> None:
    for response in (caller.cancel(name), caller.cancel(UNKNOWN), caller.send("GET", "/")):
        assert response.header("grpc-status") == "0"
        assert sum(key == "Vary" for key, _ in response.headers) == 2


@story("transcoder")
def answers_like_a_plain_transcoder(caller: Caller, name: str) -> None:
    assert caller.cancel(name, {"name": UNKNOWN, "foo": 1}, query=f"?name={UNKNOWN}").body == b"{}"
    assert caller.send("PUT", f"/v1/{name}").json() == {"code": 12, "message": "Method Not Allowed", "details": []}


@story("strict-and-slow")
def is_strict_and_slow(caller: Caller, name: str) -> None:
    assert cancelled(caller, name)["done"] is False
    caller.passes(2)
    assert caller.cancel(name).status == 400
    assert caller.send("PUT", f"/v1/{name}").status == 405


@pytest.fixture(params=sorted(FLAVOURS))
def flavour(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def flavoured(flavour: str) -> Caller:
    return Caller(reference_service(VirtualClock(), FLAVOURS[flavour], seed=flavour))


def test_flavour_differs_as_it_says(flavoured: Caller, flavour: str) -> None:
    STORIES[flavour](flavoured, flavoured.start())


def test_flavour_is_correct(flavoured: Caller, flavour: str) -> None:
    """Invariants that no flavour may touch."""
    name, other = flavoured.start(), flavoured.start()
    response = flavoured.cancel(name)
    if response.is_success:
        assert (response.status, response.json(), response.media_type) == (200, {}, "application/json")
    else:
        assert response.status == 501
        assert "unimplemented" in flavour
    flavoured.passes(10)
    ended = flavoured.get(name)
    assert ended["name"] == name
    if ended.get("done", False):
        assert len({"error", "response"} & set(ended)) == 1
        flavoured.cancel(name)
        assert flavoured.get(name) == ended
    else:
        assert not {"error", "response"} & set(ended)
    assert not flavoured.get(other).get("done", False)
    assert flavoured.cancel(UNKNOWN).status in (404, 501)
    assert flavoured.cancel(name, b"{").status == 400


def test_flavours_are_many_and_all_different() -> None:
    assert len(FLAVOURS) >= 12
    assert len(set(FLAVOURS.values())) == len(FLAVOURS)
    assert set(STORIES) == set(FLAVOURS)
