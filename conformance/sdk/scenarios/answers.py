"""Scenarios about answers to a cancel that are, or look like, a success."""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.rules.client import is_no_success, is_ok, success_was_answered
from conformance.sdk.answers import JSON, RESET, body_answer, cut, envelope, html_answer, json_answer, twice
from conformance.sdk.scenario import IS_REFUSED, SUCCEEDS, Expectation, Scenario, cancel

SCENARIOS = (
    Scenario(
        name="no-content",
        summary="A cancel is answered 204, as services of another age do.",
        control=IS_REFUSED,
        steps=(cancel(*twice(body_answer(204, b""))),),
        expectations=(Expectation("client-answer.no-body-is-success", is_ok),),
    ),
    Scenario(
        name="empty-body",
        summary="A cancel is answered 200 without a body, as the reference page had it until 2024.",
        control=IS_REFUSED,
        steps=(cancel(*twice(body_answer(200, b"", JSON))),),
        expectations=(Expectation("client-answer.no-body-is-success", is_ok),),
    ),
    Scenario(
        name="null-body",
        summary="A cancel is answered 200 with `null`; whatever is made of that, the client does not break.",
        control=IS_REFUSED,
        steps=(cancel(*twice(json_answer(200, None))),),
    ),
    Scenario(
        name="members-in-success",
        summary="A cancel is answered with an object that has a member nobody knows yet.",
        control=IS_REFUSED,
        steps=(cancel(*twice(json_answer(200, {"addedNextYear": 1}))),),
        expectations=(Expectation("client-answer.unknown-members-are-ignored", is_ok),),
    ),
    Scenario(
        name="page-as-success",
        summary="A proxy answers a cancel with 200 and its login page: nothing was cancelled.",
        control=SUCCEEDS,
        steps=(cancel(*twice(html_answer(200, "Sign in to the network"))),),
        expectations=(Expectation("client-answer.garbage-is-no-success", is_no_success),),
    ),
    Scenario(
        name="garbled-success",
        summary="A cancel is answered 200 with half a JSON object.",
        control=SUCCEEDS,
        steps=(cancel(*twice(body_answer(200, b'{"na', JSON))),),
        expectations=(Expectation("client-answer.garbage-is-no-success", is_no_success),),
    ),
    Scenario(
        name="error-after-success",
        summary="A gateway has begun to answer a cancel with an empty object when it fails, and writes the error, too.",
        control=SUCCEEDS,
        steps=(cancel(*twice(body_answer(200, b"{}" + envelope(Code.INTERNAL, "broke down").response.body, JSON))),),
        expectations=(Expectation("client-answer.garbage-is-no-success", is_no_success),),
    ),
    Scenario(
        name="cut-success",
        summary="The connection is closed within the answer to a cancel.",
        control=SUCCEEDS,
        steps=(cancel(*twice(cut(body_answer(200, b"{", JSON)))),),
        expectations=(Expectation("client-answer.garbage-is-no-success", is_no_success),),
    ),
    Scenario(
        name="lost-answer",
        summary="The connection breaks before the answer, each time: nobody knows whether the cancel was received.",
        control=SUCCEEDS,
        steps=(cancel(*twice(RESET)),),
        expectations=(Expectation("client-answer.lost-answer-is-no-success", success_was_answered),),
    ),
)
