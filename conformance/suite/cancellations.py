"""Cancellations: operations that are cancelled and followed to their end. They show how late the effect of a cancel is.

Three are cancelled at once, each with another kind of empty body, and one of them a second time.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.lro import Operation, State
from conformance.rules.server.outcome import says_failed_precondition, second_cancel_is_accepted, second_cancel_is_safe
from conformance.server.target.iut import Iut
from conformance.server.target.requests import JSON
from conformance.server.target.target import Outgoing
from conformance.suite.bystanders import Bystander, shows_the_end
from conformance.suite.last_look import LastLook
from conformance.suite.latency import Latency
from conformance.suite.stimuli import stimulus

FIRST_CANCEL, CANCELLATIONS = "first-cancel", "cancellations"
"""The keys of the last looks at what was cancelled first, and at the bystander of the cancellations."""


@dataclass(frozen=True, slots=True)
class Cancellation:
    """One operation: cancelled, looked at at once, and followed to its end or to the end of `settle`.

    `plain` is the cancel of the same operation in the plain form, sent at least where another form was refused.
    """

    name: str
    cancel: Exchange
    after: Exchange
    end: Exchange
    second_cancel: Exchange | None = None
    plain: Exchange | None = None

    @property
    def is_refused_in_the_plain_form_too(self) -> bool:
        """Whether the cancel was refused, and so was the plain one with the same status: not for its form then."""
        if self.plain is None or self.plain.response is None or self.cancel.response is None:
            return False
        return not self.cancel.succeeded() and self.plain.response.status == self.cancel.response.status

    @property
    def last(self) -> Operation | None:
        return operation_in(self.end)


@dataclass(frozen=True, slots=True)
class Cancellations:
    """All cancellations of a run.

    `control` is a bystander looked at when they had ended: it was started right before the first of them. `repeated`
    are two cancels of `labelled_without_body`, of which the second came before any look: the first of all and the next,
    or, where that form is refused, the plain one and the next.
    """

    plain: Cancellation
    without_body: Cancellation
    labelled_without_body: Cancellation
    control: Exchange
    repeated: tuple[Exchange, Exchange]

    def all(self) -> tuple[Cancellation, ...]:
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
    others: tuple[Exchange, ...] = ()
    """The cancels of the two other cancellations, which were sent with it: without body and label, and without body."""
    refused_too: Exchange | None = None
    """The cancel without a body of the same operation, where that was refused as well, and another one's was not."""

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


@stimulus
def first_cancel(
    iut: Iut, first_name: str, attempts: LastLook, cancellation_names: list[str] | None = None
) -> FirstCancel:
    """The first cancel of the run, with the body `{}`, beside those of the cancellations; whether cancel is
    implemented.

    Raises NotTested when the supply's operation does not run.
    """
    before, operation = iut.look(first_name)
    if operation.done and not iut.ends_at_once:
        raise NotTested(iut.too_short(first_name, before))
    note = "cancel with the body {}" if iut.plain_body else "cancel without a body"
    cancels = [iut.cancel_request(first_name, note=note), *_without_body(iut, cancellation_names or [])]
    with_object, *others = iut.send_all(cancels)
    without_body = _without_body_beside(iut, with_object, others, before)
    is_plain = without_body is not None and without_body.succeeded()
    cancel = without_body if without_body is not None and is_plain else with_object
    if is_plain:
        iut.plain_body = b""
    first = FirstCancel(first_name, before, cancel, with_object, tuple(others), None if is_plain else without_body)
    kind = "done" if operation.done else "running"
    if cancel.response is not None and cancel.response.status == 501:
        iut.statement.find("cancel", "unimplemented", f"the cancel of a {kind} operation was answered with 501")
        attempts.note(FIRST_CANCEL, first.as_bystander, [cancel])
    elif first.reached_the_method:
        how = "succeeded" if cancel.succeeded() else "was answered with FAILED_PRECONDITION"
        iut.statement.find("cancel", "best-effort", f"the cancel of a {kind} operation {how}")
    return first


def _without_body(iut: Iut, names: list[str]) -> list[Outgoing]:
    kinds = ((None, "cancel without body and Content-Type"), (JSON, "cancel without body, labelled JSON"))
    return [
        iut.cancel_request(name, body=b"", content_type=content_type, note=note)
        for name, (content_type, note) in zip(names, kinds, strict=False)
    ]


def _without_body_beside(iut: Iut, with_object: Exchange, others: list[Exchange], before: Exchange) -> Exchange | None:
    """A cancel without a body, where the one with `{}` is refused, and another operation's without a body is not.

    If it succeeds it is plain from here on. If it is refused as well, it is the operation that cannot be cancelled.
    """
    is_refused = with_object.response is not None and not with_object.succeeded() and with_object.response.status != 501
    if not iut.plain_body or not is_refused or (shows_the_end(before) and says_failed_precondition(with_object)):
        return None
    if others and not others[0].succeeded():
        return None
    assert with_object.call is not None
    return iut.cancel(with_object.call.name, body=b"", note="cancel without a body")


@stimulus
def cancellations(
    iut: Iut,
    older: Bystander,
    first_cancel: FirstCancel,
    cancellation_names: list[str],
    latency: Latency,
    attempts: LastLook,
) -> Cancellations:
    """Follow the three that were cancelled, cancel one of them again; learn how late an effect is.

    Raises NotApplicable when cancel is not implemented.
    """
    if iut.statement.value("cancel") == "unimplemented":
        raise NotApplicable("cancel is not implemented")
    first, (second, third) = first_cancel.name, cancellation_names
    bare, labelled = first_cancel.others
    bare_plain = _plain_beside(iut, bare)
    requests = [iut.cancel_request(third, note="second cancel"), iut.get_request(first), iut.get_request(second)]
    second_cancel, *looks = iut.send_all(requests)
    repeated = (labelled, second_cancel)
    if not labelled.succeeded() and second_cancel.succeeded():
        repeated = (second_cancel, iut.cancel(third, note="second cancel that succeeds"))
    of_third, control = iut.get_all([third, older.name])
    after = {first: looks[0], second: looks[1], third: of_third}
    refused = [(first, first_cancel.refused_too)] if first_cancel.refused_too is not None else []
    for name, cancel in ((second, bare), (third, labelled), *refused):
        seen = operation_in(after[name])
        came_too_late = seen is not None and seen.done and seen.state is not State.CANCELLED
        if came_too_late and says_failed_precondition(cancel):
            raise NotTested(iut.too_short(name, after[name]))
    ends = _ends(iut, {second: bare, third: labelled, first: first_cancel.cancel}, after, latency)
    if ends != after:
        control = iut.get(older.name)
    attempts.note(CANCELLATIONS, older, [first_cancel.cancel])
    return Cancellations(
        Cancellation(first, first_cancel.cancel, after[first], ends[first], plain=first_cancel.refused_too),
        Cancellation(second, bare, after[second], ends[second], plain=bare_plain),
        Cancellation(third, labelled, after[third], ends[third], second_cancel, plain=second_cancel),
        control,
        repeated,
    )


def _ends(iut: Iut, cancels: dict[str, Exchange], after: dict[str, Exchange], latency: Latency) -> dict[str, Exchange]:
    """The last look at each, when it had ended or `settle` was over."""
    ends = dict(after)
    began = iut.target.clock.now()
    followed = next((name for name, cancel in cancels.items() if cancel.succeeded()), None)
    if followed is not None:
        ends[followed] = latency.await_end(cancels[followed], after[followed])
    pending = [name for name in after if (operation := operation_in(ends[name])) is None or not operation.done]
    if pending:
        ends.update(iut.await_end(pending, within=iut.settle - (iut.target.clock.now() - began)))
    if latency.seconds is None:
        for name, cancel in cancels.items():
            latency.learn(cancel, ends[name])
    return ends


def _plain_beside(iut: Iut, cancel: Exchange) -> Exchange | None:
    """The plain cancel of an operation whose cancel in another form was refused; None where it was not."""
    response = cancel.response
    if response is None or response.is_success or response.is_busy or response.status == 501 or cancel.call is None:
        return None
    return iut.cancel(cancel.call.name, note="plain cancel of an operation whose cancel in another form was refused")


def is_refused_in_every_form(first: FirstCancel, cancellations: Cancellations) -> bool:
    """Whether no first cancel of any operation succeeded, with whatever body, though all were answered."""
    cancels = [first.with_object, cancellations.without_body.cancel, cancellations.labelled_without_body.cancel]
    return not any(cancel.succeeded() or cancel.response is None for cancel in cancels)


@stimulus
def cancel_works(cancellations: Cancellations) -> Cancellations:
    """The positive control of every check whose request must be refused or must do nothing.

    Where even the plain cancel is refused, a refusal shows nothing.
    """
    if not cancellations.plain.cancel.succeeded():
        raise NotTested("the plain cancel of a running operation does not succeed, so a refusal shows nothing")
    return cancellations


@stimulus
def cancel_is_heard(iut: Iut, first_cancel: FirstCancel) -> FirstCancel:
    """The positive control of checks for which a done operation will do: the method answers the plain cancel.

    Where operations run, the plain cancel of a running one succeeds.
    """
    if iut.statement.value("cancel") == "unimplemented":
        raise NotApplicable("cancel is not implemented")
    if not iut.ends_at_once and not first_cancel.cancel.succeeded():
        raise NotTested("the plain cancel of a running operation does not succeed, so a refusal shows nothing")
    if not first_cancel.reached_the_method:
        raise NotTested(
            "the plain cancel of a done operation neither succeeds nor is answered with FAILED_PRECONDITION, "
            "so a refusal shows nothing"
        )
    return first_cancel


@stimulus
def cancel_is_answered(first_cancel: FirstCancel) -> None:
    """The positive control where cancel need not be implemented: it succeeds, or is answered with 501."""
    response = first_cancel.cancel.response
    if response is None or not (first_cancel.reached_the_method or response.status == 501):
        raise NotTested("the plain cancel of an operation neither succeeds nor is answered with 501")


@stimulus
def cancel_repeats(cancel_works: Cancellations) -> Cancellations:
    """The positive control of races: what goes wrong without any overlap is no race."""
    first, second = cancel_works.repeated
    is_safe = second_cancel_is_safe(first, second) is None
    after = cancel_works.labelled_without_body.after
    if not is_safe:
        raise NotTested("cancelling twice in a row is not safe, so overlapping cancels would show nothing new")
    if second_cancel_is_accepted(first, second, after) is not None:
        raise NotTested("a second cancel is refused while the operation runs, so are those that overlap with another")
    return cancel_works
