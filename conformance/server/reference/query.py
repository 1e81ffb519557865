"""Query parameters: what was sent, and what may be sent.

Everything that selects the operation is in the path; there is no query parameter that does (http.proto: "If
HttpRule.body is "*", there is no URL query parameter"). The system parameters are those of the Discovery document;
they are taken with `$` in front, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote_plus

from conformance.exchange import Request
from conformance.server.reference.api_error import invalid_argument
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.routing import split_target

if TYPE_CHECKING:
    from conformance.server.reference.service import Service

_MALFORMED_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BOOLEAN = re.compile(r"true|false")
_ANYTHING = re.compile(r".*", re.DOTALL)

SYSTEM_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    ".xgafv": re.compile(r"[12]"),
    "access_token": _ANYTHING,
    "alt": re.compile(r"json(;enum-encoding=int)?"),
    "callback": _ANYTHING,
    "fields": _ANYTHING,
    "key": _ANYTHING,
    "oauth_token": _ANYTHING,
    "prettyPrint": _BOOLEAN,
    "quotaUser": _ANYTHING,
    "uploadType": _ANYTHING,
    "upload_protocol": _ANYTHING,
}
"""The values that each may have. All but `prettyPrint` and the tokens are without effect here."""


def parameters(request: Request, malformed: Literal["raised", "skipped"] = "raised") -> Iterator[tuple[str, str]]:
    """The decoded parameters of the query, in order; form-urlencoded, so `+` is a space.

    Raises ApiError, INVALID_ARGUMENT, for a malformed escape or bytes that are not UTF-8, unless these are `skipped`.
    """
    for piece in filter(None, split_target(request.target)[1].split("&")):
        try:
            if _MALFORMED_ESCAPE.search(piece):
                raise ValueError("malformed percent-escape")
            name, _, value = piece.partition("=")
            yield unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
        except ValueError:
            if malformed == "raised":
                raise invalid_argument("The query is not form-urlencoded UTF-8.", reason="MALFORMED_QUERY") from None


def read_query(service: Service, call: Invocation) -> dict[str, str]:  # noqa: ARG001
    """The parameters by name; of a repeated one the last counts. Raises ApiError, INVALID_ARGUMENT."""
    return dict(parameters(call.request))


def accept_query(service: Service, call: Invocation) -> None:
    """Lets the parameters pass, or raises ApiError, INVALID_ARGUMENT, for one the method does not have or a bad value.

    An unknown name and a `name` are refused alike, or ignored alike: the flavour decides. They never select.
    """
    for name, value in call.query.items():
        if name in call.binding.query:
            continue
        allowed = SYSTEM_PARAMETERS.get(name.removeprefix("$"))
        if allowed is not None:
            if not allowed.fullmatch(value):
                raise invalid_argument(
                    f"Invalid value of the query parameter '{name}'.", reason="INVALID_PARAMETER", field=name
                )
        elif service.flavour.unknown_query == "refused":
            raise invalid_argument(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                f"Field '{name}' could not be found in request message.",
                reason="UNKNOWN_PARAMETER",
                field=name,
            )
