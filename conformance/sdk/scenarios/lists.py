"""Scenarios about lists and deletes, for drivers that have them."""

from __future__ import annotations

from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.rules.client import (
    if_listed,
    if_sent,
    is_no_success,
    is_ok,
    is_repeated_until_available,
    shows_a_list,
    success_was_answered,
    tells_the_last_answer,
)
from conformance.rules.client.turn import TurnJudge
from conformance.sdk.answers import (
    EMPTY_OBJECT,
    JSON,
    OVER,
    RESET,
    Answer,
    Script,
    body_answer,
    envelope,
    held,
    html_answer,
    json_answer,
    twice,
)
from conformance.sdk.scenario import IS_REFUSED, RESPONSE, SUCCEEDS, TIMEOUT, Expectation, Scenario, Step

_LISTED = json_answer(
    200,
    {
        "operations": [
            {"name": "{collection}/a", "done": True, "error": {"code": int(Code.CANCELLED)}},
            {"name": "{collection}/b", "done": True, "error": {"code": int(Code.INTERNAL)}},
            {"name": "{collection}/c", "done": True, "response": RESPONSE},
            {"name": "{collection}/d"},
        ]
    },
)

_PAGES = tuple(
    json_answer(200, page)
    for page in (
        {"operations": [{"name": "{collection}/a"}, {"name": "{collection}/b"}], "nextPageToken": "CAE+=/&#50%25"},
        {"nextPageToken": "CAI=="},
        {"operations": [{"name": "{collection}/c", "done": True, "error": {"code": int(Code.CANCELLED)}}]},
    )
)

_FIRST = _PAGES[0]
_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")
_MANY = ("ab", *"cdefghijkAB")
_LONG = tuple(
    json_answer(
        200,
        {"operations": [{"name": f"{{collection}}/{letter}"} for letter in letters]}
        | ({"nextPageToken": f"{'page-token-' * 20}{number}"} if number < len(_MANY) else {}),
    )
    for number, letters in enumerate(_MANY, start=1)
)
"""Twelve pages, the first of two operations; the tokens begin alike, and two pairs of names differ in case only."""
_ENDLESS = tuple(
    held(json_answer(200, {"operations": [], "nextPageToken": f"page-{number}"}), 150) for number in range(20)
)
"""More slow pages than there is time for, each of another name."""


def _asked(method: Method, *answers: Answer, timeout: int = TIMEOUT) -> Step:
    """The driver is told to list the operations below the parent, or to delete the operation."""
    name = "{parent}" if method is Method.LIST else "{operation}"
    return Step(method, Script(answers), name=name, timeout=timeout)


def _listed(
    name: str,
    summary: str,
    *answers: Answer,
    judge: TurnJudge = shows_a_list,
    requirement: str = "client-operation.listed-are-shown",
) -> Scenario:
    return Scenario(name, summary, SUCCEEDS, (_asked(Method.LIST, *answers),), (Expectation(requirement, judge),))


SCENARIOS = (
    _listed(
        "list", "The operations below a parent are listed: cancelled, failed, succeeded, and one that runs.", _LISTED
    ),
    _listed(
        "list-pages",
        "A list has three pages, and the second of them has no operations; each token is to be sent as it is.",
        *_PAGES,
    ),
    _listed(
        "list-long",
        "A list has twelve pages of one operation or two; the tokens begin alike, and some names differ in case only.",
        *_LONG,
    ),
    _listed(
        "list-page-refused",
        "The second page of a list is refused: what the first one has is not all.",
        _FIRST,
        envelope(Code.PERMISSION_DENIED, "no more"),
        judge=if_sent(is_no_success),
    ),
    _listed(
        "list-page-unreadable",
        "A proxy answers with its login page where the second page of a list should be.",
        _FIRST,
        *twice(html_answer(200, "Sign in to the network")),
        judge=if_sent(is_no_success),
    ),
    Scenario(
        "list-page-unavailable",
        "The second page of a list is answered UNAVAILABLE, and whoever tries again gets it.",
        SUCCEEDS,
        (_asked(Method.LIST, _FIRST, _UNAVAILABLE, *_PAGES[1:]),),
        (
            Expectation("client-operation.listed-are-shown", if_listed(shows_a_list)),
            Expectation("client-retry.unavailable-is-repeated", if_sent(is_repeated_until_available)),
        ),
    ),
    _listed(
        "list-empty-token",
        "The last page of a list has an empty token, which is none.",
        json_answer(200, {"operations": [{"name": "{collection}/a"}], "nextPageToken": ""}),
        OVER,
    ),
    _listed(
        "list-null-members",
        "A list has null for what it has not.",
        json_answer(200, {"operations": None, "nextPageToken": None}),
        OVER,
        requirement="client-operation.null-is-absent",
    ),
    *(
        Scenario(
            f"{method.value}-lost-answer",
            f"The connection breaks before the answer to a {method.value}, each time.",
            SUCCEEDS,
            (_asked(method, *twice(RESET)),),
            (Expectation("client-answer.lost-answer-is-no-success", if_sent(success_was_answered)),),
        )
        for method in (Method.LIST, Method.DELETE)
    ),
    *(
        _listed(
            f"{slug}-as-list",
            f"A list is answered with {what}: that is no list, and not an empty one either.",
            *twice(answer),
            judge=if_sent(is_no_success),
            requirement="client-operation.garbage-is-no-operation",
        )
        for slug, what, answer in (
            ("page", "the login page of a proxy", html_answer(200, "Sign in to the network")),
            ("half", "half a JSON text", body_answer(200, b'{"operations": [', JSON)),
            ("text", "a JSON text", json_answer(200, "none")),
        )
    ),
    Scenario(
        "list-without-end",
        "A list has slow pages, and more of them than there is time for: the deadline is that of all pages.",
        SUCCEEDS,
        (_asked(Method.LIST, *_ENDLESS, timeout=600),),
    ),
    Scenario(
        "delete",
        "An operation is deleted, which does not cancel it.",
        IS_REFUSED,
        (_asked(Method.DELETE, EMPTY_OBJECT),),
        (Expectation("client-answer.empty-object-is-success", is_ok),),
    ),
    Scenario(
        "delete-refused",
        "A delete is answered UNIMPLEMENTED.",
        SUCCEEDS,
        (_asked(Method.DELETE, envelope(Code.UNIMPLEMENTED, "nothing is deleted here")),),
        (Expectation("client-answer.unimplemented", tells_the_last_answer),),
    ),
    Scenario(
        "delete-failed-precondition",
        "A delete is answered FAILED_PRECONDITION, because the operation runs: nobody asked to cancel it.",
        SUCCEEDS,
        (_asked(Method.DELETE, envelope(Code.FAILED_PRECONDITION, "the operation runs")),),
        (Expectation("client-answer.failed-precondition", tells_the_last_answer),),
    ),
    *(
        Scenario(
            f"{method.value}-{slug}",
            f"A {method.value} is answered {code.name}.",
            SUCCEEDS,
            (_asked(method, envelope(code, "no")),),
            (Expectation(f"client-answer.{slug}", tells_the_last_answer),),
        )
        for method in (Method.DELETE, Method.LIST)
        for slug, code in (("not-found", Code.NOT_FOUND), ("permission-denied", Code.PERMISSION_DENIED))
    ),
)
