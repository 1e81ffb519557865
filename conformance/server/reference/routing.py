"""From a request to the binding it calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.exchange import Request
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Route
from conformance.server.reference.invocation import Invocation

if TYPE_CHECKING:
    from conformance.server.reference.service import Service

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_NO_PATH = re.compile(r"%(?![0-9A-Fa-f]{2})|[^!-~]|#")
_ABSOLUTE_FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def split_target(target: str) -> tuple[str, str]:
    """The raw path and the raw query of a request-target in origin or absolute form (RFC 9112, section 3.2)."""
    if not target.startswith("/") and (authority := _ABSOLUTE_FORM.match(target)):
        target = target[authority.end() :]
        target = target if target.startswith("/") else f"/{target}"
    path, _, query = target.partition("?")
    return path, query


def route(service: Service, request: Request) -> Invocation:
    """The binding that this request calls, with the name that its path binds.

    Raises ApiError: INVALID_ARGUMENT for a path with malformed escapes, else "unrouted" by the service's flavour.
    """
    path, _ = split_target(request.target)
    _refuse_malformed(path)
    bound = service.bindings.at(path)
    for binding, name in bound:
        if binding.http_method == request.method:
            return Invocation(request, binding, name)
    raise _unrouted(service, [binding for binding, _ in bound])


def _refuse_malformed(path: str) -> None:
    problem = None
    if _NO_PATH.search(path):
        problem = "The path contains a malformed percent-escape or a character that a path cannot have."
    try:
        for escapes in _ESCAPES.findall(path):
            bytes.fromhex(escapes.replace("%", "")).decode("utf-8")
    except UnicodeDecodeError:
        problem = "The percent-escapes of the path are not UTF-8."
    if problem:
        raise ApiError(Code.INVALID_ARGUMENT, problem, reason="MALFORMED_PATH", routed=False)


def _unrouted(service: Service, elsewhere: list[Route]) -> ApiError:
    """The answer when nothing is bound here; `elsewhere` are the bindings that differ in the HTTP method only."""
    status = service.flavour.wrong_method_status if elsewhere else 404
    if status == 405:
        allow = ", ".join(sorted({binding.http_method for binding in elsewhere}))
        return ApiError(
            Code.UNIMPLEMENTED,
            "The HTTP method is not allowed here.",
            reason="METHOD_NOT_ALLOWED",
            headers=(("Allow", allow),),
            http_status=405,
            routed=False,
        )
    if status == 501:
        return ApiError(Code.UNIMPLEMENTED, "Method Not Allowed", reason="METHOD_NOT_ALLOWED", routed=False)
    return ApiError(
        Code.NOT_FOUND, "The requested URL was not found on this server.", reason="URL_NOT_FOUND", routed=False
    )
