"""Forms of a cancel that share a request in quick."""

from __future__ import annotations

from conformance.suite.repeated_forms import WITH_A_QUERY, forms_of, joined
from tests.targets.test_iut import NAME, iut_of


def test_every_pair_shares_a_request_that_has_both() -> None:
    forms = forms_of(iut_of()[0], NAME)
    together = joined(forms)
    for form, query in WITH_A_QUERY.items():
        request, alone = together[form, query].request, forms[form].request
        assert request.target == f"{alone.target}?{forms[query].request.query}"
        assert (request.headers, request.body) == (alone.headers, alone.body)


def test_no_form_is_lost_or_sent_twice() -> None:
    forms = forms_of(iut_of()[0], NAME)
    assert sorted(form for several in joined(forms) for form in several) == sorted(forms)


def test_a_query_whose_partner_is_missing_has_a_request_of_its_own() -> None:
    """Where the binding has no body, there are no forms of one."""
    forms = {form: each for form, each in forms_of(iut_of()[0], NAME).items() if form != "charset"}
    assert joined(forms)["alt",] is forms["alt"]
