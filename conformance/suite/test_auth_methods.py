"""Authorisation of get, list and delete, and what no caller may be let in by."""

from __future__ import annotations

from functools import partial

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Method
from conformance.exchange.history import operations_in
from conformance.rules import Complaint
from conformance.rules.server.authorisation import (
    answered_alike,
    is_hidden,
    refused_for_its_credentials,
    refused_for_its_permission,
)
from conformance.rules.server.routing import not_a_success
from conformance.server.target.credentials import ALTERED, Credential
from conformance.server.target.iut import Iut
from conformance.suite import callers
from conformance.suite import unauthorised as by
from conformance.suite.callers import READS, Callers, OneConnection, by_themselves, require_weak
from conformance.suite.deletion import Deletion
from conformance.suite.evidence import answered, is_gone, note, require_answers, require_each, tells_what_exists
from conformance.suite.judging import disruptive, require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.refusals import Refusal

pytestmark = pytest.mark.usefixtures("no_certificate_tells_who_calls")


by_itself = pytest.mark.usefixtures("each_request_by_itself")


@by_itself
@verifies("auth.methods-require-credentials")
def test_get_list_and_delete_require_credentials(asked: Callers, let_in: dict[str, str]) -> None:
    sent = asked.of(callers.ANONYMOUS, *READS, Method.DELETE)
    require_each(refused_for_its_credentials, by_themselves(sent, let_in))


@verifies("auth.each-request-by-itself")
def test_credentials_of_one_request_let_no_other_in(asked: Callers, let_in: dict[str, str]) -> None:
    """What was read with credentials is read without, on the same connections, and must be refused.

    Who lacks the permission may be allowed to read, but not by what others have read.
    """
    sent = [*asked.of(callers.ANONYMOUS, *READS), *asked.of(callers.STRANGER, *READS)]
    reads = [*sent, *asked.of(callers.WEAK, *READS)]
    remembered = [one for one in reads if let_in.get(one.note) in callers.REMEMBERED]
    message = "a request without the right credentials is let in after one that had them, and not by itself"
    require(*(Complaint(f"{message}: {one.note}", (one,)) for one in remembered))
    require_answers(*sent)
    if not any(one.is_denied for one in sent):
        raise NotTested("no get or list without credentials is refused")


@verifies("auth.each-request-by-itself")
def test_credentials_of_a_connection_let_no_other_request_in(on_one_connection: OneConnection) -> None:
    after = on_one_connection.after
    if on_one_connection.tells_who_calls:
        message = "a get without credentials is let in on a connection that had them, and on no other"
        require(Complaint(message, (on_one_connection.known, after)))
    require_answers(on_one_connection.known, after)
    if not after.is_denied:
        raise NotTested(f"a get without credentials is not refused: {answered(after)}")


@by_itself
@verifies("auth.methods-refuse-invalid-credentials")
def test_get_list_and_delete_refuse_invalid_credentials(iut: Iut, asked: Callers, let_in: dict[str, str]) -> None:
    if not iut.has_credential(Credential.MAIN):
        raise NotTested("the credentials are no bearer token, so that no wrong one is like them")
    sent = asked.of(callers.STRANGER, *READS, Method.DELETE)
    require_each(refused_for_its_credentials, by_themselves(sent, let_in))


@by_itself
@verifies("auth.reads-need-permission")
def test_get_and_list_need_permission(iut: Iut, asked: Callers, let_in: dict[str, str]) -> None:
    require_weak(iut)
    reads = by_themselves(asked.of(callers.WEAK, *READS), let_in)
    require_each(partial(refused_for_its_permission, may_be_hidden=_is_hidden_from_the_weak(asked)), reads)


@by_itself
@verifies("auth.list-needs-permission")
def test_list_needs_the_permission_that_get_needs(iut: Iut, asked: Callers, let_in: dict[str, str]) -> None:
    require_weak(iut)
    gets, lists = asked.of(callers.WEAK, Method.GET), by_themselves(asked.of(callers.WEAK, Method.LIST), let_in)
    if not lists:
        raise NotTested("no list was sent without permission")
    if gets[0].succeeded():
        raise NotApplicable("the credentials without the permission to cancel may read")
    if not (gets[0].is_denied or is_hidden(gets[0])):
        raise NotTested(f"a get without permission was not refused: {answered(gets[0])}")
    refused = {get.call.name for get in gets if get.call is not None}
    shown = [each.name for each in operations_in(lists[0]) if each.name in refused]
    if shown:
        require(Complaint("a list shows to credentials what a get refuses to them", (gets[0], lists[0])))
    require_answers(*lists)


@by_itself
@verifies("auth.delete-needs-permission")
def test_delete_needs_permission(iut: Iut, asked: Callers, let_in: dict[str, str], deletion: Deletion) -> None:
    require_weak(iut)
    _require_deletes(deletion)
    deletes = by_themselves(asked.of(callers.WEAK, Method.DELETE), let_in)
    require_each(partial(refused_for_its_permission, may_be_hidden=_is_hidden_from_the_weak(asked)), deletes)


@by_itself
@verifies("auth.refused-delete-deletes-nothing")
def test_refused_delete_deletes_nothing(last_look: LastLook, asked: Callers, deletion: Deletion) -> None:
    """A delete that was not refused is not this requirement's: that it should have been, others say."""
    _require_deletes(deletion)
    look = last_look.at(callers.NOT_TO_BE_DELETED).look
    if not tells_what_exists(look):
        raise NotTested("the operation that must not be deleted could not be looked at")
    refused = [one for one in asked.deletes if one.is_denied or is_hidden(one)]
    if not refused:
        raise NotTested("no delete without the right credentials was refused")
    if is_gone(look) and len(refused) < len(asked.deletes):
        raise NotTested("the operation is gone, and a delete of it was not refused")
    note(*refused, look)
    if is_gone(look):
        require(Complaint("a delete was refused, and the operation is gone", (*refused, look)))


def _is_hidden_from_the_weak(asked: Callers) -> bool:
    """Whether credentials without the permission see nothing where there is an operation."""
    return all(is_hidden(get) for get in asked.of(callers.WEAK, Method.GET))


def _require_deletes(deletion: Deletion) -> None:
    if not deletion.removed:
        raise NotTested("no delete with the right credentials was seen to work, so that a refusal shows nothing")


@by_itself
@verifies("auth.precedes-existence")
def test_unauthorised_get_does_not_tell_what_exists(asked: Callers) -> None:
    existing, unknown = asked.of(callers.ANONYMOUS, Method.GET)[0], asked.sent[callers.UNKNOWN_ANONYMOUS]
    if existing.succeeded():
        raise NotTested("a get needs no credentials")
    require(answered_alike(existing, unknown))
    require_answers(existing, unknown)


@by_itself
@verifies("auth.every-spelling-is-guarded")
def test_cancel_without_credentials_is_refused_on_every_spelling(unauthorised: Refusal) -> None:
    if not unauthorised.noted(by.WITHOUT_CREDENTIALS)[0].is_denied:
        raise NotTested("a cancel without credentials is not refused on any spelling")
    require_each(not_a_success, unauthorised.noted(*by.SPELLED))


@by_itself
@verifies("auth.every-spelling-is-guarded", profile="ci")
def test_get_without_credentials_is_refused_on_every_spelling(asked: Callers) -> None:
    """A get that is answered without credentials however its path is spelled is not this requirement's."""
    if not asked.of(callers.ANONYMOUS, Method.GET)[0].is_denied:
        raise NotTested("a get needs no credentials")
    require_each(not_a_success, asked.spelled)


@disruptive
@verifies("auth.methods-refuse-invalid-credentials", profile="ci")
@pytest.mark.parametrize("credential", ALTERED, ids=lambda each: each.name.lower())
def test_get_refuses_altered_credentials(iut: Iut, oldest_name: str, asked: Callers, credential: Credential) -> None:
    """Almost the right token. Some accounts are locked after a few of those, so it is sent where that harms nobody."""
    if not iut.has_credential(credential):
        raise NotTested("the credentials are no bearer token that could be altered so")
    require_each(refused_for_its_credentials, [iut.send(iut.get_request(oldest_name, credential))])
