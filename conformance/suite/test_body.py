"""Request body: every empty body is accepted, and no other body breaks anything."""

from __future__ import annotations

import functools

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange
from conformance.rules.server.outcome import accepted, refused_as_invalid
from conformance.rules.server.routing import no_internal_error, not_a_success
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.again import OTHER_LABELS, Again
from conformance.suite.judging import require, verifies
from conformance.suite.refusals import confirmed, has_stopped
from conformance.suite.stories import Bystander, Bystanders, FirstCancel, Stories
from conformance.suite.untouched import require_untouched


@pytest.fixture(scope="module")
def request_message(iut: Iut, bystanders: Bystanders) -> None:
    """The body is the request message; without `body` in the binding no text says what becomes of content."""
    if not iut.contract.reads_body(bystanders.get()[0].name):
        raise NotApplicable(f"{iut.contract.name} binds cancel without a body, so that its content says nothing")


@pytest.mark.usefixtures("request_message")
@verifies("body.empty-object-is-accepted")
def test_empty_object_is_accepted(first_cancel: FirstCancel, stories: Stories) -> None:
    response = first_cancel.with_object.response
    if response is not None and response.status == 501:
        raise NotTested("cancel is answered with UNIMPLEMENTED")
    require(accepted(first_cancel.with_object))


@pytest.mark.usefixtures("request_message")
@verifies("body.empty-object-is-accepted")
def test_empty_object_is_accepted_however_it_is_written(again: Again) -> None:
    """Without a Content-Type, with the line end that Go writes, with a blank inside, from a generated client."""
    require(
        *(again.is_as_good(form) for form in ("unlabelled", "newline", "spaced", "client-headers") if form in again)
    )


@verifies("body.none-is-accepted")
def test_no_body_is_accepted(cancel_works: Stories) -> None:
    """What google-api-python-client, npm googleapis and Java's gax send."""
    require(accepted(cancel_works.without_body.cancel))


@verifies("body.none-with-content-type-is-accepted")
def test_no_body_labelled_json_is_accepted(cancel_works: Stories) -> None:
    """What every Python LRO future sends; a parser that insists on JSON text fails on it."""
    require(accepted(cancel_works.labelled_without_body.cancel))


@pytest.mark.usefixtures("request_message")
@verifies("body.charset-is-accepted")
def test_charset_is_accepted(again: Again) -> None:
    labels = ["charset", *(form for form in OTHER_LABELS if form in again)]
    require(*(again.is_as_good(form) for form in labels))


@verifies("body.chunked-is-accepted")
def test_chunked_body_is_accepted(again: Again) -> None:
    length_required = frozenset({411})
    forms = [form for form in ("chunked", "chunked-empty") if form in again]
    require(*(again.is_as_good(form, length_required) for form in forms))


@verifies("body.missing-length-is-answered")
def test_missing_length_is_answered(again: Again) -> None:
    require(again.is_as_good("no-length", frozenset({411})))


@pytest.mark.usefixtures("request_message")
@verifies("body.redundant-name-is-accepted")
def test_redundant_name_is_accepted(again: Again) -> None:
    """What Go's generated REST clients send."""
    require(again.is_as_good("redundant-name"))


@pytest.mark.usefixtures("request_message")
@verifies("body.unknown-field-is-answered")
def test_unknown_field_is_ignored_or_refused(again: Again) -> None:
    require(again.is_as_good("unknown-field", frozenset({400})))
    if again.control.succeeded():
        require(again.what_is_wrong("unknown-field", refused_as_invalid))


MALFORMED = (b"{", b"hello")
NOT_AN_OBJECT = (b"[]",)
NOT_UTF_8 = b'{"\xff": 1}'
NOR_ARE = (b'"x"', b"1", b"true")
"""These, and what is no UTF-8, only the larger profiles send."""
UNKNOWN_FIELD = b'{"foo": 1}'


class Unacceptable:
    """Cancels that nobody has to accept, and the bystander they were aimed at."""

    def __init__(self, iut: Iut, bystander: Bystander, refused_query: str | None, is_field_refused: bool) -> None:
        name = bystander.name
        unreadable = () if iut.is_quick else (NOT_UTF_8,)
        not_an_object = NOT_AN_OBJECT if iut.is_quick else (*NOT_AN_OBJECT, *NOR_ARE)
        refused = [_with_body(iut, name, UNKNOWN_FIELD)] if is_field_refused else []
        if refused_query is not None:
            refused.append(_with_query(iut, name, refused_query))
        content = (*MALFORMED, *not_an_object, *unreadable) if iut.contract.reads_body(name) else ()
        bodies = [_with_body(iut, name, body) for body in content]
        self._iut = iut
        self.sent = iut.send_all([*bodies, *refused])
        self.bystander = bystander
        self.malformed = self.sent[: len(MALFORMED)]
        self.not_an_object = self.sent[len(MALFORMED) :][: len(not_an_object)]
        self.unreadable = self.sent[: len(bodies)][len(MALFORMED) + len(not_an_object) :]

    def like(self, exchange: Exchange, name: str) -> Outgoing:
        """The same request at another operation."""
        if exchange.request.query:
            return _with_query(self._iut, name, exchange.request.query)
        return _with_body(self._iut, name, exchange.request.body)


def _with_body(iut: Iut, name: str, body: bytes) -> Outgoing:
    text = body.decode("utf-8", "backslashreplace")
    return iut.cancel_request(name, body=body, note=f"cancel with the body {text}")


def _with_query(iut: Iut, name: str, query: str) -> Outgoing:
    return iut.cancel_request(name, query=query, note=f"cancel with the query ?{query}")


@pytest.fixture(scope="module")
def unacceptable(iut: Iut, bystanders: Bystanders, again: Again) -> Unacceptable:
    """A query parameter or field that the server refuses counts, too; one that it ignores would rightly cancel."""

    def is_refused(form: str) -> bool:
        answer = again.answer(form).response if form in again else None
        return again.control.succeeded() and answer is not None and 400 <= answer.status < 500

    query = again.answer("unknown-parameter").request.query if is_refused("unknown-parameter") else None
    return Unacceptable(iut, bystanders.get()[0], query, is_refused("unknown-field"))


@verifies("body.refused-cancel-changes-nothing")
def test_refused_cancel_changes_nothing(iut: Iut, bystanders: Bystanders, unacceptable: Unacceptable) -> None:
    """A server that accepts such a cancel may rightly have cancelled; one that refuses it must not have."""
    if not unacceptable.sent:
        raise NotApplicable("nothing that is sent has to be refused: the binding has no body")
    look = iut.get(unacceptable.bystander.name)
    if not has_stopped(unacceptable.bystander, look, unacceptable.sent[-1]):
        require_untouched(iut, None, look)
        return
    bystanders.retire(unacceptable.bystander)
    for exchange in unacceptable.sent:
        stopped = confirmed(iut, bystanders, functools.partial(unacceptable.like, exchange))
        require(None if stopped is None or stopped.exchanges[0].succeeded() else stopped)


@pytest.mark.usefixtures("request_message")
@verifies("body.malformed-json-is-invalid")
def test_malformed_json_is_refused(unacceptable: Unacceptable) -> None:
    for exchange in unacceptable.malformed:
        require(not_a_success(exchange), no_internal_error(exchange))
    for exchange in unacceptable.unreadable:  # parsers of JSON in Go, Node and Java replace what is no UTF-8
        require(no_internal_error(exchange))


@pytest.mark.usefixtures("request_message")
@verifies("body.non-object-is-invalid")
def test_json_that_is_no_object_is_refused(unacceptable: Unacceptable) -> None:
    for exchange in unacceptable.not_an_object:
        require(not_a_success(exchange), no_internal_error(exchange))
