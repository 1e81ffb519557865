"""Scenarios about redirects, which no API of this kind sends but proxies and front ends do."""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import (
    credentials_stay_with_their_origin,
    get_is_no_cancel,
    if_shown,
    is_no_success,
    keeps_the_method,
    shows,
)
from conformance.sdk.answers import EMPTY_OBJECT, Answer, Script, body_answer, html_answer, json_answer, redirect, twice
from conformance.sdk.credentials import carries_token
from conformance.sdk.scenario import (
    RESPONSE,
    SHOWS_RUNNING,
    SUCCEEDS,
    Control,
    Expectation,
    Scenario,
    Step,
    cancel,
    get,
    operation,
    wait,
)

_MOVED = "/moved{path}"
_LOGIN = html_answer(200, "Sign in to the network")
_CANCELLED = operation(True, error={"code": int(Code.CANCELLED), "message": "cancelled by the caller"})
_DELETE = Step(Method.DELETE, Script(()))
_TIMEOUT = 2000
"""Milliseconds; a client that follows redirects for ever does so until then."""

_STAYS = Expectation(
    "client-request.credentials-stay-with-their-origin", credentials_stay_with_their_origin(carries_token), step=0
)


def _redirected(
    name: str, summary: str, answer: Answer, leads_to: Answer, *expectations: Expectation, then: tuple[Step, ...] = ()
) -> Scenario:
    script = Script(twice(answer), {_MOVED: leads_to})
    return Scenario(name, summary, SUCCEEDS, (Step(Method.CANCEL, script), *then), expectations)


def _redirected_get(status: int, location: str, name: str) -> Scenario:
    script = Script(twice(redirect(status, location)), {_MOVED: _CANCELLED})
    return Scenario(
        name,
        f"A get is answered {status}; where that leads there is the operation, which was cancelled.",
        SHOWS_RUNNING,
        (Step(Method.GET, script),),
        (Expectation("client-operation.cancelled-is-told", if_shown(shows(State.CANCELLED, Code.CANCELLED))),),
    )


def _nowhere(name: str, summary: str, control: Control, step: Step) -> Scenario:
    return Scenario(
        name, summary, control, (step,), (Expectation("client-answer.redirect-is-no-success", is_no_success),)
    )


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
        "redirect-relative",
        "A cancel is sent to another path of the same server, for this once; the next one goes to its own.",
        redirect(307, _MOVED),
        EMPTY_OBJECT,
        Expectation("client-answer.redirect-keeps-the-method", keeps_the_method, step=0),
        then=(cancel(EMPTY_OBJECT),),
    ),
    *(
        _redirected(
            f"redirect-{status}",
            f"A proxy sends a cancel to its login page with {status}; who follows with GET has not cancelled.",
            redirect(status, "{here}" + _MOVED),
            _LOGIN,
            Expectation("client-answer.redirected-get-is-no-cancel", get_is_no_cancel),
        )
        for status in (301, 302, 303)
    ),
    _redirected(
        "redirect-302-empty-object",
        "A cancel is answered 302, and a GET there with an empty object: it looks like a cancel's answer, and is none.",
        redirect(302, _MOVED),
        EMPTY_OBJECT,
        Expectation("client-answer.redirected-get-is-no-cancel", get_is_no_cancel),
    ),
    _redirected(
        "redirect-to-another-origin",
        "A cancel is sent to another host, which is not meant to see the credentials; the next one goes to its own.",
        redirect(307, "{elsewhere}" + _MOVED),
        EMPTY_OBJECT,
        _STAYS,
        then=(cancel(EMPTY_OBJECT),),
    ),
    _redirected(
        "redirect-to-another-port",
        "A cancel is sent to another port of the same host, which is not meant to see the credentials either.",
        redirect(307, "{other-port}" + _MOVED),
        EMPTY_OBJECT,
        _STAYS,
        then=(cancel(EMPTY_OBJECT),),
    ),
    Scenario(
        "get-redirect-to-another-origin",
        "A get is sent to another host, which is not meant to see the credentials; the next one goes to its own.",
        SHOWS_RUNNING,
        (
            Step(Method.GET, Script(twice(redirect(302, "{elsewhere}" + _MOVED)), {_MOVED: operation()})),
            get(operation()),
        ),
        (_STAYS,),
    ),
    *(
        Scenario(
            f"{step.asks_for}-redirect-to-another-origin",
            f"A {step.asks_for} is sent to another host, which is not meant to see the credentials.",
            SUCCEEDS,
            (replace(step, script=Script(twice(redirect(307, "{elsewhere}" + _MOVED)), {_MOVED: leads_to})),),
            (_STAYS,),
        )
        for step, leads_to in (
            (wait(), operation(True, response=RESPONSE)),
            (Step(Method.LIST, Script(()), name="{parent}"), json_answer(200, {"operations": []})),
            (_DELETE, EMPTY_OBJECT),
        )
    ),
    *(
        Scenario(
            f"delete-redirect-{status}",
            f"A delete is answered {status}: {what}.",
            SUCCEEDS,
            (replace(_DELETE, script=Script(twice(redirect(status, _MOVED)), {_MOVED: EMPTY_OBJECT})),),
            (Expectation(f"client-answer.{requirement}", judge),),
        )
        for status, what, requirement, judge in (
            (307, "it may be sent again elsewhere, as it is", "redirect-keeps-the-method", keeps_the_method),
            (302, "who follows with GET has not deleted", "redirected-get-is-no-cancel", get_is_no_cancel),
        )
    ),
    _redirected_get(302, "{here}" + _MOVED, "get-redirect-302"),
    _redirected_get(307, _MOVED, "get-redirect-relative"),
    _redirected_get(308, "{here}" + _MOVED, "get-redirect-308"),
    Scenario(
        "get-redirect-to-a-page",
        "A proxy sends a get to its login page: that is no operation.",
        SHOWS_RUNNING,
        (Step(Method.GET, Script(twice(redirect(302, _MOVED)), {_MOVED: _LOGIN})),),
        (Expectation("client-operation.garbage-is-no-operation", is_no_success),),
    ),
    *(
        _nowhere(
            f"redirect-nowhere-{status}",
            f"A cancel is answered {status} without a Location.",
            SUCCEEDS,
            cancel(*twice(body_answer(status, b""))),
        )
        for status in (300, 304, 307)
    ),
    _nowhere(
        "get-redirect-nowhere",
        "A get is answered 307 without a Location.",
        SHOWS_RUNNING,
        get(*twice(body_answer(307, b""))),
    ),
    _nowhere(
        "get-not-modified",
        "A get is answered 304, although it had no condition: what has not changed nobody has seen.",
        SHOWS_RUNNING,
        get(*twice(body_answer(304, b""))),
    ),
    _nowhere(
        "redirect-loop",
        "A cancel is sent to where it is, again and again.",
        SUCCEEDS,
        cancel(redirect(307, "{here}{path}"), timeout=_TIMEOUT),
    ),
    _nowhere(
        "get-redirect-loop",
        "A get is sent to where it is, again and again.",
        SHOWS_RUNNING,
        get(redirect(302, "{path}"), timeout=_TIMEOUT),
    ),
)
