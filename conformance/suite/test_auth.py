"""Authorisation: who may not cancel learns nothing and changes nothing."""

from __future__ import annotations

import pytest

from conformance.errors import NotTested
from conformance.rules.server.authorisation import (
    answered_alike,
    refused_for_its_credentials,
    refused_for_its_permission,
)
from conformance.rules.server.routing import not_a_success
from conformance.server.target.credentials import Credential
from conformance.server.target.iut import Iut
from conformance.suite import families
from conformance.suite.evidence import require_answers, require_each
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.refusals import Refusals


@pytest.fixture(autouse=True)
def no_certificate_tells_who_calls(iut: Iut) -> None:
    if iut.statement.value("auth") is True and iut.configuration.auth.client_certificate:
        raise NotTested("every request comes with the client certificate, so that none is without credentials")


@verifies("auth.credentials-are-required")
def test_credentials_are_required(refusals: Refusals) -> None:
    noted = refusals.all_noted(families.WITHOUT_CREDENTIALS, families.WITHOUT_ANYTHING, families.PRETENDED_ORIGIN)
    require_each(refused_for_its_credentials, noted)


@verifies("auth.credentials-are-required")
def test_nothing_else_stands_for_credentials(refusals: Refusals) -> None:
    """A transcoder may refuse a query that it does not know before anybody is asked who calls."""
    if not refusals.noted(families.WITHOUT_CREDENTIALS).is_denied:
        raise NotTested("a cancel without credentials is not refused, whatever else it has")
    require_each(not_a_success, refusals.all_noted(families.PRETENDED, families.QUERY_ALONE))


@verifies("auth.invalid-credentials-are-refused")
def test_invalid_credentials_are_refused(iut: Iut, refusals: Refusals) -> None:
    if not iut.has_credential(Credential.MAIN):
        raise NotTested("the credentials are no bearer token, so that no wrong one is like them")
    noted = refusals.all_noted(families.INVALID_CREDENTIALS, families.ALTERED_CREDENTIALS, families.OTHER_SCHEME)
    require_each(refused_for_its_credentials, noted)


@verifies("auth.precedes-existence")
def test_unauthorised_caller_does_not_learn_what_exists(refusals: Refusals) -> None:
    existing = refusals.noted(families.WITHOUT_CREDENTIALS)
    unknown = refusals.noted(families.UNKNOWN_WITHOUT_CREDENTIALS)
    require(answered_alike(existing, unknown))
    require_answers(existing, unknown)


@verifies("auth.precedes-validation")
def test_authorisation_comes_before_validation(refusals: Refusals) -> None:
    require_each(refused_for_its_credentials, [refusals.noted(families.MALFORMED_WITHOUT_CREDENTIALS)])


@verifies("auth.precedes-validation")
def test_permission_comes_before_validation(iut: Iut, refusals: Refusals) -> None:
    """It only adds: whether credentials without permission are refused at all, auth.permission-is-denied says."""
    if not iut.has_credential(Credential.FORBIDDEN):
        raise NotTested("no credential without the permission is configured ([auth] forbidden_token_env)")
    if not refusals.noted(families.WITHOUT_PERMISSION).is_denied:
        raise NotTested("a cancel without permission is not refused")
    require_each(refused_for_its_credentials, [refusals.noted(families.MALFORMED_WITHOUT_PERMISSION)])


@verifies("auth.permission-is-denied")
def test_missing_permission_is_denied_whatever_exists(iut: Iut, refusals: Refusals) -> None:
    if not iut.has_credential(Credential.FORBIDDEN):
        raise NotTested("no credential without the permission is configured ([auth] forbidden_token_env)")
    known = refusals.noted(families.WITHOUT_PERMISSION)
    unknown = refusals.noted(families.UNKNOWN_WITHOUT_PERMISSION)
    require(refused_for_its_permission(known), refused_for_its_permission(unknown, is_unknown=True))
    require_answers(known, unknown)


@verifies("auth.permission-is-denied", profile="ci")
def test_another_project_gives_no_permission(iut: Iut, refusals: Refusals) -> None:
    """It only adds: whether credentials without permission are refused at all, the check above says."""
    if not iut.has_credential(Credential.FORBIDDEN):
        raise NotTested("no credential without the permission is configured ([auth] forbidden_token_env)")
    if not refusals.noted(families.WITHOUT_PERMISSION).is_denied:
        raise NotTested("a cancel without permission is not refused")
    require_each(not_a_success, [refusals.noted(families.IN_ANOTHER_PROJECT)])


@verifies("auth.refused-cancel-changes-nothing")
def test_unauthorised_cancel_changes_nothing(last_look: LastLook, refusals: Refusals) -> None:
    """A cancel that was not refused is not this requirement's: that it should have been, others say."""
    if not refusals.sent["unauthorised"]:
        raise NotTested("nothing was sent without credentials")
    effect = refusals.effect_of("unauthorised")
    if effect is None:
        refusals.require_no_effect("unauthorised")
    require(None if effect is None or effect.exchanges[0].succeeded() else effect)
