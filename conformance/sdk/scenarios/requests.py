"""Scenarios about what is sent: plain names, awkward but legal ones, and names that have no path.

What a request looks like is judged by the rules, in every turn of every scenario; here are the names that bring out
the difference. The server accepts every cancel of the name it was told, so a client that mangles it is answered 404.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.rules.client import (
    credentials_are_in_the_header,
    is_accepted,
    is_ok,
    nothing_is_sent,
    slash_stays_in_its_segment,
)
from conformance.sdk.answers import EMPTY_OBJECT, Script, envelope, json_answer
from conformance.sdk.credentials import carries_token
from conformance.sdk.scenario import (
    IS_REFUSED,
    RESPONSE,
    SHOWS_RUNNING,
    SUCCEEDS,
    Expectation,
    Scenario,
    Step,
    cancel,
    get,
    operation,
    wait,
)

AWKWARD_IDS = {
    "hash": "a#b",
    "question-mark": "a?b",
    "percent-sign": "100%",
    "percent-escape": "a%41b",
    "colon": "a:b",
    "verb": "a:cancel",
    "space": "a b",
    "plus": "a+b",
    "non-ascii": "größe-日本",
    "query-like": "a&b=c;d",
    "unreserved": "a-b_c.d~e",
    "upper-case": "aBC",
    "backslash": "a\\b",
    "trailing-space": "a ",
    "long-tail": "a" * 200,
}
"""What follows the scenario's own name in an id. By the published pattern, `[^/]+`, every one is an id."""

NAMES_WITHOUT_PATH = {
    "bare-id": "an-id-alone",
    "other-collection": "{parent}/instances/other-collection",
    "empty-id": "{collection}/",
    "empty-name": "",
}
"""Names that match neither the binding of cancel nor the looser one of the generic clients, `**/operations/*`."""

ODD = "{operation}-a#b?c d%"
_ESCAPED = "{operation}-50%25 é%2F"
_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")


def _awkward(kind: str, tail: str) -> Scenario:
    return Scenario(
        name=f"{kind}-in-id",
        story=f"An operation whose id is awkward but legal, {tail!r}, is cancelled by its name.",
        control=SUCCEEDS,
        steps=(cancel(EMPTY_OBJECT, name=f"{{operation}}-{tail}"),),
        expectations=(Expectation("client-request.legal-id-is-accepted", is_accepted),),
    )


def _without_path(kind: str, name: str) -> Scenario:
    return Scenario(
        name=kind,
        story=f"A name that no binding matches, {name!r}, is refused before anything is sent.",
        control=SUCCEEDS,
        steps=(get(operation(name=name), name=name, is_unbound=True), cancel(EMPTY_OBJECT, name=name, is_unbound=True)),
        expectations=(
            Expectation("client-request.unbound-name-is-refused", nothing_is_sent, step=0),
            Expectation("client-request.unbound-name-is-refused", nothing_is_sent, step=1),
        ),
    )


SCENARIOS = (
    Scenario(
        name="plain-cancel",
        story="An operation is cancelled twice, and each time the answer is an empty JSON object.",
        control=IS_REFUSED,
        steps=(cancel(EMPTY_OBJECT), cancel(EMPTY_OBJECT)),
        expectations=(
            Expectation("client-answer.empty-object-is-success", is_ok),
            Expectation("client-request.credentials-are-in-the-header", credentials_are_in_the_header(carries_token)),
        ),
    ),
    *(_awkward(kind, tail) for kind, tail in AWKWARD_IDS.items()),
    Scenario(
        name="awkward-get",
        story="An operation whose id is awkward but legal is shown by its name.",
        control=SHOWS_RUNNING,
        steps=(get(operation(name=ODD), name=ODD),),
        expectations=(Expectation("client-request.legal-id-is-accepted", is_accepted),),
    ),
    Scenario(
        name="awkward-get-retry",
        story="A get of an awkward name is answered UNAVAILABLE; the second attempt is for the same name.",
        control=SHOWS_RUNNING,
        steps=(get(_UNAVAILABLE, operation(name=_ESCAPED), name=_ESCAPED),),
    ),
    Scenario(
        name="awkward-wait",
        story="An operation whose id is awkward but legal is waited for by its name.",
        control=SUCCEEDS,
        steps=(replace(wait(operation(name=ODD), operation(True, name=ODD, response=RESPONSE)), name=ODD),),
    ),
    Scenario(
        name="awkward-delete",
        story="An operation whose id is awkward but legal is deleted by its name.",
        control=SUCCEEDS,
        steps=(Step(Method.DELETE, Script((EMPTY_OBJECT,)), name=ODD),),
    ),
    Scenario(
        name="awkward-list",
        story="The operations of a project of a domain, in a location with a percent sign, are listed.",
        control=SUCCEEDS,
        steps=(Step(Method.LIST, Script((json_answer(200, {"operations": []}),)), name="{awkward-parent}"),),
    ),
    Scenario(
        name="awkward-parent",
        story="An operation of a project of a domain, in a location with a percent sign, is cancelled by its name.",
        control=SUCCEEDS,
        steps=(cancel(EMPTY_OBJECT, name="{awkward-parent}/operations/awkward-parent"),),
        expectations=(Expectation("client-request.legal-id-is-accepted", is_accepted),),
    ),
    Scenario(
        name="slash-in-id",
        story="An id with a slash is refused, or the slash is escaped; it never reaches another resource.",
        control=SUCCEEDS,
        steps=(cancel(EMPTY_OBJECT, name="{operation}/b", is_unbound=True),),
        expectations=(Expectation("client-request.slash-stays-in-its-segment", slash_stays_in_its_segment),),
    ),
    *(_without_path(kind, name) for kind, name in NAMES_WITHOUT_PATH.items()),
    Scenario(
        name="dot-segment",
        story="The id `..` would lead to another path when the URL is normalised, so it is refused.",
        control=SUCCEEDS,
        steps=(cancel(EMPTY_OBJECT, name="{collection}/..", is_unbound=True),),
        expectations=(Expectation("client-request.dot-segment-is-refused", nothing_is_sent),),
    ),
)
