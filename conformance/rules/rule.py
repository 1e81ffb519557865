"""What a rule is: a pure function from recorded traffic to "kept" or a complaint about one requirement.

Rules for rules:

* A rule sends nothing, waits for nothing, and knows neither pytest nor the server. It reads exchanges.
* A rule speaks for one requirement, whose id is written in its decorator.
* `when` says which traffic the rule speaks about, so that "kept" and "nothing to say" stay apart: a requirement is
  tested only if one of its rules had something to say.
* The function body is the requirement's sentence and nothing else.
* No rule speaks about an answer that asks to come again: that is the environment's.

There are three kinds. An *exchange rule* judges one exchange; a *history rule* judges everything that was seen of one
operation; a *traffic rule* judges what only all of it together shows. All are applied to all the traffic of a run,
whatever check caused it. Functions in this package that carry no decorator are *oracles*: a check calls them, because
only the check knows what its stimulus means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from conformance.exchange import Exchange
from conformance.exchange.history import History, Traffic


@dataclass(frozen=True, slots=True)
class TimedCall:
    """A call on a time line: when it was under way is its exchange's, `what` says what it was and how it ended."""

    exchange: Exchange
    what: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, in one sentence, and the exchanges that show it.

    `calls` is the history of which it is wrong, in the order of invocation, where only the whole of it shows that.
    Which requirement is not kept is said by whoever asked: a rule and a check speak for one.
    """

    message: str
    exchanges: tuple[Exchange, ...] = ()
    calls: tuple[TimedCall, ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """A condition on an exchange; conditions combine with `&`, `|` and `~`."""

    holds: Callable[[Exchange], bool]

    def __call__(self, exchange: Exchange) -> bool:
        return self.holds(exchange)

    def __and__(self, other: When) -> When:
        return When(lambda exchange: self(exchange) and other(exchange))

    def __or__(self, other: When) -> When:
        return When(lambda exchange: self(exchange) or other(exchange))

    def __invert__(self) -> When:
        return When(lambda exchange: not self(exchange))


ExchangeJudge = Callable[[Exchange], str | None]
HistoryJudge = Callable[[History], Complaint | None]
TrafficJudge = Callable[[Sequence[Exchange]], Iterator[Complaint | None]]


@dataclass(frozen=True, slots=True)
class ExchangeRule:
    requirement: str
    when: When
    judge: ExchangeJudge

    def judgements(self, exchanges: Iterable[Exchange], /) -> Iterator[Complaint | None]:
        """One judgement per exchange the rule speaks about: a complaint, or None for "kept"."""
        for exchange in Traffic.of(exchanges).in_earnest:
            if self.when(exchange):
                message = self.judge(exchange)
                yield Complaint(_writable(message), (exchange,)) if message else None


@dataclass(frozen=True, slots=True)
class HistoryRule:
    requirement: str
    when: Callable[[History], bool]
    judge: HistoryJudge

    def judgements(self, exchanges: Iterable[Exchange], /) -> Iterator[Complaint | None]:
        """One judgement per operation the rule speaks about: a complaint, or None for "kept"."""
        for history in Traffic.of(exchanges).in_earnest.histories:
            if self.when(history):
                complaint = self.judge(history)
                yield complaint and replace(complaint, message=_writable(complaint.message))


@dataclass(frozen=True, slots=True)
class TrafficRule:
    requirement: str
    judge: TrafficJudge

    def judgements(self, exchanges: Iterable[Exchange], /) -> Iterator[Complaint | None]:
        """What the judge says of all exchanges together: a complaint, or None for "kept", once for each thing seen."""
        for complaint in self.judge(Traffic.of(exchanges).in_earnest):
            yield complaint and replace(complaint, message=_writable(complaint.message))


_SAID_IN_SHORT = 3


def in_short(messages: Sequence[str]) -> str:
    """The first few of many messages in one line, and how many more there are."""
    said = "; ".join(messages[:_SAID_IN_SHORT])
    left = len(messages) - _SAID_IN_SHORT
    return f"{said}; and {left} more" if left > 0 else said


def _writable(message: str) -> str:
    """The message without lone surrogates, which JSON can hold and no file can."""
    return message.encode("utf-8", "backslashreplace").decode("utf-8")


Rule = ExchangeRule | HistoryRule | TrafficRule
_RULES: dict[str, Rule] = {}


def exchange_rule(requirement: str, *, when: When) -> Callable[[ExchangeJudge], ExchangeJudge]:
    """Register a rule about one exchange: the judge returns what is wrong, or None."""

    def register(judge: ExchangeJudge) -> ExchangeJudge:
        _add(ExchangeRule(requirement, when, judge))
        return judge

    return register


def history_rule(requirement: str, *, when: Callable[[History], bool]) -> Callable[[HistoryJudge], HistoryJudge]:
    """Register a rule about the history of one operation: the judge returns a complaint, or None."""

    def register(judge: HistoryJudge) -> HistoryJudge:
        _add(HistoryRule(requirement, when, judge))
        return judge

    return register


def traffic_rule(requirement: str) -> Callable[[TrafficJudge], TrafficJudge]:
    """Register a rule about all exchanges together: the judge yields a complaint, or None, for each thing it judged."""

    def register(judge: TrafficJudge) -> TrafficJudge:
        _add(TrafficRule(requirement, judge))
        return judge

    return register


def _add(rule: Rule) -> None:
    if rule.requirement in _RULES:
        raise ValueError(f"two rules for {rule.requirement}: one requirement has one rule")
    _RULES[rule.requirement] = rule


def registered_rules() -> dict[str, Rule]:
    """All registered rules by requirement; `conformance.rules.server.all_rules` makes sure that they are loaded."""
    return dict(_RULES)
