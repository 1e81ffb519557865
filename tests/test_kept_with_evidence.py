"""No evidence, no "kept", check by check: what was not answered, or not refused, shows nothing."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Failure, FailureKind
from conformance.rules import Complaint
from conformance.server.target.iut import Iut
from conformance.suite.callers import Callers
from conformance.suite.cancellations import FirstCancel
from conformance.suite.deletion import Deletion
from conformance.suite.drawn import Aimed
from conformance.suite.judging import Violated
from conformance.suite.last_look import LastLook
from conformance.suite.refusals import Refusal, Refusals
from conformance.suite.test_auth import test_unauthorised_cancel_changes_nothing as unauthorised_cancel_changes_nothing
from conformance.suite.test_auth_methods import test_refused_delete_deletes_nothing as refused_delete_deletes_nothing
from conformance.suite.test_body import test_empty_object_is_accepted as empty_object_is_accepted
from conformance.suite.test_list import BAD_FILTER, BAD_TOKEN
from conformance.suite.test_list import (
    test_filter_that_is_none_is_refused_as_an_argument as refused_filter_is_an_argument,
)
from conformance.suite.test_list import test_token_that_nobody_gave_is_refused as bad_token_is_refused
from conformance.suite.test_list_pages import test_page_size_may_change as page_size_may_change
from conformance.suite.test_races import test_great_storm_has_an_order as great_storm_has_an_order
from conformance.suite.test_routing import test_too_long_target_is_refused as too_long_target_is_refused
from conformance.suite.test_unknown import (
    test_get_of_a_member_of_every_object_is_not_found as member_of_every_object_is_not_found,
)
from tests.rules.traffic import (
    DONE_ALREADY,
    INVALID,
    NOT_FOUND,
    PERMISSION_DENIED,
    UNAVAILABLE,
    Traffic,
    running,
    succeeded,
)
from tests.test_confirmation import confirmation_at

CUT_OFF = Failure(FailureKind.RESET)


@pytest.mark.parametrize(("answer", "status"), [(CUT_OFF, 0), (UNAVAILABLE, 503)], ids=["cut off", "busy"])
def test_a_target_too_long_that_is_not_answered_was_not_refused(answer: Any, status: int) -> None:
    traffic = Traffic()
    unknown, too_long = traffic.cancel(answer=NOT_FOUND, status=404), traffic.cancel(answer=answer, status=status)
    refusals = cast("Refusals", SimpleNamespace(wrongly_accepted=lambda _: None))
    with pytest.raises(NotTested):
        too_long_target_is_refused(too_long, [unknown], refusals)
    too_long_target_is_refused(unknown, [unknown], refusals)


def _judge_deletes(*statuses: int, is_gone: bool) -> None:
    traffic = Traffic()
    answers = {200: {}, 403: PERMISSION_DENIED}
    deletes = {
        f"delete {who}": traffic.delete(answers[status], status) for who, status in zip(_WHO, statuses, strict=False)
    }
    look = traffic.get(NOT_FOUND, 404) if is_gone else traffic.get(running())
    last_look = cast("LastLook", SimpleNamespace(at=lambda _: SimpleNamespace(look=look)))
    deletion = Deletion(traffic.delete(), traffic.get(NOT_FOUND, 404))
    refused_delete_deletes_nothing(last_look, Callers(deletes), deletion)


_WHO = ("without credentials", "with a token that nobody issued")


@pytest.mark.parametrize(
    ("statuses", "is_gone"), [((200,), True), ((200,), False), ((403, 200), True)], ids=["gone", "there", "which?"]
)
def test_a_delete_that_was_not_refused_shows_nothing_of_refused_ones(statuses: Sequence[int], is_gone: bool) -> None:
    with pytest.raises(NotTested):
        _judge_deletes(*statuses, is_gone=is_gone)


def test_what_is_there_was_not_deleted_by_those_that_were_refused() -> None:
    _judge_deletes(403, 200, is_gone=False)
    with pytest.raises(Violated):
        _judge_deletes(403, 403, is_gone=True)


@pytest.mark.parametrize(("status", "said"), [(200, NotTested), (403, Violated)])
def test_a_cancel_that_was_accepted_shows_nothing_of_refused_ones(status: int, said: type[Exception]) -> None:
    traffic = Traffic()
    cancel = traffic.cancel(answer={} if status == 200 else PERMISSION_DENIED, status=status)
    effect = Complaint("it was cancelled", (cancel,))
    refusals = cast("Refusals", SimpleNamespace(effect_of=lambda _: effect))
    with pytest.raises(said):
        unauthorised_cancel_changes_nothing(cast("LastLook", None), Refusal("unauthorised", [cancel], refusals))


def test_an_empty_object_for_which_there_was_no_time_was_not_accepted() -> None:
    """Of a done operation, where one without a body is answered."""
    traffic = Traffic()
    before = traffic.get(succeeded())
    busy, plain = traffic.cancel(answer=UNAVAILABLE, status=503), traffic.cancel(sends=b"")
    iut = cast("Iut", SimpleNamespace(ends_at_once="they are done"))
    with pytest.raises(NotTested):
        empty_object_is_accepted(iut, FirstCancel("op", before, plain, busy), cast("pytest.FixtureRequest", None))
    refused = traffic.cancel(answer=DONE_ALREADY, status=400)
    empty_object_is_accepted(iut, FirstCancel("op", before, refused, refused), cast("pytest.FixtureRequest", None))


def _lists(traffic: Traffic, answer: Any, status: int) -> dict[str, Exchange]:
    page = traffic.list(answer=answer, status=status)
    return {BAD_FILTER: page, BAD_TOKEN: page}


def test_a_filter_that_was_not_refused_was_not_refused_as_an_argument() -> None:
    traffic = Traffic()
    with pytest.raises(NotApplicable):
        refused_filter_is_an_argument(_lists(traffic, {"operations": [running()]}, 200))
    refused_filter_is_an_argument(_lists(traffic, INVALID, 400))


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [({}, 200, Violated), ({"operations": [running()]}, 200, Violated), (NOT_FOUND, 404, NotTested)],
    ids=["an empty page", "a page", "no list"],
)
def test_a_token_that_nobody_gave_is_refused_or_was_not_looked_at(
    answer: Any, status: int, said: type[Exception]
) -> None:
    with pytest.raises(said):
        bad_token_is_refused(_lists(Traffic(), answer, status))


def test_a_page_that_is_not_shown_has_no_size() -> None:
    traffic = Traffic()
    with pytest.raises(NotTested):
        page_size_may_change(traffic.list(answer=PERMISSION_DENIED, status=403))
    page_size_may_change(traffic.list(running()))


def test_a_storm_of_one_request_at_a_time_is_none() -> None:
    traffic = Traffic()
    iut = cast(
        "Iut",
        SimpleNamespace(
            running=lambda _: ["op"],
            get_request=lambda _: None,
            cancel_request=lambda *_, **__: None,
            send_together=lambda _: [traffic.get(running())],
            get=lambda _: traffic.get(running()),
        ),
    )
    with pytest.raises(NotTested, match="no two cancels overlapped"):
        great_storm_has_an_order(iut, cast("Any", None), confirmation_at("http://127.0.0.1:1"))


@pytest.mark.parametrize("answer", [CUT_OFF, NOT_FOUND])
def test_what_is_drawn_and_never_answered_was_not_refused(answer: Any) -> None:
    traffic = Traffic()
    looked = SimpleNamespace(touched=None, look=traffic.get(running()))
    last_look = cast("LastLook", SimpleNamespace(at=lambda _: looked))
    sent = [traffic.cancel(answer=answer, status=404)]
    aimed = Aimed(cast("Iut", None), "drawn", cast("Any", None), last_look, sent=sent)
    if answer is NOT_FOUND:
        aimed.require_no_effect(cast("Any", None), needs_evidence=False)
        return
    with pytest.raises(NotTested):
        aimed.require_no_effect(cast("Any", None), needs_evidence=False)


def test_a_firewall_may_refuse_words_of_javascript_and_shows_nothing_by_it() -> None:
    traffic = Traffic()
    refused, unknown = traffic.get(PERMISSION_DENIED, status=403), traffic.get(NOT_FOUND, status=404)
    found = traffic.get({})
    iut = cast("Iut", SimpleNamespace(knows_the_caller=False))
    member_of_every_object_is_not_found(iut, [refused, unknown])
    with pytest.raises(NotTested, match="as by a firewall"):
        member_of_every_object_is_not_found(iut, [refused, refused])
    with pytest.raises(Violated):
        member_of_every_object_is_not_found(iut, [refused, found])
