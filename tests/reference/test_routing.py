"""From request line to binding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange import Call, Method
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.flavour import Flavour
from conformance.server.reference.routing import split_target
from conformance.server.reference.service import Service

from .caller import PARENT, Caller, error_of

N = f"{PARENT}/operations/o"


@pytest.mark.parametrize(
    ("method", "path", "rpc", "name"),
    [
        ("POST", f"{N}:cancel", Rpc.CANCEL, N),
        ("POST", f"{N}:c%61ncel", Rpc.CANCEL, N),
        ("POST", f"{N}%6F:cancel", Rpc.CANCEL, f"{N}o"),
        ("POST", f"{N}%2Fx:cancel", Rpc.CANCEL, f"{N}%2Fx"),
        ("POST", f"{N}%2fx:cancel", Rpc.CANCEL, f"{N}%2fx"),
        ("POST", f"{N}%252Fx:cancel", Rpc.CANCEL, f"{N}%2Fx"),
        ("POST", f"{N}:cancel:cancel", Rpc.CANCEL, f"{N}:cancel"),
        ("POST", f"{N}%3Acancel:cancel", Rpc.CANCEL, f"{N}:cancel"),
        ("POST", f"{N}%20%C3%A9+:cancel", Rpc.CANCEL, f"{N} é+"),
        ("POST", "projects/example.com:p/locations/l/operations/o:cancel", Rpc.CANCEL, None),
        ("POST", "organizations/1/locations/global/operations/o:cancel", Rpc.CANCEL, None),
        ("POST", "proj%65cts/p/locations/l/operations/o:cancel", Rpc.CANCEL, "projects/p/locations/l/operations/o"),
        ("GET", N, Rpc.GET, N),
        ("GET", f"{N}:Cancel", Rpc.GET, f"{N}:Cancel"),
        ("GET", f"{N}%3Acancel", Rpc.GET, f"{N}:cancel"),
        ("DELETE", N, Rpc.DELETE, N),
        ("GET", f"{PARENT}/operations", Rpc.LIST, PARENT),
        ("GET", "organizations/1/locations/l/operations", Rpc.LIST, "organizations/1/locations/l"),
        ("POST", f"{PARENT}/operations:start", Rpc.START, PARENT),
        ("POST", f"{PARENT}/appConnections", Rpc.CREATE, PARENT),
    ],
)
def test_bound(service: Service, caller: Caller, method: str, path: str, rpc: Rpc, name: str | None) -> None:
    caller.send(method, f"/v1/{path}", {})
    entry = service.log[-1]
    assert entry.rpc is rpc
    if entry.call is not None:
        assert entry.call.name == (name if name is not None else path.removesuffix(":cancel"))


UNROUTED = [
    ("POST", "/"),
    ("POST", f"/v1/{N}"),
    ("POST", f"/v1/{N}:Cancel"),
    ("POST", f"/v1/{N}:frobnicate"),
    ("POST", f"/v1/{N}:cancel/"),
    ("POST", f"/v1/{N}/:cancel"),
    ("POST", f"/v1/{N}%3Acancel"),
    ("POST", f"/v1/{N}/x:cancel"),
    ("POST", f"/v1/{PARENT}/operations/:cancel"),
    ("POST", f"/v1/{PARENT}/operations:cancel"),
    ("POST", "/v1/projects//locations/l/operations/o:cancel"),
    ("POST", "/v1/projects/p/operations/o:cancel"),
    ("POST", "/v1/operations/o:cancel"),
    ("POST", "/v1/folders/p/locations/l/operations/o:cancel"),
    ("POST", "/v1/Projects/p/locations/l/operations/o:cancel"),
    ("POST", f"/v2/{N}:cancel"),
    ("POST", f"/V1/{N}:cancel"),
    ("POST", f"//v1/{N}:cancel"),
    ("POST", f"/v1/{PARENT}/operations/../operations/o:cancel"),
    ("POST", f"/v1/{PARENT}/operations/..:cancel"),
    ("post", f"/v1/{N}:cancel"),
    ("GET", f"/v1/{N}:cancel"),
    ("DELETE", f"/v1/{N}:cancel"),
    ("PUT", f"/v1/{N}:cancel"),
    ("OPTIONS", f"/v1/{N}"),
    ("PATCH", f"/v1/{N}"),
    ("GET", f"/v1/{PARENT}/appConnections"),
    ("BREW", "*"),
]


@pytest.mark.parametrize(("method", "target"), UNROUTED)
def test_unrouted_is_404_and_calls_nothing(service: Service, caller: Caller, method: str, target: str) -> None:
    assert error_of(caller.send(method, target)) == (404, "NOT_FOUND")
    assert (service.log[-1].rpc, service.log[-1].call) == (None, None)


def test_answer_to_head_has_the_length_of_its_content_and_none(caller: Caller) -> None:
    answer = caller.send("HEAD", f"/v1/{N}")
    assert (answer.status, answer.body) == (404, b"")
    assert int(answer.header("content-length") or 0) > 100


@pytest.mark.parametrize("path", ["%zz", "%", "%4", "%FF", "%C3x", "é", "a b", "a#b", "\x00"])
def test_what_is_no_path_is_invalid(caller: Caller, path: str) -> None:
    assert error_of(caller.send("POST", f"/v1/{N}{path}:cancel")) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", f"{N}:cancel", "POST"),
        ("PUT", f"{N}:cancel", "POST"),
        ("POST", N, "DELETE, GET"),
        ("POST", f"{N}:frobnicate", "DELETE, GET"),
        ("DELETE", f"{PARENT}/operations", "GET"),
    ],
)
def test_other_method_on_a_bound_path_by_flavour(
    service: Service, caller: Caller, method: str, path: str, allow: str
) -> None:
    caller.service = replace(service, flavour=Flavour(wrong_method_status=405))
    response = caller.send(method, f"/v1/{path}")
    assert (response.status, response.header("allow")) == (405, allow)
    assert "status" not in response.json()["error"]  # no canonical code maps to 405
    caller.service = replace(service, flavour=Flavour(wrong_method_status=501))
    assert error_of(caller.send(method, f"/v1/{path}")) == (501, "UNIMPLEMENTED")
    assert error_of(caller.send(method, f"/v1/{path}/x/y")) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/a:b?c=d?e", "/a:b", "c=d?e"),
        ("/a?callback=http://h/x", "/a", "callback=http://h/x"),
        ("http://h:80/a?b", "/a", "b"),
        ("HTTP://h", "/", ""),
        ("http://h?x", "/", "x"),
        ("/a://b", "/a://b", ""),
        ("*", "*", ""),
    ],
)
def test_request_target_in_all_its_forms(target: str, path: str, query: str) -> None:
    assert split_target(target) == (path, query)


def test_absolute_form_calls(caller: Caller, service: Service) -> None:
    name = caller.start()
    assert caller.send("POST", f"http://reference.invalid/v1/{name}:cancel?alt=json").status == 200
    assert service.log[-1].call == Call(Method.CANCEL, name)
