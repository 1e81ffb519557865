"""The target: sends requests within the limits of the run and records every exchange.

Nothing is judged or masked here. A recorded request has placeholders that a shell can fill, because its credentials are
put in only when it is sent. A recorded answer is what the server said, with secrets, because a rule has to see them. An
exchange is masked when it is written or shown (`masking`).
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import uuid4

from conformance.errors import RateLimited, TargetError
from conformance.exchange import Call, CurlContext, Exchange, Failure, FailureKind, Header, Method, Request
from conformance.exchange.masking import Masking
from conformance.lro import Clock
from conformance.secrets.secret import Secret
from conformance.server.target.allowance import Allowance
from conformance.server.target.configuration import LimitsSection
from conformance.server.target.threads import Threads
from conformance.server.target.token import Token
from conformance.server.target.transport import UNKNOWN_HOST, Transport
from conformance.server.target.waves import Raised, Waves, Work

Identify = Callable[[str, str], Call | None]
AllStarted = Callable[[], object]
"""Returns when all requests that are sent together are about to be: none is answered before."""

Item = TypeVar("Item")
Found = TypeVar("Found")

_UNAUTHORIZED = 401
STILL_ALIVE = "get of what was shown before, to see whether the target is alive"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that is to be sent, as it is recorded: with placeholders for secrets.

    `authorization` is the token of `Authorization`; `hidden` has the real values of other header fields;
    `may_be_unrouted` and `repeats` as in an Exchange. What is sent `once` may start something: it is not sent again
    unless its answer refused it. Another request follows on the connection of one that `keeps` it, even if it is
    refused.
    """

    request: Request
    authorization: Token | None = None
    note: str = ""
    hidden: Mapping[Header, Secret] = field(default_factory=dict)
    may_be_unrouted: bool = False
    once: bool = False
    keeps: bool = False
    repeats: int = 0


class Target:
    """One implementation under test, seen through one transport.

    `check` names whoever is sending; it is set by the runner and recorded with every exchange. Requests that are sent
    together are answered one after the other, always in the same order, where the server runs in the threads that send,
    `in_a_relay`.
    """

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        limits: LimitsSection,
        identify: Identify,
        origin: str,
        parallel: bool,
        in_a_relay: bool = False,
    ) -> None:
        self.waves = Waves(clock, limits.concurrency, self._at_once)
        self.clock: Clock = self.waves
        self.limits = limits
        self.origin = origin
        self.check = ""
        self.exchanges: list[Exchange] = []
        self.unanswered: dict[int, Outgoing] = {}
        """The requests that were not answered, by number, except those that must be sent only once."""
        self.curl_options: tuple[str, ...] = ()
        self._secrets: tuple[Secret, ...] = ()
        self.request_id_header = ""
        self._run_id = uuid4().hex[:12]
        self._transport = transport
        self._identify = identify
        self._lock = threading.Lock()
        self._allowance = Allowance(limits, self.clock)
        self._threads = Threads(limits.concurrency if parallel else 0, in_a_relay)

    @property
    def requests_used(self) -> int:
        """How many requests were sent."""
        return self._allowance.requests_used

    @property
    def operations_used(self) -> int:
        """How many operations were started."""
        return self._allowance.operations_used

    def send(self, outgoing: Outgoing) -> Exchange:
        """Send one request and wait for its answer; again if the answer asks for a retry.

        Raises BudgetExhausted when the run may send no more, TargetDead when the target has stopped answering,
        RateLimited when it would have to wait too long, and TargetError when nobody has listened from the start.
        """
        if self.waves.is_part:
            return self.waves.ask([functools.partial(self.send, outgoing)])[0]
        (number,) = self._allowance.admit(1)
        exchange = self._send(outgoing, number, self._token_of(outgoing))
        if is_refused(exchange) and all(map(is_refused, self.exchanges)):
            raise nobody_listens(exchange, "iut.url or --url")
        return self._answered(outgoing, exchange)

    def _answered(self, outgoing: Outgoing, exchange: Exchange) -> Exchange:
        """The exchange, or the first repetition of it that does not ask for a retry."""
        waited, attempt = 0.0, 1
        while exchange.asks_for_retry:
            pause = self._allowance.hold(exchange, attempt, waited)
            (number,) = self._allowance.admit(1)
            exchange = self._send(outgoing, number, self._token_of(outgoing))
            waited, attempt = waited + pause, attempt + 1
        return exchange

    def send_together(self, outgoing: Sequence[Outgoing]) -> list[Exchange]:
        """Send requests so that all overlap: none is answered before every one of them has been sent.

        Those that get such an answer are repeated afterwards; where fewer than two were answered at once, they are
        repeated together, once. Raises as `send` does, and RateLimited also where that was in vain.
        """
        sent = self._sent_at_once(outgoing)
        limited = [place for place, exchange in enumerate(sent) if exchange.asks_for_retry]
        overlapped = not limited or _overlapped(sent)
        if len(limited) > 1 and not overlapped:
            self._allowance.hold(sent[limited[0]], 1, 0.0)
            repeated = self._sent_at_once([outgoing[place] for place in limited])
            overlapped = _overlapped(repeated)
            for place, exchange in zip(limited, repeated, strict=True):
                sent[place] = exchange
        if not overlapped:
            raise RateLimited(f"rate limited: of {len(sent)} requests at once {len(limited)} were asked to retry later")
        return [self._answered(request, exchange) for request, exchange in zip(outgoing, sent, strict=True)]

    def _sent_at_once(self, outgoing: Sequence[Outgoing]) -> list[Exchange]:
        started = self._threads.start_of(len(outgoing), self.limits.timeout)
        numbers = self._allowance.admit(len(outgoing))
        tokens = [self._token_of(request) for request in outgoing]  # who waits for a new one must not keep the others
        return self._race(
            [
                functools.partial(self._send, request, number, token, started)
                for request, number, token in zip(outgoing, numbers, tokens, strict=True)
            ]
        )

    def _race(self, racers: Sequence[Callable[[], Exchange]]) -> list[Exchange]:
        """Do all of some work at the same moment; beside other requests where a part of a play sends it."""
        if self.waves.is_part and self._threads:
            return self.waves.ask(racers, together=True)
        if self.waves.is_part:
            return self.waves.ask([functools.partial(self._race, racers)])[0]
        return self._threads.race(racers)

    def _send(
        self, outgoing: Outgoing, number: int, token: Secret | None, started: AllStarted | None = None
    ) -> Exchange:
        """Send one request; once more when its token was refused and another one can be had.

        Both exchanges are recorded, for both took place. The second one is returned: it is the server's answer to
        credentials that are surely valid, so that a server which refuses those is found out.
        """
        exchange = self._exchange(outgoing, number, token, started)
        renewed = None
        try:
            renewed = self._renewed(outgoing, exchange, token)
        finally:
            if renewed is not None:
                notes = (exchange.note, "refused, and sent again with a renewed token")
                exchange = replace(exchange, note="; ".join(filter(None, notes)))
            self._record(exchange, outgoing)
        if renewed is None:
            return exchange
        (next_number,) = self._allowance.admit(1)
        exchange = self._exchange(outgoing, next_number, renewed)
        self._record(exchange, outgoing)
        return exchange

    def _renewed(self, outgoing: Outgoing, exchange: Exchange, token: Secret | None) -> Secret | None:
        """Another token in place of one that was refused; None when it was not, or there is no other."""
        if token is None or outgoing.authorization is None or exchange.response is None:
            return None
        if exchange.response.status != _UNAUTHORIZED:
            return None
        renewed = outgoing.authorization.after_refusal(token)
        if renewed is not None:
            self._keep_secret(renewed, outgoing.authorization)
        return renewed

    def _record(self, exchange: Exchange, outgoing: Outgoing) -> None:
        with self._lock:
            self.exchanges.append(exchange)
            if exchange.response is None and not outgoing.once:
                self.unanswered[exchange.number] = outgoing
            self._allowance.ended(exchange.outcome)
            if exchange.calls(Method.GET) and exchange.succeeded() and not exchange.request.query:
                known = replace(outgoing, note=STILL_ALIVE)
                self._allowance.ask_what_is_known = functools.partial(self._send_known, known)

    def _send_known(self, known: Outgoing, number: int) -> None:
        self._send(known, number, self._token_of(known))

    def _token_of(self, outgoing: Outgoing) -> Secret | None:
        """The token that a request is to carry now."""
        if outgoing.authorization is None:
            return None
        token = outgoing.authorization.current()
        self._keep_secret(token, outgoing.authorization)
        return token

    def _keep_secret(self, secret: Secret, token: Token) -> None:
        """From now on nothing that is written shows it, also when it has been replaced."""
        if secret.reveal() != token.placeholder:
            self.keep_secrets([secret])

    def keep_secrets(self, secrets: Iterable[Secret]) -> None:
        """Texts that nothing of this run may show; the order in which they come gives each its number."""
        with self._lock:
            self._secrets = tuple(dict.fromkeys((*self._secrets, *secrets)))

    @contextlib.contextmanager
    def sending_for(self, name: str) -> Iterator[None]:
        """Within the context, what is sent is recorded as sent by that name: several have use for it, and one asked."""
        before, self.check = self.check, name
        try:
            yield
        finally:
            self.check = before

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What nothing of this run may show."""
        return self._secrets

    def masking(self) -> Masking:
        """What takes the secrets of this run out of whatever is written or shown."""
        return Masking(self._secrets)

    def _exchange(
        self, outgoing: Outgoing, number: int, token: Secret | None, started: AllStarted | None = None
    ) -> Exchange:
        check = self.waves.sender or self.check
        outgoing = self._with_id(outgoing, number)
        wire = _with_secrets(outgoing, token)
        sent_at = self.clock.now()
        if started is not None:
            started()
        outcome = self._transport.exchange(wire, self.limits.timeout, fresh=outgoing.once, keep=outgoing.keeps)
        received_at = self.clock.now()
        return Exchange(
            number=number,
            request=outgoing.request,
            outcome=outcome,
            sent_at=sent_at,
            received_at=received_at,
            call=self._identify(outgoing.request.method, outgoing.request.path),
            check=check,
            origin=self.origin,
            note=outgoing.note or outcome.note,
            curl=CurlContext(_placeholders(outgoing), self.curl_options),
            may_be_unrouted=outgoing.may_be_unrouted,
            repeats=outgoing.repeats,
            credentials=_credentials(outgoing, token),
        )

    def _with_id(self, outgoing: Outgoing, number: int) -> Outgoing:
        """The request with an id by which the server's logs can be searched, where one is wanted."""
        if not self.request_id_header:
            return outgoing
        header = (self.request_id_header, f"{self._run_id}-{number}")
        return replace(outgoing, request=replace(outgoing.request, headers=(*outgoing.request.headers, header)))

    def send_all(self, outgoing: Sequence[Outgoing]) -> list[Exchange]:
        """Send independent requests, as many at once as the limits allow; answers come in the order of the requests."""
        return self.map(self.send, outgoing)

    def map(self, work: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
        """Do some work that sends, for every item, as many at once as the limits allow; in the order of the items.

        Where the work raises for one item, the first such error is raised when the work for all others is over, too.
        """
        if self.waves.is_part:
            return self.waves.ask([functools.partial(work, item) for item in items])
        if not self._threads:
            return [work(item) for item in items]
        return [done.result() for done in self._threads.all_of([functools.partial(work, item) for item in items])]

    def _at_once(self, work: Sequence[Work]) -> list[object]:
        """Do some work that sends, as many at once as the limits allow; what each returned, or raised."""
        if not self._threads:
            return [_outcome_of(each) for each in work]
        return [_outcome_of(done.result) for done in self._threads.all_of(work)]

    def grant(self, requests: int) -> None:
        """Allow so many requests beyond the limits, and try once more whether the target answers: for cleaning up."""
        self._allowance.grant(requests)

    def count_operation(self, count: int = 1) -> None:
        """So many more operations are about to be started.

        Raises BudgetExhausted, and counts none of them, when the run may not start so many.
        """
        self._allowance.count_operation(count)

    def close(self) -> None:
        self._threads.close()
        self._transport.close()


def _outcome_of(work: Work) -> object:
    try:
        return work()
    except Exception as error:
        return Raised(error)


def _credentials(outgoing: Outgoing, token: Secret | None) -> tuple[Secret, ...]:
    """What goes over the wire in place of the placeholders of a request."""
    return (*([token] if token is not None else []), *outgoing.hidden.values())


def _placeholders(outgoing: Outgoing) -> tuple[str, ...]:
    """What of the record a shell is to expand; the embedded server's tokens are not secret and stand for themselves."""
    token = outgoing.authorization.placeholder if outgoing.authorization is not None else ""
    texts = [token, *(value for _, value in outgoing.hidden)]
    return tuple(text for text in texts if text.startswith("$"))


def _overlapped(sent: Sequence[Exchange]) -> bool:
    """Whether of requests that were sent at once two were answered at once."""
    return sum(not exchange.asks_for_retry for exchange in sent) > 1


def _with_secrets(outgoing: Outgoing, token: Secret | None) -> Request:
    """The request as it goes over the wire."""
    hidden = outgoing.hidden
    if token is None and not hidden:
        return outgoing.request

    def real(header: Header) -> Header:
        name, recorded = header
        if header in hidden:
            return name, hidden[header].reveal()
        if token is not None and name.lower() == "authorization":
            return name, f"{recorded.partition(' ')[0]} {token.reveal()}"
        return header

    return replace(outgoing.request, headers=tuple(map(real, outgoing.request.headers)))


def is_refused(exchange: Exchange) -> bool:
    """Whether nobody listens at the target."""
    return isinstance(exchange.outcome, Failure) and exchange.outcome.kind is FailureKind.REFUSED


def may_have_arrived(exchange: Exchange) -> bool:
    """Whether the server may have had the request: there was a connection that it could be sent on."""
    outcome = exchange.outcome
    return not (isinstance(outcome, Failure) and outcome.kind in (FailureKind.REFUSED, FailureKind.UNCONNECTED))


def nobody_listens(exchange: Exchange, options: str) -> TargetError:
    """The error for a target that refused the connection; `options` are what names the target."""
    detail = exchange.outcome.detail if isinstance(exchange.outcome, Failure) else ""
    if detail.startswith(UNKNOWN_HOST):
        return TargetError(f"{exchange.origin}: {detail}", f"fix {options}, or see to this machine's name service")
    return TargetError(f"nobody listens at {exchange.origin}", f"start the server, or fix {options}")
