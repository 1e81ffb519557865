"""All the traffic of the run: every exchange keeps every rule that speaks about it, whatever check caused it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

import pytest

from conformance.errors import NotTested, SeenOnce, Unjudged
from conformance.exchange import Exchange, Method, Request
from conformance.exchange.history import Look, histories
from conformance.rules.server.authorship import cancelled_by_nobody
from conformance.rules.server.outcome import ended_cancelled
from conformance.server.target.iut import Iut
from conformance.suite.blame import Blame
from conformance.suite.bystanders import shows_the_end
from conformance.suite.cancellations import Cancellations, FirstCancel
from conformance.suite.confirmation import Confirmation, fresh_ones_not_ended
from conformance.suite.evidence import require_looks, require_untouched
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook, acknowledged, deleted, times_cancelled
from conformance.suite.latency import Latency


@pytest.fixture(scope="module")
def last_looks(iut: Iut, attempts: LastLook, request: pytest.FixtureRequest) -> None:
    """One more look at what was cancelled or deleted: what is final must still be so, whatever else failed.

    It is had so long after the end as `[operations] watch` says; the last look will do where that says nothing. With it
    goes one at all that must be untouched: what was refused may have been put into a queue that is longer.
    """
    with contextlib.suppress(Unjudged):
        first: FirstCancel = request.getfixturevalue("first_cancel")
        names = [first.name]
        with contextlib.suppress(Unjudged):
            cancellations: Cancellations = request.getfixturevalue("cancellations")
            ended_at = max(cancellation.end.received_at for cancellation in cancellations.all())
            if iut.watch:
                iut.target.clock.sleep(ended_at + iut.watch - iut.target.clock.now())
                names = [
                    cancellation.name for cancellation in cancellations.all() if cancellation.name in acknowledged(iut)
                ] or names
                names += [*deleted(iut), *attempts.names]
        iut.get_all([name for name in dict.fromkeys(names) if iut.watch or name not in attempts.ends])


@verifies("outcome.guaranteed")
def test_guaranteed_cancel_has_ended_what_was_cancelled_in_passing(
    iut: Iut, cancel_works: Cancellations, attempts: LastLook, confirmation: Confirmation
) -> None:
    """Every operation whose cancel was acknowledged, whatever else it was sent for: a cancel must not wear out.

    How it ended first counts: what a second cancel makes of a result, `operation.result-is-final` says; and where
    another cancel of it was refused, that it has ended: what a refused one does, other requirements say. Where a cancel
    named another operation besides, and that one has ended, it may have been cancelled in place of this one: that is
    for the requirements about the target.
    """
    cancels = acknowledged(iut)
    ended: dict[str, Exchange] = {}
    for look in (look for one in histories(iut.target.exchanges) for look in one.looks if _is_end(look)):
        ended.setdefault(str(look.operation.name), look.exchange)
    cancels = {name: cancel for name, cancel in cancels.items() if name in ended or not _misled(iut, name, ended)}
    ends = {name: look for name, look in ended.items() if name in cancels}
    ends.update(iut.await_end([name for name in cancels if name not in ends]))
    times = {name: times_cancelled(iut, cancel) for name, cancel in cancels.items()}
    complaints = {
        name: ended_cancelled(cancel, ends[name], iut.settle)
        for name, cancel in cancels.items()
        if not (shows_the_end(ends[name]) and _was_refused_too(iut, cancel))
    }
    not_ended = [name for name, complaint in complaints.items() if complaint is not None]
    confirmation.decides(complaints.values(), lambda: fresh_ones_not_ended(iut, times[not_ended[0]]))
    if not cancels:
        raise NotTested("no cancel of a running operation succeeded")
    require_looks(*ends.values())


def _was_refused_too(iut: Iut, cancel: Exchange) -> bool:
    cancels = [sent for sent in iut.target.exchanges if sent.calls(Method.CANCEL) and sent.call == cancel.call]
    return any(sent.response is not None and 400 <= sent.response.status < 500 for sent in cancels)


def _misled(iut: Iut, name: str, ended: Collection[str]) -> bool:
    """Whether a cancel of an operation named another one of the run besides, which has ended."""
    others = [other.rpartition("/")[2].encode() for other in ended if other != name and other in iut.supply.handed_out]
    return any(
        any(other in said for other in others)
        for sent in iut.target.exchanges
        if sent.calls(Method.CANCEL) and sent.call is not None and sent.call.name == name
        for said in _besides(sent.request)
    )


def _besides(request: Request) -> list[bytes]:
    """What a request says besides its path."""
    return [request.body, request.query.encode(), *(value.encode() for _, value in request.headers)]


def _is_end(look: Look) -> bool:
    return look.operation.done and not look.in_list


@verifies("target.only-its-cancel-cancels")
def test_nobody_cancelled_what_no_cancel_was_accepted_for(
    iut: Iut, last_looks: None, attempts: LastLook, blame: Blame, latency: Latency
) -> None:
    """Operations that are ours alone, and of which no other check has said who touched them.

    What was aimed at such a one is aimed at a fresh one, all together: it counts when that is cancelled, too, as late
    as the first was seen to be. It counts, too, where any delete or any cancel touches others so late.

    By several workers, the one that runs this judges the operations that it started itself. What happened to them is
    whole in its own recording, and only it can aim at a fresh one again what it aimed at them. So this is no rule: that
    would accuse without a second look. Of the operations of the other workers it says nothing.
    """
    if not iut.supply.starts_operations:
        raise NotTested("the operations are given by name, so that others may know them, and cancel them")
    further = [name for supply in iut.further_supplies.values() for name in supply.handed_out]
    ours = {*iut.supply.handed_out, *further} - attempts.accounted_for - blame.asked
    found = {} if blame.touches_others else cancelled_by_nobody(iut.target.exchanges, ours)
    aimed = [(complaint, looked) for name, complaint in found.items() for looked in attempts.attempts_at(name)]
    for complaint, looked in aimed:
        latency.found_by(complaint.exchanges[-1], looked.sent[0])
    suspects = [(complaint, looked.remake) for complaint, looked in aimed if looked.remake is not None]
    again = blame.apart([remake for _, remake in suspects])
    require(*(complaint for (complaint, _), has_touched in zip(suspects, again, strict=True) if has_touched))
    for complaint in found.values():
        require(complaint if blame.delete_touches_others or blame.plain_cancel_touches_others else None)
        raise SeenOnce(f"{complaint.message}; it did not happen to another operation, so it may be a coincidence")
    require_untouched(iut, None)
