"""Which operation is cancelled: the one in the path, and no other."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.errors import NotTested, SeenOnce
from conformance.exchange import Method
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.alike import Alike, cancelled_among_alike
from conformance.suite.blame import Blame
from conformance.suite.bystanders import Bystanders
from conformance.suite.cancellations import CANCELLATIONS, Cancellations
from conformance.suite.elsewhere import named_elsewhere
from conformance.suite.evidence import is_gone
from conformance.suite.judging import disruptive, verifies
from conformance.suite.last_look import LastLook, Looked
from conformance.suite.latency import Latency
from conformance.suite.refusals import Refusal, Situation, refusal_by_decoy
from conformance.suite.stimuli import stimulus
from conformance.suite.storm import STORM, Storm


@refusal_by_decoy
def body_names(given: Situation) -> list[Outgoing]:
    """A cancel of the decoy whose body names the bystander."""
    return named_elsewhere(given, "body")


@verifies("target.body-name-never-redirects")
def test_body_name_never_redirects_the_cancel(last_look: LastLook, body_names: Refusal) -> None:
    """Envoy, by default, cancels the operation that the body names."""
    body_names.require_no_effect()


@refusal_by_decoy
def query_names(given: Situation) -> list[Outgoing]:
    """A cancel of the decoy whose query names the bystander."""
    return named_elsewhere(given, "query")


@verifies("target.query-name-never-redirects")
def test_query_name_never_redirects_the_cancel(last_look: LastLook, query_names: Refusal) -> None:
    """Envoy and vanguard cancel the operation that the query names."""
    query_names.require_no_effect()


@refusal_by_decoy
def routing_headers(given: Situation) -> list[Outgoing]:
    """A cancel of the decoy whose routing header names the bystander."""
    return named_elsewhere(given, "header")


@verifies("target.routing-header-never-redirects")
def test_routing_header_never_redirects_the_cancel(last_look: LastLook, routing_headers: Refusal) -> None:
    routing_headers.require_no_effect()


@verifies("target.whole-name-counts")
def test_similar_name_is_another_operation(last_look: LastLook, similar_names: Refusal) -> None:
    """The id under another project or location, a shorter, longer or differently written id: not this operation."""
    if not similar_names.sent:
        raise NotTested("every similar name may be somebody's: a get of it is not answered with 404")
    similar_names.require_no_effect()


@verifies("target.whole-name-counts", profile="ci")
def test_cancel_leaves_operations_with_ids_alike_alone(
    iut: Iut, bystanders: Bystanders, last_look: LastLook, alike: Alike, latency: Latency, blame: Blame
) -> None:
    """One that is touched may have been so for another reason: then it is tried with fresh ones."""
    touched = [kind for kind in alike.others if last_look.at(alike.key(kind)).touched is not None]
    if touched and blame.plain_cancel_touches_others:
        raise NotTested("a cancel touches operations whose ids have nothing in common, too")
    if touched and not _touched_again(iut, bystanders, latency, touched):
        looks = [last_look.at(alike.key(kind)).look for kind in touched]
        unconfirmed = NotTested if all(map(is_gone, looks)) else SeenOnce
        raise unconfirmed("an operation with an id alike is touched, and another cancel left such ones alone")
    for kind in touched or alike.others:
        last_look.require_untouched(alike.key(kind), f"the two ids: {kind}")


def _touched_again(iut: Iut, bystanders: Bystanders, latency: Latency, kinds: Sequence[str]) -> bool:
    """Whether the cancel of a fresh operation touches one of those kinds, when an effect of it would have shown."""
    fresh = cancelled_among_alike(iut, bystanders)
    others = [fresh.others[kind] for kind in kinds if kind in fresh.others]
    latency.wait_since(fresh.cancel.received_at)
    looks = iut.get_all([other.name for other in others])
    return any(
        Looked(other, (fresh.cancel,), look).touched is not None for other, look in zip(others, looks, strict=True)
    )


@verifies("target.other-operations-untouched")
def test_cancel_leaves_other_operations_alone(
    last_look: LastLook, cancel_works: Cancellations, storm: Storm, blame: Blame
) -> None:
    """The operation started right before a cancelled one and the one started right after it still run.

    One may be gone for another reason, such as a store that keeps a few: then another cancel removes none.
    """
    looked = [last_look.at(key) for key in (STORM, CANCELLATIONS)]
    if any(is_gone(each.look) for each in looked) and not blame.plain_cancel_touches_others:
        raise NotTested("an operation is gone, and another cancel left the operations beside it alone")
    if any(each.touched is not None and blame.is_nobodys(each) for each in looked):
        raise NotTested("an operation that is only read is touched, too, so it is not known whether a cancel does it")
    last_look.require_untouched(STORM)
    if not last_look.is_later_ones(CANCELLATIONS, cancel_works.control) or not _is_by_what_came_later(last_look, blame):
        last_look.require_untouched(CANCELLATIONS)


def _is_by_what_came_later(last_look: LastLook, blame: Blame) -> bool:
    """Whether it touches others what was aimed at the bystander of the cancellations when they were over."""
    name = last_look.at(CANCELLATIONS).bystander.name
    remakes = [looked.remake for looked in last_look.attempts_at(name) if looked.remake is not None]
    return any(blame.apart(remakes)) or blame.delete_touches_others


WILDCARDS = ("-", "*")


@stimulus
def wildcards(
    iut: Iut,
    bystanders: Bystanders,
    cancel_is_answered: None,
    attempts: LastLook,
    cancellations: Cancellations | None = None,
    alike: Alike | None = None,
) -> tuple[str, ...]:
    """Cancels of the ids `-` and `*`, each beside a bystander that was started last; the keys under which these are
    looked at."""
    parent = bystanders.name.rpartition("/")[0]
    paths = {wildcard: iut.contract.path(Method.GET, f"{parent}/{wildcard}") for wildcard in WILDCARDS}
    free = iut.nobodys(paths.values())
    asked = [wildcard for wildcard, path in paths.items() if path in free]
    if not asked:
        raise NotTested(
            "a get of the ids - and * is not answered with 404, so a cancel of them may hit another operation"
        )
    keys = {wildcard: f"wildcard {wildcard}" for wildcard in asked}
    for wildcard, key in keys.items():
        bystander, note = bystanders.new(), f"cancel of the id {wildcard}"
        cancel = iut.send(iut.cancel_request(f"{parent}/{wildcard}", note=note, may_be_unrouted=True))
        attempts.note(key, bystander, [cancel])
    return tuple(keys.values())


@disruptive
@verifies("target.other-operations-untouched", profile="ci")
def test_wildcard_is_no_operation(iut: Iut, last_look: LastLook, wildcards: tuple[str, ...]) -> None:
    """An id of `-` or `*` is an id: it may be refused, and stands for nothing."""
    for key in wildcards:
        last_look.require_untouched(key)
