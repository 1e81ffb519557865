"""Operations that do not exist: not found, and not created by being cancelled."""

from __future__ import annotations

from dataclasses import replace

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.rules import Complaint
from conformance.rules.server.outcome import not_found
from conformance.server.target.iut import Iut
from conformance.server.target.unknown import unknown_name
from conformance.suite.bystanders import Bystanders
from conformance.suite.cancellations import FirstCancel
from conformance.suite.deletion import Deletion
from conformance.suite.evidence import answered, require_answers, require_each, require_let_in
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.latency import Latency
from conformance.suite.refusals import Refusal
from conformance.suite.stimuli import last_stimulus, stimulus

MEMBERS_OF_EVERY_OBJECT = ("constructor", "__proto__")


@verifies("unknown.cancel-is-not-found")
def test_cancel_of_an_unknown_operation_is_not_found(
    iut: Iut,
    bystanders: Bystanders,
    unknown_cancels: list[Exchange],
    last_look: LastLook,
    similar_names: Refusal,
    cancel_is_heard: FirstCancel,
) -> None:
    """So are operations whose names are almost known, unless it was a known one that they reached: then that is it."""
    may_be_hidden = iut.knows_the_caller
    almost_known = [
        one for one in similar_names.sent if similar_names.effect() is None and not _is_unbound(one, bystanders.name)
    ]
    of_the_same_shape, *others = unknown_cancels
    require_let_in(iut, cancel_is_heard.name, [*unknown_cancels, *almost_known])
    require(
        not_found(of_the_same_shape, may_be_hidden),
        *(not_found(exchange, may_be_hidden, may_be_no_name=True) for exchange in others),
        *(
            not_found(exchange, may_be_hidden or _is_elsewhere(exchange, bystanders.name), may_be_no_name=True)
            for exchange in almost_known
        ),
    )
    require_answers(*unknown_cancels, *almost_known)


def _is_elsewhere(cancel: Exchange, name: str) -> bool:
    """Whether a cancel is below another parent: nobody has said that whoever asks has a permission there."""
    return cancel.call is not None and cancel.call.name.rpartition("/")[0] != name.rpartition("/")[0]


def _is_unbound(cancel: Exchange, name: str) -> bool:
    """Whether a cancel below another collection is answered by a router: a service need not have operations there."""
    is_elsewhere = cancel.call is not None and cancel.call.name.partition("/")[0] != name.partition("/")[0]
    return is_elsewhere and cancel.response is not None and cancel.response.status in (405, 501)


@verifies("unknown.cancel-is-not-found", profile="ci")
def test_cancel_of_a_deleted_operation_is_not_found(iut: Iut, deletion: Deletion, cancel_is_heard: FirstCancel) -> None:
    if not deletion.removed or deletion.delete.call is None:
        raise NotApplicable("no operation was deleted")
    name = deletion.delete.call.name
    if name in iut.given_anew:
        raise NotTested(f"{name} was deleted and is the name of another operation by now")
    cancel = iut.cancel(name, note="cancel of a deleted operation")
    require_each(lambda exchange: not_found(exchange, iut.knows_the_caller), [cancel])


@last_stimulus
def unknown_after(iut: Iut, unknown_cancels: list[Exchange], latency: Latency, attempts: LastLook) -> Exchange:
    """A get of the name of the first of them, when an effect of the cancel would have shown."""
    cancel = unknown_cancels[0]
    assert cancel.call is not None
    latency.wait_since(cancel.received_at)
    attempts.wait()  # it may as well go with the last look
    return iut.get(cancel.call.name)


@verifies("unknown.cancel-creates-nothing")
def test_cancel_of_an_unknown_operation_creates_nothing(
    iut: Iut, bystanders: Bystanders, unknown_cancels: list[Exchange], unknown_after: Exchange, latency: Latency
) -> None:
    """Looked at when an effect of the cancel would have shown."""
    if bystanders.unknown.succeeded():
        raise NotTested("a get of an operation that never existed shows one, so that after a cancel shows nothing")
    cancel = unknown_cancels[0]
    assert cancel.call is not None
    look = unknown_after
    if operation_in(look) is not None:
        latency.found_by(look, cancel)
        require(_created(iut, latency, unknown_name(cancel.call.name, "created")))
        raise NotTested(
            f"{cancel.call.name} exists, and another name that is surely nobody's does not when it is cancelled"
        )
    require_answers(cancel)
    if not_found(look, iut.knows_the_caller) is not None or look.response is None or look.response.is_busy:
        raise NotTested(f"{answered(look)}, so it is not known whether the cancel created it")


def _created(iut: Iut, latency: Latency, name: str) -> Complaint | None:
    """Whether a name that nobody had is somebody's once it was cancelled; the first may have been so by chance."""
    before, cancel = iut.get(name), iut.cancel(name, note="cancel of an unknown operation")
    latency.wait_since(cancel.received_at)
    after = iut.get(name)
    if operation_in(before) is not None or operation_in(after) is None:
        return None
    return Complaint(f"{name} did not exist, was cancelled, and exists now", (before, cancel, after))


@stimulus
def members_of_every_object(iut: Iut, oldest_name: str, bystanders: Bystanders) -> list[Exchange]:
    """Gets of the ids `constructor` and `__proto__`: an object of JavaScript has these members, also if it is empty.

    They are read only, and not cancelled: a worker that writes to what it finds there may write to all operations.
    """
    parent = oldest_name.rpartition("/")[0]
    requests = [iut.get_request(f"{parent}/{word}", note=f"get of the id {word}") for word in MEMBERS_OF_EVERY_OBJECT]
    return iut.send_all([replace(one, may_be_unrouted=True) for one in requests])


@verifies("unknown.get-is-not-found", profile="ci")
def test_get_of_a_member_of_every_object_is_not_found(iut: Iut, members_of_every_object: list[Exchange]) -> None:
    """Somebody may have an operation of that name. A firewall may refuse such words (403), whatever exists."""
    told = [one for one in members_of_every_object if one.response is None or one.response.status != 403]
    if not told:
        raise NotTested(f"the ids {' and '.join(MEMBERS_OF_EVERY_OBJECT)} are answered with 403, as by a firewall")
    unknown = [one for one in told if not _shows_what_was_asked_for(one)]
    require(*(not_found(one, iut.knows_the_caller, may_be_no_name=True) for one in unknown))
    require_answers(*told)


def _shows_what_was_asked_for(get: Exchange) -> bool:
    operation = operation_in(get)
    return operation is not None and get.call is not None and operation.name == get.call.name


@verifies("unknown.get-is-not-found")
def test_get_of_an_unknown_operation_is_not_found(iut: Iut, bystanders: Bystanders) -> None:
    """Asked at the beginning of the run, and again for an operation whose cancel was refused."""
    require_each(lambda exchange: not_found(exchange, iut.knows_the_caller), [bystanders.unknown])
