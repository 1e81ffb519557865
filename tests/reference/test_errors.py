"""What errors look like on the wire (AIP-193)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.flavour import Flavour
from conformance.server.reference.service import Service

from .caller import PARENT, Caller, json_of

N = f"{PARENT}/operations/o"


def every_error(caller: Caller) -> list[Response]:
    unsupported = caller.start("unimplemented")
    return [
        caller.cancel(N),
        caller.cancel(unsupported),
        caller.cancel(N, b"{"),
        caller.cancel(N, {"foo": 1}),
        caller.cancel(N, {"name": "x"}),
        caller.cancel(N, query="?foo=bar"),
        caller.cancel(N, query="?key=%zz"),
        caller.send("GET", f"/v1/{PARENT}/operations?pageSize=-1"),
        caller.send("GET", "/nowhere"),
        caller.send("GET", "/%zz"),
    ]


def test_every_error_has_the_envelope_and_exactly_one_error_info(caller: Caller) -> None:
    for response in every_error(caller):
        assert response.media_type == "application/json"
        envelope = json_of(response)["error"]
        assert envelope["code"] == response.status == Code[envelope["status"]].http_status
        types = [detail["@type"] for detail in envelope["details"]]
        assert len(types) == len(set(types))
        (info,) = (detail for detail in envelope["details"] if detail["@type"].endswith("/google.rpc.ErrorInfo"))
        assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,61}[A-Z0-9]", info["reason"])
        assert info["domain"]
        for key, value in info.get("metadata", {}).items():
            assert re.fullmatch(r"[a-z][a-zA-Z0-9-_]{0,63}", key)
            assert isinstance(value, str)


def test_whatever_varies_in_a_message_is_in_the_metadata(caller: Caller) -> None:
    envelope = json_of(caller.cancel(N))["error"]
    assert N in envelope["message"]
    assert envelope["details"][0]["metadata"] == {"resource": N}


def test_field_to_blame_is_told(caller: Caller) -> None:
    _, bad_request = json_of(caller.cancel(N, {"foo": 1}))["error"]["details"]
    assert bad_request["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert [violation["field"] for violation in bad_request["fieldViolations"]] == ["foo"]


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.OK])
def test_every_code_has_its_status(service: Service, code: Code) -> None:
    error = ApiError(code, "m", reason="SOME_REASON")
    response = service.render_error(service, Request("GET", "/"), error)
    assert (response.status, json_of(response)["error"]["status"]) == (code.http_status, code.name)


def test_bare_status(caller: Caller, service: Service) -> None:
    caller.service = replace(service, flavour=Flavour(errors="status"))
    body = json_of(caller.cancel(N))
    assert (body["code"], set(body)) == (5, {"code", "message", "details"})


def test_legacy_list(caller: Caller, service: Service) -> None:
    caller.service = replace(service, flavour=Flavour(errors="legacy"))
    envelope = json_of(caller.cancel(N))["error"]
    (legacy,) = envelope["errors"]
    assert legacy == {"message": envelope["message"], "domain": "global", "reason": "operationNotFound"}


def test_lengths_are_told(caller: Caller) -> None:
    for response in [*every_error(caller), caller.cancel(caller.start())]:
        assert response.header("content-length") == str(len(response.body))
