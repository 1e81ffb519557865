"""Scenarios about errors: the codes that cancel has, in the two forms that servers give them, and errors of no form."""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.rules.client import (
    if_answered_last,
    is_no_success,
    keeps_the_class,
    keeps_the_code,
    keeps_the_message,
    keeps_the_status,
    reports,
    unless_repeated,
)
from conformance.rules.client.turn import TurnJudge
from conformance.sdk.answers import (
    HTML,
    JSON,
    Answer,
    bare_status,
    body_answer,
    envelope,
    html_answer,
    json_answer,
    twice,
)
from conformance.sdk.scenario import SHOWS_RUNNING, SUCCEEDS, Expectation, Scenario, cancel, get

MESSAGE = "the gate says: no cancel today"

_DENIED_OR_ABSENT = "Permission `operations.cancel` denied on resource `{operation}` (or it might not exist)."
_NAMES_CODES = envelope(
    Code.NOT_FOUND, "no operation: neither CANCELLED nor DEADLINE_EXCEEDED, nor UNAVAILABLE (code 14)"
)
_UNKNOWN = {"@type": "type.googleapis.com/conformance.example.NobodyKnowsThisDetail", "hint": "none"}

CODES = {
    Code.NOT_FOUND: "the operation does not exist",
    Code.UNIMPLEMENTED: "the server does not support cancelling",
    Code.FAILED_PRECONDITION: "the operation has already ended",
    Code.PERMISSION_DENIED: "the caller may not cancel",
    Code.UNAUTHENTICATED: "the caller is not known",
    Code.RESOURCE_EXHAUSTED: "the caller has used up a quota",
}

_BY_CODE = (
    Expectation("client-answer.precondition-is-told-from-bad-argument", keeps_the_code(Code.FAILED_PRECONDITION)),
)


_UNREADABLE = (
    Expectation("client-answer.unreadable-error-keeps-its-status", keeps_the_status),
    Expectation("client-answer.class-is-kept", keeps_the_class),
)


def slug(code: Code) -> str:
    """A code as it stands in the names of scenarios and requirements."""
    return code.name.lower().replace("_", "-")


def _of(code: Code, judge: TurnJudge) -> TurnJudge:
    """The oracle about an error of this code, for clients that report it and not what came of trying again."""
    return unless_repeated(judge) if code is Code.RESOURCE_EXHAUSTED else if_answered_last(code.http_status, judge)


def _answers(code: Code, answer: Answer) -> tuple[Answer, ...]:
    """The answers of a scenario about an error of this code: of those that clients try again there is an end."""
    return twice(answer) if code in (Code.RESOURCE_EXHAUSTED, Code.UNIMPLEMENTED) else (answer,)


def _in_envelope(code: Code, when: str) -> Scenario:
    more = _BY_CODE if code is Code.FAILED_PRECONDITION else ()
    return Scenario(
        name=slug(code),
        summary=f"A cancel is answered {code.name}, because {when}, as AIP-193 writes it.",
        control=SUCCEEDS,
        steps=(cancel(*_answers(code, envelope(code, MESSAGE))),),
        expectations=(
            Expectation(f"client-answer.{slug(code)}", _of(code, reports(code))),
            Expectation("client-answer.message-is-kept", _of(code, keeps_the_message(MESSAGE))),
            *more,
        ),
    )


def _bare(code: Code, when: str) -> Scenario:
    return Scenario(
        name=f"bare-{slug(code)}",
        summary=f"A cancel is answered {code.name}, because {when}, as Envoy and grpc-gateway write it.",
        control=SUCCEEDS,
        steps=(cancel(*_answers(code, bare_status(code, MESSAGE))),),
        expectations=(
            Expectation("client-answer.bare-status", _of(code, reports(code))),
            Expectation("client-answer.message-is-kept", _of(code, keeps_the_message(MESSAGE))),
        ),
    )


def _unreadable(name: str, summary: str, answer: Answer) -> Scenario:
    return Scenario(
        name=name,
        summary=summary,
        control=SUCCEEDS,
        steps=(cancel(*twice(answer)),),
        expectations=_UNREADABLE,
    )


def _unreadable_get(name: str, summary: str, answer: Answer) -> Scenario:
    return Scenario(
        name=name,
        summary=summary,
        control=SHOWS_RUNNING,
        steps=(get(*twice(answer)),),
        expectations=_UNREADABLE,
    )


SCENARIOS = (
    *(_in_envelope(code, when) for code, when in CODES.items()),
    *(_bare(code, when) for code, when in CODES.items()),
    Scenario(
        name="unknown-details",
        summary="A bare Status has details of a type that the client does not know.",
        control=SUCCEEDS,
        steps=(cancel(json_answer(404, {"code": int(Code.NOT_FOUND), "message": MESSAGE, "details": [_UNKNOWN]})),),
        expectations=(Expectation("client-answer.bare-status", _of(Code.NOT_FOUND, reports(Code.NOT_FOUND))),),
    ),
    Scenario(
        name="denied-or-absent",
        summary="A cancel is answered PERMISSION_DENIED, and the message says, as in AIP-211, what else it might be.",
        control=SUCCEEDS,
        steps=(cancel(envelope(Code.PERMISSION_DENIED, _DENIED_OR_ABSENT)),),
        expectations=(Expectation("client-answer.permission-denied", reports(Code.PERMISSION_DENIED)),),
    ),
    Scenario(
        name="message-names-codes",
        summary="A cancel is answered NOT_FOUND, and the message has the names of other codes.",
        control=SUCCEEDS,
        steps=(cancel(_NAMES_CODES),),
        expectations=(Expectation("client-answer.not-found", reports(Code.NOT_FOUND), beside=(0, is_no_success)),),
    ),
    Scenario(
        name="error-without-message",
        summary="A cancel is answered NOT_FOUND, with an empty message.",
        control=SUCCEEDS,
        steps=(cancel(envelope(Code.NOT_FOUND, "")),),
        expectations=(Expectation("client-answer.not-found", reports(Code.NOT_FOUND)),),
    ),
    Scenario(
        name="conflict",
        summary="A cancel is answered 409: the operation is being changed, and was not cancelled.",
        control=SUCCEEDS,
        steps=(cancel(*twice(envelope(Code.ABORTED, MESSAGE))),),
        expectations=(Expectation("client-answer.message-is-kept", unless_repeated(keeps_the_message(MESSAGE))),),
    ),
    _unreadable(
        "page-404",
        "A front end that does not know the path answers a cancel with a page, as Google's does.",
        html_answer(404, "Error 404 (Not Found)!!1"),
    ),
    _unreadable(
        "page-502", "A proxy whose backend is gone answers a cancel with a page.", html_answer(502, "502 Bad Gateway")
    ),
    _unreadable(
        "text-error",
        "An error has a text where the envelope has an object, as grpc-gateway v1 writes it.",
        json_answer(404, {"error": MESSAGE, "message": MESSAGE, "code": int(Code.NOT_FOUND)}),
    ),
    _unreadable("no-error-body", "An error has no body at all.", body_answer(403, b"", HTML)),
    _unreadable(
        "garbled-error", "The JSON of an error ends in the middle.", body_answer(403, b'{"error": {"code": 4', JSON)
    ),
    *(
        _unreadable(
            f"page-{status}",
            f"A proxy answers a cancel with a page and {status}, the status of no code.",
            html_answer(status, title),
        )
        for status, title in ((408, "Request Timeout"), (412, "Precondition Failed"), (418, "I'm a teapot"))
    ),
    _unreadable(
        "empty-object-501",
        "A gateway answers UNIMPLEMENTED with an empty object, which looks like the answer to a cancel.",
        json_answer(501, {}),
    ),
    _unreadable("null-error", "An error is null.", json_answer(403, {"error": None})),
    _unreadable("empty-error", "An error has no members.", json_answer(403, {"error": {}})),
    _unreadable("list-error", "An error is a JSON array.", json_answer(400, [{"error": {"code": 400}}])),
    *(
        _unreadable_get(
            f"get-page-{status}", f"A proxy answers a get with a page and {status}.", html_answer(status, title)
        )
        for status, title in (
            (400, "Bad Request"),
            (401, "Sign in"),
            (403, "Forbidden"),
            (404, "Error 404 (Not Found)!!1"),
            (408, "Request Timeout"),
            (410, "Gone"),
            (429, "Slow down"),
            (500, "Internal Server Error"),
            (502, "Bad Gateway"),
            (504, "Gateway Timeout"),
        )
    ),
    *(
        _unreadable(f"page-{status}", f"A proxy answers a cancel with a page and {status}.", html_answer(status, title))
        for status, title in ((401, "Sign in"), (403, "Forbidden"), (410, "Gone"), (499, "Closed"), (504, "Timeout"))
    ),
    _unreadable_get("get-no-error-body", "The error of a get has no body at all.", body_answer(404, b"", HTML)),
    _unreadable_get("get-empty-object-500", "The error of a get is an empty object.", json_answer(500, {})),
    _unreadable_get(
        "get-garbled-error", "The JSON of a get's error ends early.", body_answer(403, b'{"error": {"code": 4', JSON)
    ),
    _unreadable_get("get-null-error", "The error of a get is null.", json_answer(403, {"error": None})),
    _unreadable_get(
        "get-error-beside-an-operation",
        "An error has the members of an operation that is done beside it; the status decides.",
        json_answer(409, {"name": "{operation}", "done": True, "response": {}}),
    ),
)
