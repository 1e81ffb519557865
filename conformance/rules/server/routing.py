"""Rules about paths and methods, and the oracles for requests that must not reach a cancel."""

from __future__ import annotations

from conformance.exchange import Exchange, Wire, header_values
from conformance.lro import Code
from conformance.rules.rule import Complaint, When, exchange_rule
from conformance.rules.server.conditions import answered, cancel, plainly_bound
from conformance.rules.server.errors import envelope_of, status_of
from conformance.rules.server.outcome import says_failed_precondition

_is_405 = answered & When(lambda exchange: exchange.response is not None and exchange.response.status == 405)


@exchange_rule("routing.method-not-allowed-names-methods", when=_is_405, reads=Wire.HTTP)
def method_not_allowed_names_methods(exchange: Exchange) -> str | None:
    assert exchange.response is not None
    lines = header_values(exchange.response.headers, "allow")
    if not lines:
        return "status 405 comes without `Allow`"
    allowed = ", ".join(lines)  # RFC 9110, section 5.3: a list may come in several field lines
    methods = {method.strip() for method in allowed.split(",")}
    is_refused = exchange.request.method in methods
    return f"status 405 to {exchange.request.method} says `Allow: {allowed}`" if is_refused else None


_says_nothing = When(
    lambda exchange: exchange.view.is_denied or exchange.view.is_busy or exchange.view.http_status == 404
)
"""Statuses that a server may answer before it looks for the method: caller refused, not found, busy."""

_is_framed_as_usual = When(
    lambda exchange: (
        exchange.over is Wire.GRPC
        or exchange.request.method != "POST"
        or exchange.request.header("content-length") is not None
    )
)

_is_coded = When(lambda exchange: exchange.request.header("content-encoding") is not None)
"""To gRPC, UNIMPLEMENTED means here that the coding is not (compression.md); `body.content-encoding` judges that."""

_is_sent_as_usual = _is_framed_as_usual & ~_is_coded


@exchange_rule("unimplemented.as-stated", when=cancel & plainly_bound & answered & ~_says_nothing & _is_sent_as_usual)
def supported_cancel_is_not_unimplemented(exchange: Exchange) -> str | None:
    answer = exchange.view
    return f"a cancel was answered with {answer.words}" if answer.code is Code.UNIMPLEMENTED else None


def not_a_success(exchange: Exchange) -> Complaint | None:
    """The request is not the cancel method, or names no operation; so it must not succeed as a cancel."""
    if not exchange.succeeded():
        return None
    assert exchange.response is not None
    return Complaint(
        f"{exchange.request.method} {exchange.request.target} was answered with {exchange.response.status}"
        f"{_because(exchange)}",
        (exchange,),
    )


def never_reached(exchange: Exchange) -> Complaint | None:
    """The request is not the cancel method: it neither succeeds nor is refused for the state of the operation.

    So a server that refuses to cancel done operations is judged, too: only the method itself knows the state.
    """
    complaint = not_a_success(exchange)
    if complaint is not None or not says_failed_precondition(exchange):
        return complaint
    message = f"{exchange.request.method} {exchange.request.target} reached the operation, which is done"
    return Complaint(f"{message}{_because(exchange)}", (exchange,))


def shows_an_existing_operation(look: Exchange) -> Complaint | None:
    """A get of an operation that was just started finds it; 401, 403, 429 and 503 are about something else."""
    response = look.response
    if response is None or response.is_success or response.status in (401, 403, 429, 503):
        return None
    return Complaint(f"a get of an operation that was just started was answered with {response.status}", (look,))


def no_internal_error(exchange: Exchange) -> Complaint | None:
    """The request may succeed or be refused, but causes no internal error (501 and 503 are about something else)."""
    response = exchange.response
    if response is None or response.status < 500 or response.status in (501, 503):
        return None
    return Complaint(f"{exchange.request.target} was answered with {response.status}", (exchange,))


def no_server_error(exchange: Exchange) -> Complaint | None:
    """The request may succeed or be refused, but causes no server error of any kind."""
    response = exchange.response
    if response is None or response.status < 500:
        return None
    return Complaint(f"{exchange.request.target} was answered with {response.status}", (exchange,))


def reaches_the_method(cancel: Exchange, control: Exchange) -> Complaint | None:
    """A cancel of an operation that a get has just shown is answered by the method, not by a router.

    `control` is the same path with a suffix that does not exist: a router that knows neither answers both alike.
    """
    if cancel.response is None or cancel.succeeded():
        return None
    status = cancel.response.status
    names_it = status_of(cancel) is not None and cancel.call is not None and _says(cancel) != _says(control)
    if status in (404, 405) and not names_it:
        return Complaint(f"the cancel of an existing operation was answered with {status}", (cancel,))
    if status == 501 and status_of(cancel) is None:
        return Complaint("the cancel was answered with 501 and no google.rpc.Status", (cancel,))
    same_as_control = (
        control.response is not None
        and status == control.response.status
        and (status_of(cancel) or {}).get("message") == (status_of(control) or {}).get("message")
    )
    if status == 501 and same_as_control and envelope_of(cancel) is None:
        return Complaint("the cancel is answered exactly like a suffix that does not exist", (cancel, control))
    return None


def _says(exchange: Exchange) -> object:
    return (status_of(exchange) or {}).get("message")


def _because(exchange: Exchange) -> str:
    return f" ({exchange.note})" if exchange.note else ""
