"""Who may call, and what those learn who may not."""

from __future__ import annotations

import pytest

from conformance.exchange import Header, Response
from conformance.lro.clock import VirtualClock
from conformance.server.reference.auth import CLOUD_PLATFORM, Auth
from conformance.server.reference.build import reference_service
from conformance.server.reference.store import UnknownOperation

from .caller import PARENT, Caller, error_of

STRONG: Header = ("Authorization", "Bearer strong")
WEAK: Header = ("Authorization", "Bearer weak")
AUTH = Auth({"strong": frozenset({CLOUD_PLATFORM, "email"}), "weak": frozenset({"email"})})

NO_CREDENTIAL: list[tuple[Header, ...]] = [
    (),
    (("Authorization", ""),),
    (("Authorization", "Bearer"),),
    (("Authorization", "Basic c3Ryb25nOnN0cm9uZw=="),),
    (("Authorization", "strong"),),
]


@pytest.fixture
def caller() -> Caller:
    return Caller(reference_service(VirtualClock(), auth=AUTH, seed=1))


@pytest.fixture
def name(caller: Caller) -> str:
    return caller.service.store.start(PARENT).name


CALLS = [
    ("POST", ":cancel", b""),
    ("POST", "-unknown:cancel", b""),
    ("POST", ":cancel", b"{"),
    ("POST", ":cancel?foo=bar", b""),
    ("POST", ":cancel?%zz", b""),
    ("GET", "", b""),
    ("GET", "-unknown", b""),
    ("DELETE", "", b""),
    ("DELETE", "-unknown", b""),
]


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_nobody_learns_anything(caller: Caller, name: str, call: tuple[str, str, bytes]) -> None:
    method, suffix, body = call
    for headers in NO_CREDENTIAL:
        answer = caller.send(method, f"/v1/{name}{suffix}", body, headers)
        assert error_of(answer) == (401, "UNAUTHENTICATED")
        assert (answer.header("www-authenticate") or "").startswith("Bearer realm=")
    answer = caller.send(method, f"/v1/{name}{suffix}", body, (("Authorization", "Bearer stolen"),))
    assert error_of(answer) == (401, "UNAUTHENTICATED")
    assert 'error="invalid_token"' in (answer.header("www-authenticate") or "")
    assert not caller.service.store.get(name).requested_cancellation


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_weak_token_is_denied_whatever_exists(caller: Caller, name: str, call: tuple[str, str, bytes]) -> None:
    method, suffix, body = call
    answer = caller.send(method, f"/v1/{name}{suffix}", body, (WEAK,))
    assert error_of(answer) == (403, "PERMISSION_DENIED")
    assert not caller.service.store.get(name).done


def test_denial_reads_as_aip_211_wants(caller: Caller, name: str) -> None:
    def denial(of: str) -> str:
        message: str = caller.send("POST", f"/v1/{of}:cancel", b"", (WEAK,)).json()["error"]["message"]
        return message

    text = f"Permission 'beyondcorp.operations.cancel' denied on resource '{name}' (or it might not exist)."
    assert denial(name) == text
    assert denial(name + "x") == text.replace(name, name + "x")


@pytest.mark.parametrize("value", ["Bearer strong", "bearer strong", "BEARER   strong", " Bearer strong "])
def test_strong_token_may(caller: Caller, name: str, value: str) -> None:
    assert caller.send("POST", f"/v1/{name}:cancel", b"", (("authorization", value),)).status == 200
    assert caller.send("POST", f"/v1/{name}x:cancel", b"", (STRONG,)).status == 404
    assert caller.send("POST", f"/v1/{name}:cancel", b"{", (STRONG,)).status == 400


def test_token_may_be_a_system_parameter_but_the_header_wins(caller: Caller, name: str) -> None:
    def get(query: str, *headers: Header) -> Response:
        return caller.send("GET", f"/v1/{name}?{query}", b"", headers)

    assert get("access_token=strong").status == 200
    assert get("alt=json&oauth_token=strong").status == 200
    assert get("access_token=weak").status == 403
    assert get("access_token=weak", STRONG).status == 200
    assert get("access_token=strong", WEAK).status == 403
    assert get("access_token=strong", ("Authorization", "Bearer")).status == 401


def test_unrouted_requests_need_no_credentials(caller: Caller) -> None:
    assert caller.send("POST", "/v1/nothing").status == 404


def test_lists_and_starts_are_guarded(caller: Caller) -> None:
    for method, path in (("GET", "operations"), ("POST", "operations:start"), ("POST", "appConnections")):
        assert caller.send(method, f"/v1/{PARENT}/{path}").status == 401
        assert caller.send(method, f"/v1/{PARENT}/{path}", b"", (WEAK,)).status == 403
        assert caller.send(method, f"/v1/{PARENT}/{path}", b"", (STRONG,)).status == 200


def test_deleted_by_who_may(caller: Caller, name: str) -> None:
    assert caller.send("DELETE", f"/v1/{name}", b"", (STRONG,)).status == 200
    with pytest.raises(UnknownOperation):
        caller.service.store.get(name)


def test_tokens_are_not_shown() -> None:
    assert "strong" not in repr(AUTH)
