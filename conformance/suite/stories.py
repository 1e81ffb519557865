"""The shared traffic of a run: few operations, looked at by many checks.

* *Bystanders* run from the beginning to the end and are never cancelled. Checks whose stimulus must not touch an
  operation aim at a bystander of their own, and `last_look` looks at all of them in the end.
  Where the supply's operations end at once, they are done: then they show only that they are not deleted or changed.
* *Stories* are operations that are cancelled and followed to their end. One is cancelled twice in a row. They show how
  late the effect of a cancel is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.lro import Operation, State
from conformance.rules.server.errors import bare_status_of, envelope_of
from conformance.rules.server.outcome import says_failed_precondition
from conformance.server.target.iut import JSON, Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import unknown_name
from conformance.suite.latency import Latency


@dataclass(frozen=True, slots=True)
class Bystander:
    """An operation that nobody cancels, and how it looked when it was started."""

    name: str
    exchange: Exchange
    operation: Operation


_AT_ONCE = 4


class Bystanders:
    """Running operations that are meant to stay untouched.

    The first of them serves to find out what the statement leaves open; `unknown` is a get of no operation at all,
    `looks` collects the first look at each, whatever it showed, and `looks_first` makes gets to go with the first one.
    """

    def __init__(self, iut: Iut, looks: list[Exchange], looks_first: Callable[[Iut, str], list[Outgoing]]) -> None:
        self._iut = iut
        self._standing: list[Bystander] = []
        self._control: Bystander | None = None
        self.looks = looks
        # One batch: the first bystander, no operation, and what requests will be aimed at if it is not there.
        self.name = iut.running(1)[0]
        """The name of the first of them."""
        gets = [iut.get_request(self.name), iut.get_request(unknown_name(self.name, "get"))]
        first, self.unknown, *_ = iut.send_all([*gets, *looks_first(iut, self.name)])
        self._find_out_whether_they_run(self.name, first)
        self._standing.append(self._seen(self.name, first))
        _find_out_about_errors(iut, self.unknown)
        iut.find_out_about_auth(self.name)

    def _find_out_whether_they_run(self, name: str, first: Exchange) -> None:
        """An operation may end by itself at any moment; where a second one is done at once, too, all are."""
        if shows_the_end(first):
            second = self._iut.running(1)[0]
            if shows_the_end(self._iut.get(second)):
                self._iut.ends_at_once = self._iut.too_short(name, first)

    def get(self, count: int = 1) -> list[Bystander]:
        """So many bystanders that still run, as far as is known. Raises NotTested when the supply's do not run."""
        if len(self._standing) < count:
            self._standing += self.some(count - len(self._standing))
        return self._standing[:count]

    def new(self) -> Bystander:
        """A bystander that is fresh from the supply, for whoever wants one of his own."""
        return self.some(1)[0]

    def control(self) -> Bystander:
        """The one that is started right before the first cancel of the run; no request is aimed at it."""
        if self._control is None:
            self._control = self.new()
        return self._control

    def some(self, count: int) -> list[Bystander]:
        """So many fresh ones. Raises NotTested when the supply's do not run."""
        # Few at once: a start that a full backlog cuts off is not repeated.
        sizes = [min(_AT_ONCE, count - begun) for begun in range(0, count, _AT_ONCE)]
        names = [name for size in sizes for name in self._iut.running(size)]
        return [self._seen(name, exchange) for name, exchange in zip(names, self._iut.get_all(names), strict=True)]

    def _seen(self, name: str, exchange: Exchange) -> Bystander:
        self.looks.append(exchange)
        operation = operation_in(exchange)
        if operation is None:
            raise NotTested(f"a get of {name}, fresh from the supply, does not show the operation")
        if operation.done and not self._iut.ends_at_once:
            raise NotTested(self._iut.too_short(name, exchange))
        return Bystander(name, exchange, operation)


def shows_the_end(look: Exchange) -> bool:
    """Whether a look shows an operation that is done."""
    operation = operation_in(look)
    return operation is not None and operation.done


@dataclass(frozen=True, slots=True)
class Story:
    """One operation: cancelled, looked at at once, and followed to its end or to the end of `settle`.

    `plain` is the cancel of the same operation in the plain form, sent where the one in another form was refused.
    """

    name: str
    cancel: Exchange
    after: Exchange
    end: Exchange
    again: Exchange | None = None
    plain: Exchange | None = None

    @property
    def is_refused_in_the_plain_form_too(self) -> bool:
        """Whether the cancel was refused, and so was the plain one with the same status: not for its form then."""
        if self.plain is None or self.plain.response is None or self.cancel.response is None:
            return False
        return self.plain.response.status == self.cancel.response.status

    @property
    def last(self) -> Operation | None:
        return operation_in(self.end)


@dataclass(frozen=True, slots=True)
class Stories:
    """All stories of a run.

    `control` is a bystander looked at when they had ended: it was started right before the first of them.
    """

    plain: Story
    without_body: Story
    labelled_without_body: Story
    control: Exchange

    def all(self) -> tuple[Story, ...]:
        return (self.plain, self.without_body, self.labelled_without_body)


@dataclass(frozen=True, slots=True)
class FirstCancel:
    """The first cancel of the run: an operation that a get showed running, and the answer to its plain cancel.

    Where the supply's operations end at once it was done.
    `with_object` is the cancel with the body `{}`. It is the plain cancel, too, unless it is refused and one without a
    body is not: then that is the plain one from here on, and all else can still be tested.
    """

    name: str
    before: Exchange
    cancel: Exchange
    with_object: Exchange

    @property
    def as_bystander(self) -> Bystander:
        """The operation as one that must stay untouched, which is so where cancel is not implemented."""
        operation = operation_in(self.before)
        assert operation is not None
        return Bystander(self.name, self.before, operation)

    @property
    def reached_the_method(self) -> bool:
        """Whether the method has answered: with a success, or that the operation is done, which it was."""
        was_done = shows_the_end(self.before)
        return self.cancel.succeeded() or (was_done and says_failed_precondition(self.cancel))


def cancel_first(iut: Iut) -> FirstCancel:
    """Cancel one operation with the body `{}`, and find out whether cancel is implemented.

    Raises NotTested when the supply's operation does not run.
    """
    name = iut.running(1)[0]
    before, operation = iut.look(name)
    if operation.done and not iut.ends_at_once:
        raise NotTested(iut.too_short(name, before))
    kind = "done" if operation.done else "running"
    note = "cancel with the body {}" if iut.plain_body else "cancel without a body"
    cancel = with_object = iut.cancel(name, note=note)
    is_refused = cancel.response is not None and not cancel.succeeded() and cancel.response.status != 501
    if iut.plain_body and is_refused and not (operation.done and says_failed_precondition(cancel)):
        without_body = iut.cancel(name, body=b"", note="cancel without a body")
        if without_body.succeeded():
            iut.plain_body = b""
            cancel = without_body
    first = FirstCancel(name, before, cancel, with_object)
    if cancel.response is not None and cancel.response.status == 501:
        iut.statement.find("cancel", "unimplemented", f"the cancel of a {kind} operation was answered with 501")
    elif first.reached_the_method:
        how = "succeeded" if cancel.succeeded() else "was answered with FAILED_PRECONDITION"
        iut.statement.find("cancel", "best-effort", f"the cancel of a {kind} operation {how}")
    return first


def tell_stories(iut: Iut, bystanders: Bystanders, first: FirstCancel, latency: Latency) -> Stories:
    """Cancel two more operations, each with another empty body, and follow all three; learn how late an effect shows.

    Raises NotApplicable when cancel is not implemented.
    """
    older = bystanders.control()
    if iut.statement.value("cancel") == "unimplemented":
        raise NotApplicable("cancel is not implemented")
    if iut.ends_at_once:
        raise NotTested(iut.ends_at_once)
    names = [first.name, *iut.running(2)]
    bare, labelled = iut.send_all(
        [
            iut.cancel_request(names[1], body=b"", content_type=None, note="cancel without body and Content-Type"),
            iut.cancel_request(names[2], body=b"", content_type=JSON, note="cancel without body, labelled JSON"),
        ]
    )
    bare_plain, labelled_plain = (_plain_beside(iut, cancel) for cancel in (bare, labelled))
    again = iut.cancel(names[2], note="second cancel")
    after = dict(zip(names, iut.get_all(names), strict=True))
    for name, cancel in ((names[1], bare), (names[2], labelled)):
        seen = operation_in(after[name])
        came_too_late = seen is not None and seen.done and seen.state is not State.CANCELLED
        if came_too_late and says_failed_precondition(cancel):
            raise NotTested(iut.too_short(name, after[name]))
    ends = dict(after)
    began = iut.target.clock.now()
    cancels = {names[1]: bare, names[2]: labelled, names[0]: first.cancel}
    followed = next((name for name, cancel in cancels.items() if cancel.succeeded()), None)
    if followed is not None:
        ends[followed] = latency.await_effect(cancels[followed], after[followed])
    pending = [name for name in names if (operation := operation_in(ends[name])) is None or not operation.done]
    if pending:
        ends.update(iut.await_end(pending, within=iut.settle - (iut.target.clock.now() - began)))
    if latency.seconds is None:
        for name, cancel in cancels.items():
            latency.learn(cancel, ends[name])
    control = iut.get(older.name)
    return Stories(
        Story(names[0], first.cancel, after[names[0]], ends[names[0]]),
        Story(names[1], bare, after[names[1]], ends[names[1]], plain=bare_plain),
        Story(names[2], labelled, after[names[2]], ends[names[2]], again, labelled_plain),
        control,
    )


def _plain_beside(iut: Iut, cancel: Exchange) -> Exchange | None:
    """The plain cancel of an operation whose cancel in another form was refused; None where it was not."""
    response = cancel.response
    if response is None or response.is_success or response.is_busy or response.status == 501 or cancel.call is None:
        return None
    return iut.cancel(cancel.call.name, note="plain cancel of an operation whose cancel in another form was refused")


def is_refused_in_every_form(first: FirstCancel, stories: Stories) -> bool:
    """Whether no first cancel of any operation succeeded, with whatever body, though all were answered."""
    cancels = [first.with_object, stories.without_body.cancel, stories.labelled_without_body.cancel]
    return not any(cancel.succeeded() or cancel.response is None for cancel in cancels)


def _find_out_about_errors(iut: Iut, unknown: Exchange) -> None:
    if envelope_of(unknown) is not None:
        iut.statement.find("errors", "aip-193", "a get of an unknown operation answers with the AIP-193 envelope")
    elif bare_status_of(unknown) is not None:
        iut.statement.find("errors", "status", "a get of an unknown operation answers with a bare google.rpc.Status")
    elif unknown.response is not None and unknown.response.status >= 400:
        iut.statement.find(
            "errors", "none", "a get of an unknown operation answers with neither form of google.rpc.Status"
        )
