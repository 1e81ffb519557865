"""Authorisation: who may not cancel learns nothing and changes nothing."""

from __future__ import annotations

from functools import partial

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Method
from conformance.rules.server.authorisation import (
    answered_alike,
    denied_and_not_hidden,
    is_hidden,
    refused_for_its_credentials,
    refused_for_its_permission,
)
from conformance.rules.server.routing import not_a_success
from conformance.server.target.credentials import Credential
from conformance.server.target.iut import Iut
from conformance.suite import unauthorised as by
from conformance.suite.callers import READS, WEAK, Callers, require_weak
from conformance.suite.evidence import note, require_answers, require_each
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.refusals import Refusal

pytestmark = pytest.mark.usefixtures("no_certificate_tells_who_calls")


@pytest.fixture(autouse=True)
def no_connection_tells_who_calls(each_request_by_itself: None) -> None:
    """Else a cancel may be let in by the one before it."""


@verifies("auth.credentials-are-required")
def test_credentials_are_required(unauthorised: Refusal) -> None:
    plain, other = (by.WITHOUT_CREDENTIALS, by.WITHOUT_ANYTHING), (by.PRETENDED_ORIGIN, by.PRETENDED_IDENTITY)
    noted = unauthorised.noted(*plain, *other, by.WITHOUT_CREDENTIALS_WHEN_DONE)
    require_each(refused_for_its_credentials, noted)


@verifies("auth.credentials-are-required")
def test_nothing_else_stands_for_credentials(unauthorised: Refusal) -> None:
    """A transcoder may refuse a query that it does not know before anybody is asked who calls."""
    if not unauthorised.noted(by.WITHOUT_CREDENTIALS)[0].is_denied:
        raise NotTested("a cancel without credentials is not refused, whatever else it has")
    require_each(not_a_success, unauthorised.noted(by.PRETENDED, by.QUERY_ALONE, by.EMPTY_TOKEN, by.IN_HTTP_1_0))


@verifies("auth.invalid-credentials-are-refused")
def test_invalid_credentials_are_refused(iut: Iut, unauthorised: Refusal) -> None:
    if not iut.has_credential(Credential.MAIN):
        raise NotTested("the credentials are no bearer token, so that no wrong one is like them")
    noted = unauthorised.noted(by.INVALID_CREDENTIALS, by.ALTERED_CREDENTIALS, by.OTHER_SCHEME)
    require_each(refused_for_its_credentials, noted)


@verifies("auth.precedes-existence")
def test_unauthorised_caller_does_not_learn_what_exists(unauthorised: Refusal) -> None:
    existing = unauthorised.noted(by.WITHOUT_CREDENTIALS)[0]
    unknown = unauthorised.noted(by.UNKNOWN_WITHOUT_CREDENTIALS)[0]
    require(answered_alike(existing, unknown))
    require_answers(existing, unknown)


@verifies("auth.precedes-validation")
def test_authorisation_comes_before_validation(unauthorised: Refusal) -> None:
    require_each(refused_for_its_credentials, unauthorised.noted(by.MALFORMED_WITHOUT_CREDENTIALS))


def _require_refused_without_permission(iut: Iut, unauthorised: Refusal) -> None:
    """The positive control of checks that only add: whether it is refused at all, auth.permission-is-denied says."""
    require_weak(iut)
    plain = unauthorised.noted(by.WITHOUT_PERMISSION)[0]
    if not (plain.is_denied or is_hidden(plain)):
        raise NotTested("a cancel without permission is not refused")


@verifies("auth.precedes-validation")
def test_permission_comes_before_validation(iut: Iut, unauthorised: Refusal) -> None:
    _require_refused_without_permission(iut, unauthorised)
    malformed = unauthorised.noted(by.MALFORMED_WITHOUT_PERMISSION)
    if is_hidden(unauthorised.noted(by.WITHOUT_PERMISSION)[0]) and is_hidden(malformed[0]):
        note(*malformed)
        return
    require_each(refused_for_its_credentials, malformed)


@verifies("auth.permission-is-denied")
def test_missing_permission_is_denied_whatever_exists(iut: Iut, unauthorised: Refusal) -> None:
    require_weak(iut)
    known, unknown = _without_permission(unauthorised)
    require(
        refused_for_its_permission(known, may_be_hidden=is_hidden(unknown)),
        refused_for_its_permission(unknown, may_be_hidden=True),
    )
    require_answers(known, unknown)


@verifies("auth.permission-precedes-existence")
def test_caller_without_permission_does_not_learn_what_exists(iut: Iut, unauthorised: Refusal, asked: Callers) -> None:
    """Who may read the children of the parent may learn what is not there (AIP-211)."""
    _require_refused_without_permission(iut, unauthorised)
    reads = asked.of(WEAK, *READS)
    lists = [read for read in reads if read.calls(Method.LIST)]
    if any(read.succeeded() for read in reads):
        raise NotApplicable("the credentials without the permission to cancel may read")
    if not lists or not all(read.is_denied or is_hidden(read) for read in reads):
        raise NotTested("that the same credentials may not list operations either was not seen")
    known, unknown = _without_permission(unauthorised)
    require(answered_alike(known, unknown, "without permission"))
    require_answers(known, unknown)


@verifies("auth.denial-is-told")
def test_missing_permission_is_told(iut: Iut, unauthorised: Refusal, asked: Callers) -> None:
    _require_refused_without_permission(iut, unauthorised)
    known, _ = _without_permission(unauthorised)
    require_each(denied_and_not_hidden, [known, *asked.of(WEAK, *READS, Method.DELETE)])


def _without_permission(unauthorised: Refusal) -> tuple[Exchange, Exchange]:
    """The plain cancels without permission: of an operation that exists, and of none."""
    return (unauthorised.noted(by.WITHOUT_PERMISSION)[0], unauthorised.noted(by.UNKNOWN_WITHOUT_PERMISSION)[0])


@verifies("auth.permission-is-denied", profile="ci")
def test_missing_permission_is_denied_whatever_the_state(iut: Iut, unauthorised: Refusal) -> None:
    """Whoever sees no operation that runs, sees none that is done."""
    _require_refused_without_permission(iut, unauthorised)
    may_be_hidden = is_hidden(_without_permission(unauthorised)[0])
    judged = partial(refused_for_its_permission, may_be_hidden=may_be_hidden)
    require_each(judged, unauthorised.noted(by.WITHOUT_PERMISSION_WHEN_DONE))


@verifies("auth.permission-is-denied", profile="ci")
def test_another_project_gives_no_permission(iut: Iut, unauthorised: Refusal) -> None:
    _require_refused_without_permission(iut, unauthorised)
    require_each(not_a_success, unauthorised.noted(by.IN_ANOTHER_PROJECT))


@verifies("auth.refused-cancel-changes-nothing")
def test_unauthorised_cancel_changes_nothing(last_look: LastLook, unauthorised: Refusal) -> None:
    """A cancel that was not refused is not this requirement's: that it should have been, others say."""
    if not unauthorised.sent:
        raise NotTested("nothing was sent without credentials")
    effect = unauthorised.effect()
    if effect is not None and effect.exchanges[0].succeeded():
        raise NotTested("a cancel without the right credentials was accepted, so that nobody knows what others did")
    unauthorised.require_no_effect()
