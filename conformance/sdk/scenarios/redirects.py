"""Scenarios about redirects, which no API of this kind sends but proxies and front ends do."""

from __future__ import annotations

from conformance.exchange import Method
from conformance.rules.client import credentials_stay_with_their_origin, get_is_no_cancel, keeps_the_method
from conformance.sdk.answers import EMPTY_OBJECT, Answer, Script, html_answer, redirect, twice
from conformance.sdk.credentials import carries_token
from conformance.sdk.scenario import SUCCEEDS, Expectation, Scenario, Step

_MOVED = "/moved{path}"


def _redirected(name: str, story: str, answer: Answer, leads_to: Answer, *expectations: Expectation) -> Scenario:
    script = Script(twice(answer), {_MOVED: leads_to})
    return Scenario(name, story, SUCCEEDS, (Step(Method.CANCEL, script),), expectations)


SCENARIOS = (
    *(
        _redirected(
            f"redirect-{status}",
            f"A cancel is answered {status}: it may be sent again elsewhere, as it is.",
            redirect(status, "{here}" + _MOVED),
            EMPTY_OBJECT,
            Expectation("client-answer.redirect-keeps-the-method", keeps_the_method),
        )
        for status in (307, 308)
    ),
    _redirected(
        "redirect-302",
        "A proxy sends a cancel to its login page; a client that follows with GET has not cancelled.",
        redirect(302, "{here}" + _MOVED),
        html_answer(200, "Sign in to the network"),
        Expectation("client-answer.redirected-get-is-no-cancel", get_is_no_cancel),
    ),
    _redirected(
        "redirect-to-another-origin",
        "A cancel is sent to another host, which is not meant to see the credentials.",
        redirect(307, "{elsewhere}" + _MOVED),
        EMPTY_OBJECT,
        Expectation(
            "client-request.credentials-stay-with-their-origin", credentials_stay_with_their_origin(carries_token)
        ),
    ),
)
