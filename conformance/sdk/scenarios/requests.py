"""Scenarios about what is sent: plain names, awkward but legal ones, and names that have no path.

What a request looks like is judged by the rules, in every turn of every scenario; here are the names that bring out
the difference. The server accepts every cancel of the name it was told, so a client that mangles it is answered 404.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from conformance.sdk.answers import EMPTY_OBJECT, Answer, Script, envelope, json_answer
from conformance.sdk.credentials import carries_token
from conformance.sdk.naming import AWKWARD_PARENTS
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
    "long-tail": "a" * 300,
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
_SHORT = 1000
"""Milliseconds: the deadline of waits that end at their first look."""

_AGAIN = _ESCAPED + "-again"
_NAMES = (ODD, _ESCAPED, "{operation}-Caf\u0065\u0301\ufb01", "{collection}/007", "{operation}-a:cancel")
"""Names for the calls that have no scenario for each kind of name."""

_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")


def _below(id_: str) -> tuple[str, ...]:
    """An operation below each of the awkward parents."""
    return tuple(f"{parent}/operations/{id_}" for parent in AWKWARD_PARENTS)


def _waited_for(names: Sequence[str]) -> tuple[Step, ...]:
    return tuple(
        replace(wait(operation(True, name=name, response=RESPONSE), timeout=_SHORT), name=name) for name in names
    )


def _deleted(names: Sequence[str]) -> tuple[Step, ...]:
    return tuple(Step(Method.DELETE, Script((EMPTY_OBJECT,)), name=name) for name in names)


def _listed(parent: str, *before: Answer) -> Step:
    return Step(Method.LIST, Script((*before, json_answer(200, {"operations": []}))), name=parent)


def _awkward(kind: str, tail: str) -> Scenario:
    return Scenario(
        name=f"{kind}-in-id",
        summary=f"An operation whose id is awkward but legal, {tail!r}, is cancelled by its name.",
        control=SUCCEEDS,
        steps=(cancel(EMPTY_OBJECT, name=f"{{operation}}-{tail}"),),
        expectations=(Expectation("client-request.legal-id-is-accepted", is_accepted),),
    )


def _without_path(kind: str, name: str) -> Scenario:
    return Scenario(
        name=kind,
        summary=f"A name that no binding matches, {name!r}, is refused before anything is sent.",
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
        summary="An operation is cancelled twice, and each time the answer is an empty JSON object.",
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
        summary="An operation whose id is awkward but legal is shown by its name.",
        control=SHOWS_RUNNING,
        steps=(get(operation(name=ODD), name=ODD),),
        expectations=(Expectation("client-request.legal-id-is-accepted", is_accepted),),
    ),
    Scenario(
        name="awkward-get-retry",
        summary="A get of an awkward name is answered UNAVAILABLE; the second attempt is for the same name.",
        control=SHOWS_RUNNING,
        steps=(get(_UNAVAILABLE, operation(name=_ESCAPED), name=_ESCAPED),),
    ),
    Scenario(
        name="awkward-wait",
        summary="Operations whose ids are awkward but legal are waited for by their names, the first at a second look.",
        control=SUCCEEDS,
        steps=(
            replace(wait(_UNAVAILABLE, operation(True, name=_AGAIN, response=RESPONSE)), name=_AGAIN),
            *_waited_for(_NAMES),
        ),
    ),
    Scenario(
        name="awkward-delete",
        summary="Operations whose ids are awkward but legal are deleted by their names, the first at a second attempt.",
        control=SUCCEEDS,
        steps=(
            Step(Method.DELETE, Script((_UNAVAILABLE, EMPTY_OBJECT)), name=_AGAIN),
            *_deleted(_NAMES),
        ),
    ),
    Scenario(
        name="awkward-list",
        summary="The operations below awkward but legal parents are listed, of the first one at a second attempt.",
        control=SUCCEEDS,
        steps=(_listed("{awkward-parent}", _UNAVAILABLE), *(_listed(parent) for parent in AWKWARD_PARENTS)),
    ),
    Scenario(
        name="awkward-parent",
        summary="Operations below awkward but legal parents are cancelled and shown by their names.",
        control=SUCCEEDS,
        steps=tuple(
            step
            for name in _below("awkward-parent")
            for step in (cancel(EMPTY_OBJECT, name=name), get(operation(name=name), name=name))
        ),
        expectations=tuple(
            Expectation("client-request.legal-id-is-accepted", is_accepted, step)
            for step in range(2 * len(AWKWARD_PARENTS))
        ),
    ),
    Scenario(
        name="awkward-parent-wait",
        summary="Operations below awkward but legal parents are waited for by their names.",
        control=SUCCEEDS,
        steps=_waited_for(_below("awkward-parent-wait")),
    ),
    Scenario(
        name="awkward-parent-delete",
        summary="Operations below awkward but legal parents are deleted by their names.",
        control=SUCCEEDS,
        steps=_deleted(_below("awkward-parent-delete")),
    ),
    Scenario(
        name="slash-in-id",
        summary="An id with a slash is refused, or the slash is escaped; it never reaches another resource.",
        control=SUCCEEDS,
        steps=(cancel(EMPTY_OBJECT, name="{operation}/b", is_unbound=True),),
        expectations=(Expectation("client-request.slash-stays-in-its-segment", slash_stays_in_its_segment),),
    ),
    *(_without_path(kind, name) for kind, name in NAMES_WITHOUT_PATH.items()),
    Scenario(
        name="dot-segment",
        summary="The id `..` would lead to another path when the URL is normalised, so it is refused.",
        control=SUCCEEDS,
        steps=(cancel(EMPTY_OBJECT, name="{collection}/..", is_unbound=True),),
        expectations=(Expectation("client-request.dot-segment-is-refused", nothing_is_sent),),
    ),
)
