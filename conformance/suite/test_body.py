"""Request body: every empty body is accepted, and no other body breaks anything."""

from __future__ import annotations

import pytest

from conformance.rules.outcome import accepted
from conformance.rules.routing import no_internal_error, not_a_success
from conformance.suite.again import Again
from conformance.suite.judging import require, verifies
from conformance.suite.refusals import look_after_all
from conformance.suite.stories import Bystander, Bystanders, Stories
from conformance.targets.iut import Iut


@verifies("body.empty-object-is-accepted")
def test_empty_object_is_accepted(stories: Stories) -> None:
    require(accepted(stories.plain.cancel))


@verifies("body.none-is-accepted")
def test_no_body_is_accepted(cancel_works: Stories) -> None:
    """What google-api-python-client, npm googleapis and Java's gax send."""
    require(accepted(cancel_works.without_body.cancel))


@verifies("body.none-with-content-type-is-accepted")
def test_no_body_labelled_json_is_accepted(cancel_works: Stories) -> None:
    """What every Python LRO future sends; a parser that insists on JSON text fails on it."""
    require(accepted(cancel_works.labelled_without_body.cancel))


@verifies("body.charset-is-accepted")
def test_charset_is_accepted(again: Again) -> None:
    require(again.is_as_good("charset"))


@verifies("body.chunked-is-accepted")
def test_chunked_body_is_accepted(again: Again) -> None:
    length_required = frozenset({411})
    require(again.is_as_good("chunked", length_required), again.is_as_good("chunked-empty", length_required))


@verifies("body.missing-length-is-answered")
def test_missing_length_is_answered(again: Again) -> None:
    require(again.is_as_good("no-length", frozenset({411})))


@verifies("body.redundant-name-is-accepted")
def test_redundant_name_is_accepted(again: Again) -> None:
    """What Go's generated REST clients send."""
    require(again.is_as_good("redundant-name"))


@verifies("body.unknown-field-is-answered")
def test_unknown_field_is_ignored_or_refused(again: Again) -> None:
    require(again.is_as_good("unknown-field", frozenset({400})))


MALFORMED = (b"{", b"hello")
NOT_AN_OBJECT = (b"[]",)


class Unacceptable:
    """Cancels with bodies that nobody accepts, and the bystander they were aimed at."""

    def __init__(self, iut: Iut, bystander: Bystander) -> None:
        bodies = (*MALFORMED, *NOT_AN_OBJECT)
        sent = iut.send_all(
            [
                iut.cancel_request(bystander.name, body=body, note=f"cancel with the body {body.decode()}")
                for body in bodies
            ]
        )
        self.bystander = bystander
        self.malformed = sent[: len(MALFORMED)]
        self.not_an_object = sent[len(MALFORMED) :]


@pytest.fixture(scope="module")
def unacceptable(iut: Iut, bystanders: Bystanders, cancel_works: Stories) -> Unacceptable:
    return Unacceptable(iut, bystanders.get()[0])


@verifies("body.refused-cancel-changes-nothing")
def test_refused_cancel_changes_nothing(iut: Iut, bystanders: Bystanders, unacceptable: Unacceptable) -> None:
    """Looked at before anything else is judged: a server that accepts such a body may rightly have cancelled."""
    sent = [*unacceptable.malformed, *unacceptable.not_an_object]
    touched = look_after_all(iut, bystanders, unacceptable.bystander, sent)
    if any(exchange.succeeded() for exchange in sent):
        bystanders.retire(unacceptable.bystander)
        return
    require(touched)


@verifies("body.malformed-json-is-invalid")
def test_malformed_json_is_refused(unacceptable: Unacceptable) -> None:
    for exchange in unacceptable.malformed:
        require(not_a_success(exchange), no_internal_error(exchange))


@verifies("body.non-object-is-invalid")
def test_json_that_is_no_object_is_refused(unacceptable: Unacceptable) -> None:
    for exchange in unacceptable.not_an_object:
        require(not_a_success(exchange), no_internal_error(exchange))
