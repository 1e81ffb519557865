"""Flavours: what the contract leaves to the server, one setting each.

A server of any flavour is conformant. A suite that fails one of them has a fault itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from conformance.exchange import Header
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.store import RUN, Behaviour, Mode


@dataclass(frozen=True, slots=True)
class Flavour:
    """One correct way to answer. The default is that of Google's servers, as far as it is recorded."""

    running: Behaviour = RUN
    """What "run" means: how an operation behaves that was started without asking for anything special."""

    unimplemented: frozenset[Rpc] = frozenset()
    """Methods that answer UNIMPLEMENTED, always and for every name (operations.proto: "If the server doesn't support
    this method, it returns `google.rpc.Code.UNIMPLEMENTED`.")."""

    done_cancel: Literal["ok", "failed-precondition"] = "ok"
    """The answer to a cancellation of an operation that has ended; it changes nothing in either case (AIP-216)."""

    defaults: Literal["printed", "omitted"] = "printed"
    """Whether fields with their default value (`done`, `requestedCancellation`, empty lists) are written: ProtoJSON
    allows both."""

    metadata: Literal["full", "unflagged", "null", "absent"] = "full"
    """`Operation.metadata`; "unflagged" has no `requestedCancellation` ("Some services might not provide such
    metadata")."""

    errors: Literal["aip-193", "legacy", "status"] = "aip-193"
    """The body of an error: the envelope, the envelope with the old `errors` list besides, or a bare
    google.rpc.Status as plain transcoders write it."""

    error_details: bool = True
    """Whether errors carry ErrorInfo and BadRequest details."""

    wrong_method_status: Literal[404, 405, 501] = 404
    """The answer to another HTTP method on a bound path: like any unrouted request, 405 with `Allow`, or
    UNIMPLEMENTED as grpc-gateway has it."""

    unrouted_body: Literal["json", "html", "empty"] = "json"
    """The body of the answer to a request that matches no binding; Google's front end sends HTML."""

    unknown_query: Literal["refused", "ignored"] = "refused"
    """Query parameters that the method does not have, `name` among them."""

    unknown_body: Literal["refused", "ignored"] = "refused"
    """Members of the request body that the request message does not have (ProtoJSON allows both)."""

    body_name: Literal["same-only", "ignored"] = "same-only"
    """A `name` in the body of a cancel: refused unless it repeats the path's, or ignored. It never redirects."""

    content_type: str = "application/json; charset=UTF-8"
    """`Content-Type` of every JSON answer."""

    layout: Literal["compact", "spaced", "indented"] = "compact"
    """White space in JSON answers, unless the request's `prettyPrint` decides."""

    extra_headers: tuple[Header, ...] = ()
    """Header fields that every answer carries besides."""


DEFAULT = Flavour()

FLAVOURS: Mapping[str, Flavour] = MappingProxyType(
    {
        "default": DEFAULT,
        "cancels-later": Flavour(running=Behaviour.of(Mode.CANCEL_LATER)),
        "succeeds-anyway": Flavour(running=Behaviour.of(Mode.SUCCEED_ANYWAY)),
        "fails-anyway": Flavour(running=Behaviour.of(Mode.FAIL_ANYWAY)),
        "never-ends": Flavour(running=Behaviour.of(Mode.NEVER_ENDS)),
        "cancel-unimplemented": Flavour(unimplemented=frozenset({Rpc.CANCEL})),
        "cancel-unimplemented-here": Flavour(running=Behaviour.of(Mode.UNIMPLEMENTED)),
        "list-and-delete-unimplemented": Flavour(unimplemented=frozenset({Rpc.LIST, Rpc.DELETE})),
        "done-cancel-refused": Flavour(done_cancel="failed-precondition"),
        "defaults-omitted": Flavour(defaults="omitted"),
        "metadata-unflagged": Flavour(metadata="unflagged"),
        "metadata-null": Flavour(metadata="null"),
        "metadata-absent": Flavour(metadata="absent"),
        "errors-legacy": Flavour(errors="legacy"),
        "errors-status": Flavour(errors="status"),
        "errors-without-details": Flavour(error_details=False),
        "wrong-method-405": Flavour(wrong_method_status=405),
        "wrong-method-501": Flavour(wrong_method_status=501),
        "unrouted-html": Flavour(unrouted_body="html"),
        "unrouted-empty": Flavour(unrouted_body="empty"),
        "unknown-query-ignored": Flavour(unknown_query="ignored"),
        "unknown-body-ignored": Flavour(unknown_body="ignored"),
        "body-name-ignored": Flavour(body_name="ignored"),
        "no-charset": Flavour(content_type="application/json"),
        "quoted-charset": Flavour(content_type='Application/JSON;charset="utf-8"'),
        "spaced": Flavour(layout="spaced"),
        "indented": Flavour(layout="indented"),
        "extra-headers": Flavour(
            extra_headers=(
                ("grpc-status", "0"),
                ("Grpc-Metadata-Content-Type", "application/grpc"),
                ("Vary", "Origin"),
                ("Vary", "X-Origin"),
                ("X-Content-Type-Options", "nosniff"),
                ("Alt-Svc", 'h3=":443"; ma=2592000'),
            )
        ),
        "transcoder": Flavour(
            defaults="omitted",
            errors="status",
            error_details=False,
            wrong_method_status=501,
            unknown_query="ignored",
            unknown_body="ignored",
            body_name="ignored",
            content_type="application/json",
        ),
        "strict-and-slow": Flavour(
            running=Behaviour.of(Mode.CANCEL_LATER, delay=2.0),
            done_cancel="failed-precondition",
            wrong_method_status=405,
            layout="indented",
        ),
    }
)
"""Named flavours, for tests that want every one of them."""
