"""Query parameters that real clients send, and one that nobody does."""

from __future__ import annotations

from conformance.errors import NotApplicable
from conformance.rules.server.routing import no_server_error
from conformance.suite.clients import ALL_TOGETHER
from conformance.suite.judging import verifies
from conformance.suite.repeated_forms import RepeatedForms


@verifies("query.alt-json-is-accepted")
def test_alt_json_is_accepted(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good("alt")


@verifies("query.dollar-alt-is-accepted")
def test_dollar_alt_is_accepted(repeated_forms: RepeatedForms) -> None:
    """Node leaves the dollar sign plain, Rust and gcloud the semicolon, too, and Go encodes both."""
    forms = ("dollar-alt", "dollar-alt-encoded", "dollar-alt-plain")
    repeated_forms.require_as_good(*forms)


@verifies("query.system-parameters-are-accepted")
def test_system_parameters_are_accepted(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good("system-parameters")


@verifies("query.client-headers-are-accepted")
def test_headers_of_official_clients_are_accepted(repeated_forms: RepeatedForms) -> None:
    """All of one client together; in the larger profiles each apart, and those of other clients."""
    forms = repeated_forms.like(ALL_TOGETHER)
    if not forms:
        raise NotApplicable("the binding of cancel has no body, and these forms have one")
    repeated_forms.require_as_good(*forms)
    if "quota-project" in repeated_forms:
        repeated_forms.require_as_good("quota-project", also=frozenset({400, 403}))


@verifies("query.unknown-parameter-is-answered")
def test_unknown_parameter_is_ignored_or_refused(repeated_forms: RepeatedForms) -> None:
    """Any client error will do."""
    repeated_forms.require_right("unknown-parameter", no_server_error)
