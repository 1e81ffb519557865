"""Forms of a cancel that share a request in quick."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Request, Response
from conformance.server.target.requests import JSON
from conformance.suite.judging import Violated
from conformance.suite.repeated_forms import TOGETHER, RepeatedForms, forms_of, joined
from tests.rules.traffic import envelope
from tests.targets.memory import json_response
from tests.targets.test_iut import NAME, iut_of

IUT = iut_of()[0]
FORMS = forms_of(IUT, NAME)
PLAIN = IUT.cancel_request(NAME).request


def test_every_group_shares_a_request_that_has_all_of_it() -> None:
    together = joined(FORMS, PLAIN)
    for form, others in TOGETHER.items():
        request, first = together[form, *others].request, FORMS[form].request
        queries = [query for other in others if (query := FORMS[other].request.query)]
        assert request.target.endswith("".join([first.target, "?", *queries]))
        bodies = [body for each in others if (body := FORMS[each].request.body) != PLAIN.body]
        assert request.body == (bodies or [first.body])[-1]
        types = {FORMS[each].request.header("content-type") for each in (form, *others)} - {JSON}
        assert {request.header("content-type")} == (types or {JSON})


def test_a_request_of_several_forms_has_the_length_of_its_body_and_the_authority_in_its_target() -> None:
    request = joined(FORMS, PLAIN)["expectation", "charset", "newline", "alt", "absolute-form"].request
    assert request.target == f"{FORMS['absolute-form'].request.target}?alt=json"
    assert (request.body, request.header("content-length")) == (b"{}\n", "3")
    assert request.header("expect") == "100-continue"
    assert sorted(request.headers) == sorted({*request.headers})


def test_no_form_is_lost_or_sent_twice() -> None:
    assert sorted(form for several in joined(FORMS, PLAIN) for form in several) == sorted(FORMS)


def test_a_query_whose_partner_is_missing_has_a_request_of_its_own() -> None:
    """Where the binding has no body, there are no forms of one."""
    forms = {form: each for form, each in FORMS.items() if form != "charset"}
    assert joined(forms, PLAIN)["alt",] is forms["alt"]


class _Deleting:
    """A target that has the operation until it was cancelled so often."""

    def __init__(self, cancels: int) -> None:
        self.left = cancels

    def __call__(self, request: Request) -> Response:
        if request.method == "POST":
            self.left -= 1
        return json_response({}) if self.left >= 0 else json_response(envelope(404, "NOT_FOUND"), 404)


def _forms_at(answers: Callable[[Request], Response]) -> RepeatedForms:
    iut, _ = iut_of(answers)
    return RepeatedForms(iut, NAME, may_have_ended=False)


def test_a_form_is_not_blamed_where_the_cancels_before_it_have_deleted_the_operation() -> None:
    forms = _forms_at(_Deleting(1))
    for form in ("charset", "alt"):
        with pytest.raises(NotTested, match="NOT_FOUND by now, too"):
            forms.require_as_good(form)


def test_a_form_is_blamed_that_does_not_find_what_the_plain_cancel_finds() -> None:
    def answers(request: Request) -> Response:
        is_understood = "alt=" not in request.target
        return json_response({}) if is_understood else json_response(envelope(404, "NOT_FOUND"), 404)

    with pytest.raises(Violated):
        _forms_at(answers).require_as_good("alt")


def test_a_form_that_the_contract_does_not_have_is_not_applicable() -> None:
    """As the line end behind the verb of a cancel whose path has no verb."""
    forms = _forms_at(_Deleting(100))
    with pytest.raises(NotApplicable, match="has no such form"):
        forms.require_right("with-a-verb", lambda _: None)
