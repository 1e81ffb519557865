"""Scenarios about lists and deletes, for drivers that have them."""

from __future__ import annotations

from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.rules.client import is_ok, shows_a_list, tells_the_last_answer
from conformance.sdk.answers import EMPTY_OBJECT, Answer, Script, envelope, json_answer
from conformance.sdk.scenario import IS_REFUSED, RESPONSE, SUCCEEDS, Expectation, Scenario, Step

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
        {"operations": [{"name": "{collection}/a"}, {"name": "{collection}/b"}], "nextPageToken": "CAE=/&#50%25"},
        {"nextPageToken": "CAI=="},
        {"operations": [{"name": "{collection}/c", "done": True, "error": {"code": int(Code.CANCELLED)}}]},
    )
)


def _asked(method: Method, *answers: Answer) -> Step:
    """The driver is told to list the operations below the parent, or to delete the operation."""
    return Step(method, Script(answers), name="{parent}" if method is Method.LIST else "{operation}")


SCENARIOS = (
    Scenario(
        "list",
        "The operations below a parent are listed: cancelled, failed, succeeded, and one that runs.",
        SUCCEEDS,
        (_asked(Method.LIST, _LISTED),),
        (Expectation("client-operation.listed-are-shown", shows_a_list),),
    ),
    Scenario(
        "list-pages",
        "A list has three pages, and the second of them has no operations; each token is to be sent as it is.",
        SUCCEEDS,
        (_asked(Method.LIST, *_PAGES),),
        (Expectation("client-operation.listed-are-shown", shows_a_list),),
    ),
    Scenario(
        "delete",
        "An operation is deleted, which does not cancel it.",
        IS_REFUSED,
        (_asked(Method.DELETE, EMPTY_OBJECT),),
        (Expectation("client-request.delete-is-sent", is_ok),),
    ),
    Scenario(
        "delete-refused",
        "A delete is answered UNIMPLEMENTED.",
        SUCCEEDS,
        (_asked(Method.DELETE, envelope(Code.UNIMPLEMENTED, "nothing is deleted here")),),
        (Expectation("client-answer.unimplemented", tells_the_last_answer),),
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
