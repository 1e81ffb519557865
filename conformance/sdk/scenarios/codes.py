"""Scenarios about every canonical code, of a cancel and of a get, and about errors that are tried again."""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.rules.client import (
    is_repeated_until_available,
    keeps_the_code,
    keeps_the_message,
    tells_the_last_answer,
    unless_repeated,
)
from conformance.sdk.answers import EMPTY_OBJECT, Answer, bare_status, envelope, twice
from conformance.sdk.scenario import SHOWS_RUNNING, SUCCEEDS, Expectation, Scenario, cancel, get, operation
from conformance.sdk.scenarios.errors import CODES, MESSAGE, slug

_OTHERS = tuple(code for code in Code if code not in (Code.OK, Code.UNAVAILABLE) and code not in CODES)
"""The codes that have no requirement of their own; UNAVAILABLE is tried again and has scenarios of its own."""

_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")
_GONE = envelope(Code.NOT_FOUND, MESSAGE)
_SPENT = (_UNAVAILABLE,) * 6
"""As many as a client makes attempts, and one more; whoever goes on is refused for good."""


def _requirement(code: Code) -> str:
    return f"client-answer.{slug(code)}" if code in CODES else "client-answer.other-codes"


def _apart(code: Code) -> tuple[str, ...]:
    """The requirement of a code whose HTTP status others have, too."""
    if code is Code.FAILED_PRECONDITION:
        return ("client-answer.precondition-is-told-from-bad-argument",)
    is_shared = sum(other.http_status == code.http_status for other in Code) > 1
    return ("client-answer.codes-are-told-apart",) if is_shared else ()


def _expected(code: Code, *, step: int) -> tuple[Expectation, ...]:
    """What is expected of an error in the envelope."""
    return (
        Expectation(_requirement(code), tells_the_last_answer, step),
        Expectation("client-answer.message-is-kept", unless_repeated(keeps_the_message(MESSAGE)), step),
        *(Expectation(apart, unless_repeated(keeps_the_code(code)), step) for apart in _apart(code)),
    )


def _of_cancel(code: Code) -> Scenario:
    return Scenario(
        name=f"code-{slug(code)}",
        summary=f"A cancel is answered {code.name}, in the envelope and as a bare Status.",
        control=SUCCEEDS,
        steps=(cancel(*twice(envelope(code, MESSAGE))), cancel(*twice(bare_status(code, MESSAGE)))),
        expectations=(*_expected(code, step=0), Expectation("client-answer.bare-status", tells_the_last_answer, 1)),
    )


def _of_get(code: Code) -> Scenario:
    return Scenario(
        name=f"get-{slug(code)}",
        summary=f"A get is answered {code.name}, in the envelope and as a bare Status: it shows no operation.",
        control=SHOWS_RUNNING,
        steps=(get(*twice(envelope(code, MESSAGE))), get(*twice(bare_status(code, MESSAGE)))),
        expectations=(*_expected(code, step=0), Expectation("client-answer.bare-status", tells_the_last_answer, 1)),
    )


def _tried_again(name: str, summary: str, answers: tuple[Answer, ...]) -> tuple[Scenario, ...]:
    """The same of a cancel and of a get."""
    expectations = (Expectation("client-answer.other-codes", tells_the_last_answer),)
    return (
        Scenario(name, f"A cancel {summary}", SUCCEEDS, (cancel(*answers, timeout=2000),), expectations),
        Scenario(
            f"get-{name}",
            f"An operation runs, as a get has shown; the next get {summary}",
            SHOWS_RUNNING,
            (get(operation()), get(*answers, timeout=2000)),
            expectations,
        ),
    )


SCENARIOS = (
    *(_of_cancel(code) for code in _OTHERS),
    *(_of_get(code) for code in (*CODES, *_OTHERS)),
    *_tried_again(
        "unavailable-then-gone",
        "is answered UNAVAILABLE, and whoever tries again is answered NOT_FOUND.",
        (_UNAVAILABLE, _GONE),
    ),
    *_tried_again(
        "unavailable-until-spent",
        "is answered UNAVAILABLE until the attempts are spent.",
        _SPENT,
    ),
    Scenario(
        name="get-unavailable-once",
        summary="A get is answered UNAVAILABLE, and the second attempt shows the operation.",
        control=SHOWS_RUNNING,
        steps=(get(_UNAVAILABLE, operation()),),
        expectations=(Expectation("client-retry.unavailable-is-repeated", is_repeated_until_available),),
    ),
    Scenario(
        name="awkward-retry",
        summary="A cancel of an awkward name is answered UNAVAILABLE twice; the other attempts are for the same name.",
        control=SUCCEEDS,
        steps=(cancel(_UNAVAILABLE, _UNAVAILABLE, EMPTY_OBJECT, name="{operation}-50%25 é%2F"),),
    ),
)
