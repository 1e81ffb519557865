"""Request body: every empty body is accepted, and no other body breaks anything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.rules.server.outcome import accepted, refused_as_invalid, told_of_what_is_ignored
from conformance.rules.server.routing import no_internal_error, not_a_success
from conformance.server.target.iut import Iut
from conformance.server.target.requests import JSON
from conformance.suite.bystanders import Bystanders
from conformance.suite.cancellations import Cancellation, Cancellations, FirstCancel, is_refused_in_every_form
from conformance.suite.confirmation import Confirmation
from conformance.suite.evidence import answered, note, require_answers, require_each
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.repeated_forms import OTHER_CHARSETS, TYPE_IN_OTHER_CASE, RepeatedForms
from conformance.suite.unacceptable import Unacceptable


@pytest.fixture(scope="module")
def request_message(iut: Iut, bystanders: Bystanders) -> None:
    """The body is the request message; without `body` in the binding no text says what becomes of content."""
    if not iut.contract.reads_body(bystanders.name):
        raise NotApplicable(f"{iut.contract.name} binds cancel without a body, so that its content says nothing")


@pytest.mark.usefixtures("request_message")
@verifies("body.empty-object-is-accepted")
def test_empty_object_is_accepted(iut: Iut, first_cancel: FirstCancel, request: pytest.FixtureRequest) -> None:
    """Of a running operation; of a done one it is as good as no body."""
    if iut.ends_at_once:
        if first_cancel.cancel is not first_cancel.with_object:
            require_each(accepted, [first_cancel.with_object])
        elif not first_cancel.reached_the_method:
            raise NotTested(f"{answered(first_cancel.cancel)}, and so without a body; the operation was done")
        note(first_cancel.with_object)
        return
    cancellations: Cancellations = request.getfixturevalue("cancellations")
    response = first_cancel.with_object.response
    if response is not None and response.status == 501:
        raise NotTested("cancel is answered with UNIMPLEMENTED")
    is_refused_without_body_too = (
        first_cancel.cancel is first_cancel.with_object and not first_cancel.cancel.succeeded()
    )
    if is_refused_without_body_too or is_refused_in_every_form(first_cancel, cancellations):
        raise NotTested("the cancel is refused in every form, so it is not for its body")
    require_each(accepted, [first_cancel.with_object])


@pytest.mark.usefixtures("request_message")
@verifies("body.empty-object-is-accepted")
def test_empty_object_is_accepted_however_it_is_written(repeated_forms: RepeatedForms) -> None:
    """With the line end that Go writes, with a blank inside."""
    repeated_forms.require_as_good(*(form for form in ("newline", "spaced") if form in repeated_forms))


@pytest.mark.usefixtures("request_message")
@verifies("body.unlabelled-object-is-answered")
def test_unlabelled_object_is_answered(repeated_forms: RepeatedForms) -> None:
    if no_internal_error(repeated_forms.control) is not None:
        raise NotTested("the plain cancel of a cancelled operation is answered with a server error, too")
    repeated_forms.require_right("unlabelled", no_internal_error)


@verifies("body.none-is-accepted")
def test_no_body_is_accepted(iut: Iut, confirmation: Confirmation, request: pytest.FixtureRequest) -> None:
    """What google-api-python-client, npm googleapis and Java's gax send."""
    if iut.ends_at_once:
        repeated_forms: RepeatedForms = request.getfixturevalue("repeated_forms")
        repeated_forms.require_as_good("empty")
        return
    cancel_works: Cancellations = request.getfixturevalue("cancel_works")
    require_accepted(iut, confirmation, cancel_works.without_body, None)


@verifies("body.none-with-content-type-is-accepted")
def test_no_body_labelled_json_is_accepted(
    iut: Iut, confirmation: Confirmation, request: pytest.FixtureRequest
) -> None:
    """What every Python LRO future sends; a parser that insists on JSON text fails on it."""
    if iut.ends_at_once:
        repeated_forms: RepeatedForms = request.getfixturevalue("repeated_forms")
        repeated_forms.require_as_good("empty-labelled")
        return
    cancel_works: Cancellations = request.getfixturevalue("cancel_works")
    require_accepted(iut, confirmation, cancel_works.labelled_without_body, JSON)


def require_accepted(
    iut: Iut, confirmation: Confirmation, cancellation: Cancellation, content_type: str | None
) -> None:
    """It overlapped with other cancels: where that made a server error of it, a fresh one alone shows whether it did.

    What becomes of calls that overlap, other requirements say.
    """
    if cancellation.is_refused_in_the_plain_form_too:
        raise NotTested(f"{answered(cancellation.cancel)}, and so is the plain cancel of it, so it is not for its body")
    response = cancellation.cancel.response
    if response is not None and response.status >= 500:
        confirmation.decides(
            [accepted(cancellation.cancel)],
            lambda: accepted(iut.cancel(iut.running(1)[0], body=b"", content_type=content_type, note=_ALONE)),
        )
    require_each(accepted, [cancellation.cancel])


_ALONE = "cancel without a body, alone"


@pytest.mark.usefixtures("request_message")
@verifies("body.charset-is-accepted")
def test_charset_is_accepted(repeated_forms: RepeatedForms) -> None:
    labels = ["charset", *(form for form in OTHER_CHARSETS if form in repeated_forms)]
    repeated_forms.require_as_good(*labels)


@pytest.mark.usefixtures("request_message")
@verifies("body.media-type-has-no-case", profile="ci")
def test_media_type_has_no_case(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good(TYPE_IN_OTHER_CASE)


@verifies("body.chunked-is-accepted")
def test_chunked_body_is_accepted(repeated_forms: RepeatedForms) -> None:
    if "chunked" in repeated_forms:
        repeated_forms.require_as_good("chunked", also=frozenset({411}))
    repeated_forms.require_as_good(
        "chunked-empty", also=frozenset({411, *_refusal_of_what_has_no_type(repeated_forms)})
    )


def _refusal_of_what_has_no_type(forms: RepeatedForms) -> Iterator[int]:
    """How content without a Content-Type is refused, if it is: "the recipient MAY [...] assume a media type of
    application/octet-stream" (RFC 9110, section 8.3), and nobody can tell from the head that chunks have no octets.
    """
    if "unlabelled" in forms and forms.is_as_good("unlabelled") is not None:
        response = forms.answer("unlabelled").response
        if response is not None and 400 <= response.status < 500:
            yield response.status


@verifies("body.missing-length-is-answered")
def test_missing_length_is_answered(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good("no-length", also=frozenset({411}))


@pytest.mark.usefixtures("request_message")
@verifies("body.redundant-name-is-accepted")
def test_redundant_name_is_accepted(repeated_forms: RepeatedForms) -> None:
    """What Go's generated REST clients send."""
    repeated_forms.require_as_good("redundant-name")


@pytest.mark.usefixtures("request_message")
@verifies("body.unknown-field-is-answered")
def test_unknown_field_is_ignored_or_refused(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good("unknown-field", also=frozenset({400}))
    if repeated_forms.control.succeeded():
        repeated_forms.require_right("unknown-field", refused_as_invalid)


@pytest.mark.usefixtures("request_message")
@verifies("body.unknown-field-is-refused-as-stated")
def test_unknown_field_is_refused_where_the_statement_says_so(repeated_forms: RepeatedForms) -> None:
    """Whatever its value is."""
    for form in repeated_forms.like("unknown-field"):
        repeated_forms.require_right(form, not_a_success)


@pytest.mark.usefixtures("request_message")
@verifies("body.unknown-field-is-ignored-as-stated")
def test_unknown_field_is_ignored_where_the_statement_says_so(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good("unknown-field")


@pytest.mark.usefixtures("request_message")
@verifies("body.unknown-field-is-told")
def test_unknown_field_is_not_accepted_in_silence(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_right("unknown-field", told_of_what_is_ignored)


@pytest.mark.usefixtures("request_message")
@verifies("body.content-encoding")
def test_gzip_coded_body_is_understood_or_refused_for_its_coding(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good("gzip", also=frozenset({415}))


@verifies("body.expectation-is-answered")
def test_expectation_of_an_interim_answer_is_answered(repeated_forms: RepeatedForms) -> None:
    if "expectation" not in repeated_forms:
        raise NotApplicable("the binding of cancel has no body to wait with")
    repeated_forms.require_as_good("expectation", also=frozenset({417}))


@pytest.mark.usefixtures("request_message")
@verifies("body.null-name-is-accepted", profile="ci")
def test_null_is_the_default_value(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good("null-name")


@pytest.mark.usefixtures("request_message")
@verifies("body.duplicate-member-is-answered", profile="ci")
def test_duplicate_member_is_no_server_error(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_right("name-twice", no_internal_error)


@verifies("body.refused-cancel-changes-nothing")
def test_refused_cancel_changes_nothing(last_look: LastLook, unacceptable: Unacceptable) -> None:
    """A server that accepts such a cancel may rightly have cancelled; one that refuses it must not have."""
    unacceptable.require_no_effect()


@pytest.mark.usefixtures("request_message")
@verifies("body.malformed-json-is-invalid")
def test_malformed_json_is_refused(unacceptable: Unacceptable) -> None:
    for exchange in unacceptable.malformed:
        require(not_a_success(exchange), no_internal_error(exchange))
    for exchange in unacceptable.unreadable:  # parsers of JSON in Go, Node and Java replace what is no UTF-8
        require(no_internal_error(exchange))
    require_answers(*unacceptable.malformed, *unacceptable.unreadable)


@pytest.mark.usefixtures("request_message")
@verifies("body.non-object-is-invalid")
def test_json_that_is_no_object_is_refused(unacceptable: Unacceptable) -> None:
    for exchange in unacceptable.not_an_object:
        require(not_a_success(exchange), no_internal_error(exchange))
    require_answers(*unacceptable.not_an_object)
