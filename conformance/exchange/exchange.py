"""An exchange as immutable data: what was sent, what came back, when, and what both mean.

Rules, verdicts and reports read only these values. So the same rules judge a server that we call, a client that we
serve, and the recorded traffic of others.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from conformance.exchange.message import Failure, Request, Response
from conformance.exchange.view import Call, Method, SemanticView, Wire, view_of
from conformance.lro.codes import Code
from conformance.secrets.secret import Secret

START = "start"
"""The note of a request that starts an operation, by a method of the user's API. It is never sent twice."""

CLEAN_UP = "clean-up"
"""The check of a request that cancels or deletes what a run started, when all that is judged has been sent."""


@dataclass(frozen=True, slots=True)
class CurlContext:
    """What a curl line needs to know besides the request.

    `placeholders` are texts at the end of header values that stand for secrets, such as `$(print-token)`. A shell
    expands them, so they come only from the configuration of the run, never from a peer or a recording. `options` are
    words for curl, such as `--cacert` and a file.
    """

    placeholders: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


NO_CONTEXT = CurlContext()


@dataclass(frozen=True, slots=True)
class OnWire:
    """What was on the wire, if the exchange was made of something else, such as a call over gRPC."""

    request: Request
    outcome: Response | Failure
    origin: str


@dataclass(frozen=True)
class Exchange:
    """One request, and what came back.

    `sent_at` and `received_at` are seconds on the run's monotonic clock: the invocation and the response of the call.
    `call` is None when the request matches no binding. `check` names who sent it; `origin` is scheme and authority of
    the server. `may_be_unrouted` when the server may not take the name in the path for a name, or the path for a path,
    so that something before the service may answer. `repeats` is the number of the exchange that this one confirms: the
    same request once more, when nothing else was going on. `credentials` are what the request carried where `request`
    has a placeholder; they stay in the processes of the run. `wire` is what was sent where the exchange is another
    reading of it. `process` tells the recordings of a run apart: in each of them the numbers begin anew.
    """

    number: int
    request: Request
    outcome: Response | Failure
    sent_at: float
    received_at: float
    call: Call | None = None
    check: str = ""
    origin: str = ""
    note: str = field(default="", compare=False)
    curl: CurlContext = field(default=NO_CONTEXT, compare=False)
    may_be_unrouted: bool = field(default=False, compare=False, metadata={"written": "is_odd"})
    repeats: int = field(default=0, compare=False)
    credentials: tuple[Secret, ...] = field(default=(), compare=False)
    wire: OnWire | None = field(default=None, compare=False)
    process: int = field(default=0, compare=False)

    @property
    def as_sent(self) -> Exchange:
        """The exchange as it was on the wire, which is what evidence shows."""
        if self.wire is None:
            return self
        return replace(self, request=self.wire.request, outcome=self.wire.outcome, origin=self.wire.origin, wire=None)

    @property
    def over(self) -> Wire:
        """The wire of which request and outcome are."""
        return Wire.of(self.request)

    @cached_property
    def view(self) -> SemanticView:
        """What the exchange means, whichever wire carried it; every rule asks for it."""
        return view_of(self.call, self.over, self.response)

    @cached_property
    def authorization(self) -> str | None:
        """Who calls, as the request says it; rules compare it for every two calls of an operation."""
        return self.request.header("authorization")

    @property
    def response(self) -> Response | None:
        return self.outcome if isinstance(self.outcome, Response) else None

    def precedes(self, other: Exchange) -> bool:
        """Whether the answer had arrived before the other was sent; in virtual time the numbers decide a tie."""
        return (self.received_at, self.number) < (other.sent_at, other.number) and self.received_at <= other.sent_at

    @property
    def is_denied(self) -> bool:
        """Whether the caller was refused, which says nothing else about the request."""
        return self.view.is_denied

    def calls(self, method: Method) -> bool:
        """Whether the request is a call of `method` by the contract's bindings."""
        return self.call is not None and self.call.method is method

    def succeeded(self) -> bool:
        """Whether the answer is a success: over HTTP any 2xx."""
        return self.view.code is Code.OK

    @property
    def asks_for_retry(self) -> bool:
        """Whether the answer is 429, or 503 with `Retry-After`, which says only that the server is busy."""
        if self.view.code is not Code.UNAVAILABLE or self.response is None:
            return self.view.code is Code.RESOURCE_EXHAUSTED
        return self.response.header("retry-after") is not None
