"""Correct variants that treat the requests of real clients differently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.exchange import Request
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import Service
from conformance.server.reference.variants.registry import flavoured, variant


def _refusing(
    honest: Service, when: Callable[[Request], bool], status: int, words: str, code: Code = Code.INVALID_ARGUMENT
) -> Service:
    error = ApiError(code, words, reason=words.upper().replace(" ", "_"), http_status=status)

    def read(service: Service, call: Invocation) -> dict[str, Any]:
        if call.rpc is Rpc.CANCEL and when(call.request):
            raise error
        return honest.read_body(service, call)

    return replace(honest, read_body=read)


def _is_coded(request: Request) -> bool:
    return request.header("content-encoding") is not None


@variant()
def codings_are_refused(honest: Service) -> Service:
    """No server has to undo a content coding; 415 says that it does not."""
    return _refusing(honest, _is_coded, 415, "Unsupported Media Type")


@variant(warns=frozenset({"body.content-encoding"}))
def codings_are_unimplemented(honest: Service) -> Service:
    """A gRPC server behind a transcoder says UNIMPLEMENTED of a coding that it has not; 415 would be better."""
    return _refusing(honest, _is_coded, 501, "Decompressor Not Installed", Code.UNIMPLEMENTED)


@variant()
def expectations_are_refused(honest: Service) -> Service:
    """A server in a chain may be unable to meet an expectation, and says 417."""
    return _refusing(honest, lambda request: request.header("expect") is not None, 417, "Expectation Failed")


@variant(statement={"unknown_fields": "refused"})
def says_that_unknown_fields_are_refused(honest: Service) -> Service:
    """ProtoJSON refuses unknown fields by default, and a statement may promise that."""
    return honest


@variant(warns=frozenset({"body.unknown-field-is-told"}))
def ignores_unknown_fields_in_silence(honest: Service) -> Service:
    """Most frameworks ignore unknown fields; without a statement that is only a warning."""
    return flavoured(honest, unknown_body="ignored")
