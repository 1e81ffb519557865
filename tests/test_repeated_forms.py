"""Forms of a cancel that share a request in quick."""

from __future__ import annotations

from conformance.server.target.requests import JSON
from conformance.suite.repeated_forms import TOGETHER, forms_of, joined
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
