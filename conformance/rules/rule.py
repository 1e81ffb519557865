"""What a rule is: a pure function from recorded traffic to "kept" or a complaint about one requirement.

Rules for rules:

* A rule sends nothing and waits for nothing. It knows neither pytest nor the server. It reads exchanges.
* A rule judges one requirement, whose id stands in its decorator.
* A rule about meaning reads the semantic view (`Exchange.view`) and judges every wire. A rule about bytes says by
  `reads` which wire it reads, and is not asked about another.
* `when` says which traffic the rule judges. So "kept" and "nothing to judge" are different: a requirement is tested
  only if one of its rules judged something.
* The body of the function is the sentence of the requirement and nothing else.
* No rule judges an answer that asks for a retry (429, or 503 with `Retry-After`): such an answer is about load.

There are three kinds. An *exchange rule* judges one exchange. A *history rule* judges everything that was seen of one
operation. A *traffic rule* judges all exchanges together. All rules are applied to all traffic of a run, whatever check
caused it. Functions in this package without a decorator are *oracles*: a check calls them, because only the check knows
what its stimulus means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from conformance.exchange import Exchange, Method, Wire
from conformance.exchange.history import History, Traffic


@dataclass(frozen=True, slots=True)
class TimedCall:
    """A call on a time line. Its exchange has the times; `what` says what it was and how it ended."""

    exchange: Exchange
    what: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, in one sentence, and the exchanges that show it.

    `calls` are the calls that are wrong only as a whole, in the order of invocation. The rule or check that complains
    knows which requirement is violated.
    """

    message: str
    exchanges: tuple[Exchange, ...] = ()
    calls: tuple[TimedCall, ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """A condition on an exchange; conditions combine with `&`, `|` and `~`. `parts` are those that `&` has combined."""

    holds: Callable[[Exchange], bool]
    parts: tuple[Callable[[Exchange], bool], ...] = ()

    def __call__(self, exchange: Exchange) -> bool:
        return self.holds(exchange)

    def __and__(self, other: When) -> When:
        first, second = self.holds, other.holds
        return When(lambda exchange: first(exchange) and second(exchange), (*self.in_turn, *other.in_turn))

    @property
    def in_turn(self) -> tuple[Callable[[Exchange], bool], ...]:
        """What has to hold, in the order in which it is asked."""
        return self.parts or (self.holds,)

    def __or__(self, other: When) -> When:
        first, second = self.holds, other.holds
        return When(lambda exchange: first(exchange) or second(exchange))

    def __invert__(self) -> When:
        holds = self.holds
        return When(lambda exchange: not holds(exchange))


ExchangeJudge = Callable[[Exchange], str | None]
HistoryJudge = Callable[[History], Complaint | None]
TrafficJudge = Callable[[Sequence[Exchange]], Iterator[Complaint | None]]


@dataclass(frozen=True, slots=True)
class ExchangeRule:
    requirement: str
    when: When
    judge: ExchangeJudge
    reads: Wire | None = None

    def judgements(self, exchanges: Iterable[Exchange], /) -> Iterator[Complaint | None]:
        """One judgement for each exchange that the rule judges: a complaint, or None for "kept"."""
        for exchange in _judged_by(self, exchanges).those(self.when.in_turn):
            message = self.judge(exchange)
            yield Complaint(_writable(message), (exchange,)) if message else None

    def last_judged(self, exchanges: Iterable[Exchange], /) -> Exchange | None:
        """The last exchange that the rule judges; None when there is none."""
        return next((one for one in reversed(_judged_by(self, exchanges)) if self.when(one)), None)


@dataclass(frozen=True, slots=True)
class HistoryRule:
    requirement: str
    when: Callable[[History], bool]
    judge: HistoryJudge
    reads: Wire | None = None

    def judgements(self, exchanges: Iterable[Exchange], /) -> Iterator[Complaint | None]:
        """One judgement for each operation that the rule judges: a complaint, or None for "kept"."""
        for history in _judged_by(self, exchanges).histories:
            if self.when(history):
                complaint = self.judge(history)
                yield complaint and replace(complaint, message=_writable(complaint.message))

    def last_judged(self, exchanges: Iterable[Exchange], /) -> Exchange | None:
        """The last look at an operation that the rule judges, or else its last call; None when there is none.

        A get shows that one operation, and is preferred to a list.
        """
        for history in _judged_by(self, exchanges).histories:
            if self.when(history):
                shown = [look.exchange for look in history.looks] or list(history.calls)
                return max(shown, key=lambda exchange: (exchange.calls(Method.GET), exchange.received_at))
        return None


@dataclass(frozen=True, slots=True)
class TrafficRule:
    requirement: str
    judge: TrafficJudge
    reads: Wire | None = None
    about: Callable[[Exchange], bool] | None = None

    def judgements(self, exchanges: Iterable[Exchange], /) -> Iterator[Complaint | None]:
        """The judgements of all exchanges together: a complaint, or None for "kept", for each thing that was judged."""
        for complaint in self.judge(_judged_by(self, exchanges)):
            yield complaint and replace(complaint, message=_writable(complaint.message))

    def last_judged(self, exchanges: Iterable[Exchange], /) -> Exchange | None:
        """The last exchange that the rule is about; None where none decides what is judged of all together."""
        if self.about is None:
            return None
        return next(filter(self.about, reversed(_judged_by(self, exchanges))), None)


def _judged_by(rule: Rule, exchanges: Iterable[Exchange]) -> Traffic:
    return Traffic.of(exchanges).without_retries.over(rule.reads)


_SAID_IN_SHORT = 3


def in_short(messages: Sequence[str]) -> str:
    """The first few of many messages in one line, and how many more there are."""
    said = "; ".join(messages[:_SAID_IN_SHORT])
    left = len(messages) - _SAID_IN_SHORT
    return f"{said}; and {left} more" if left > 0 else said


def _writable(message: str) -> str:
    """The message without lone surrogates, which JSON allows but a file in UTF-8 does not."""
    return message.encode("utf-8", "backslashreplace").decode("utf-8")


Rule = ExchangeRule | HistoryRule | TrafficRule
_RULES: dict[str, Rule] = {}


def exchange_rule(
    requirement: str, *, when: When, reads: Wire | None = None
) -> Callable[[ExchangeJudge], ExchangeJudge]:
    """Register a rule about one exchange: the judge returns what is wrong, or None."""

    def register(judge: ExchangeJudge) -> ExchangeJudge:
        _add(ExchangeRule(requirement, when, judge, reads))
        return judge

    return register


def history_rule(
    requirement: str, *, when: Callable[[History], bool], reads: Wire | None = None
) -> Callable[[HistoryJudge], HistoryJudge]:
    """Register a rule about the history of one operation: the judge returns a complaint, or None."""

    def register(judge: HistoryJudge) -> HistoryJudge:
        _add(HistoryRule(requirement, when, judge, reads))
        return judge

    return register


def traffic_rule(
    requirement: str, *, reads: Wire | None = None, about: Callable[[Exchange], bool] | None = None
) -> Callable[[TrafficJudge], TrafficJudge]:
    """Register a rule about all exchanges together: the judge yields a complaint, or None, for each thing it judged.

    It may be `about` exchanges that the others only serve to judge.
    """

    def register(judge: TrafficJudge) -> TrafficJudge:
        _add(TrafficRule(requirement, judge, reads, about))
        return judge

    return register


def _add(rule: Rule) -> None:
    if rule.requirement in _RULES:
        raise ValueError(f"two rules for {rule.requirement}: one requirement has one rule")
    _RULES[rule.requirement] = rule


def registered_rules() -> dict[str, Rule]:
    """All registered rules by requirement; `conformance.rules.server.all_rules` makes sure that they are loaded."""
    return dict(_RULES)
