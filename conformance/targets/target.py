"""The target: sends requests within the limits of the run and records every exchange.

Nothing here judges. What is recorded carries no secret: the `Authorization` that goes over the wire is put in at the
last moment, and the record has a placeholder that a shell can fill.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from conformance.errors import BudgetExhausted, TargetDead
from conformance.exchange import Call, Exchange, Failure, FailureKind, Header, Request, Response
from conformance.lro import Clock
from conformance.targets.configuration import LimitsSection
from conformance.targets.secret import Secret
from conformance.targets.transport import Transport

Identify = Callable[[str, str], Call | None]

_FAILURES_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that is to be sent. `authorization` is the real value of the header whose record is a placeholder."""

    request: Request
    authorization: Secret | None = None
    note: str = ""


class Target:
    """One implementation under test, seen through one transport.

    `check` names whoever is sending; it is set by the runner and recorded with every exchange.
    """

    def __init__(
        self, transport: Transport, clock: Clock, limits: LimitsSection, identify: Identify, origin: str, parallel: bool
    ) -> None:
        self.clock = clock
        self.limits = limits
        self.origin = origin
        self.check = ""
        self.exchanges: list[Exchange] = []
        self.operations_used = 0
        self.secrets: set[Secret] = set()
        self._transport = transport
        self._identify = identify
        self._lock = threading.Lock()
        self._requests_used = 0
        self._next_slot = 0.0
        self._failures_in_a_row = 0
        self._pool = ThreadPoolExecutor(limits.concurrency, "lro-conformance") if parallel else None

    @property
    def requests_used(self) -> int:
        return self._requests_used

    def send(self, outgoing: Outgoing) -> Exchange:
        """Send one request and wait for its answer.

        Raises BudgetExhausted when the run may send no more, TargetDead when the target has stopped answering.
        """
        return self._send(outgoing, self._admit())

    def send_together(self, outgoing: Sequence[Outgoing]) -> list[Exchange]:
        """Send requests so that all overlap: none is answered before every one of them has been sent."""
        together = threading.Barrier(len(outgoing))
        numbers = [self._admit() for _ in outgoing]
        with ThreadPoolExecutor(len(outgoing), "lro-conformance-race") as racers:
            sending = [
                racers.submit(self._send, request, number, together)
                for request, number in zip(outgoing, numbers, strict=True)
            ]
            return [sent.result() for sent in sending]

    def _send(self, outgoing: Outgoing, number: int, together: threading.Barrier | None = None) -> Exchange:
        check = self.check
        wire = _with_authorization(outgoing)
        sent_at = self.clock.now()
        if together is not None:
            together.wait()
        outcome = self._transport.exchange(wire, self.limits.timeout)
        received_at = self.clock.now()
        exchange = Exchange(
            number=number,
            request=outgoing.request,
            outcome=self._without_secrets(outcome),
            sent_at=sent_at,
            received_at=received_at,
            call=self._identify(outgoing.request.method, outgoing.request.path),
            check=check,
            origin=self.origin,
            note=outgoing.note,
        )
        with self._lock:
            self.exchanges.append(exchange)
            self._failures_in_a_row = self._failures_in_a_row + 1 if isinstance(outcome, Failure) else 0
        return exchange

    def send_all(self, outgoing: Sequence[Outgoing]) -> list[Exchange]:
        """Send independent requests, as many at once as the limits allow; answers come in the order of the requests."""
        if self._pool is None or len(outgoing) < 2:
            return [self.send(request) for request in outgoing]
        return list(self._pool.map(self.send, outgoing))

    def count_operation(self) -> None:
        """One more operation is about to be started. Raises BudgetExhausted when the run may start no more."""
        with self._lock:
            limit = self.limits.operations
            if self.operations_used >= limit:
                raise BudgetExhausted(f"the limit of {limit} operations is used up ([limits] operations)")
            self.operations_used += 1

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._transport.close()

    def _admit(self) -> int:
        with self._lock:
            if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
                last = self.exchanges[-1].outcome
                why = last.kind.value if isinstance(last, Failure) else ""
                raise TargetDead(f"the target has not answered {self._failures_in_a_row} requests in a row: {why}")
            if self._requests_used >= self.limits.requests:
                raise BudgetExhausted(f"the limit of {self.limits.requests} requests is used up ([limits] requests)")
            self._requests_used += 1
            number = self._requests_used
            wait = self._slot()
        self.clock.sleep(wait)
        return number

    def _slot(self) -> float:
        """Seconds to wait until the rate allows one more request."""
        if not self.limits.rate:
            return 0.0
        now = self.clock.now()
        slot = max(now, self._next_slot)
        self._next_slot = slot + 1.0 / self.limits.rate
        return slot - now

    def _without_secrets(self, outcome: Response | Failure) -> Response | Failure:
        """The answer with every secret of ours blotted out: some servers echo what they were sent."""
        if isinstance(outcome, Failure) or not self.secrets:
            return outcome
        headers, body = outcome.headers, outcome.body
        for secret in self.secrets:
            text = secret.reveal()
            if text.encode() in body:
                body = body.replace(text.encode(), b"[redacted]")
            headers = tuple((name, value.replace(text, "[redacted]")) for name, value in headers)
        return replace(outcome, headers=headers, body=body)


def _with_authorization(outgoing: Outgoing) -> Request:
    secret = outgoing.authorization
    if secret is None:
        return outgoing.request
    headers: tuple[Header, ...] = tuple(
        (name, f"Bearer {secret.reveal()}") if name.lower() == "authorization" else (name, value)
        for name, value in outgoing.request.headers
    )
    return replace(outgoing.request, headers=headers)


def is_refused(exchange: Exchange) -> bool:
    """Whether nobody listens at the target."""
    return isinstance(exchange.outcome, Failure) and exchange.outcome.kind is FailureKind.REFUSED
