"""Cases for the rules about a POST on the bare name of an operation."""

from __future__ import annotations

from conformance.exchange import Exchange
from tests.rules.cases import Cases, Story
from tests.rules.traffic import NOT_FOUND, OPERATION, Traffic, running

FORM = ("Content-Type", "application/x-www-form-urlencoded")
OVERRIDE = ("X-HTTP-Method-Override", "DELETE")


def _post(t: Traffic, *headers: tuple[str, str], body: bytes = b"a=b", query: str = "", status: int = 200) -> Exchange:
    answer = {} if status == 200 else NOT_FOUND
    return t.send("POST", f"/v1/{OPERATION}{query}", answer, status, sends=body, asks=headers)


def _gone(*headers: tuple[str, str], body: bytes = b"a=b", query: str = "") -> Story:
    return lambda t: [t.get(running()), _post(t, *headers, body=body, query=query), t.get(NOT_FOUND, 404)]


CASES = {
    "routing.post-on-a-name-does-nothing": Cases(
        kept={
            "a form that was answered as a get": lambda t: [t.get(running()), _post(t, FORM), t.get(running())],
            "an answer that says nothing of it": lambda t: [t.get(running()), _post(t, FORM), t.get(NOT_FOUND, 500)],
        },
        violated={
            "a form that deleted it": _gone(FORM),
            "JSON that deleted it": _gone(body=b"{}"),
        },
        silent={
            "refused": lambda t: [t.get(running()), _post(t, FORM, status=404), t.get(NOT_FOUND, 404)],
            "deleted by a delete": lambda t: [t.get(running()), _post(t, FORM), t.delete(), t.get(NOT_FOUND, 404)],
            "one of several": lambda t: [t.get(running()), _post(t, FORM), _post(t, FORM), t.get(NOT_FOUND, 404)],
            "nobody looked": lambda t: [t.get(running()), _post(t, FORM)],
            "it named another method": _gone(OVERRIDE),
        },
    ),
    "routing.method-is-not-overridden": Cases(
        kept={"the header was ignored": lambda t: [t.get(running()), _post(t, OVERRIDE), t.get(running())]},
        violated={
            "the header made a delete of it": _gone(OVERRIDE),
            "the form did": _gone(FORM, body=b"_method=DELETE"),
            "the query did": _gone(query="?_method=DELETE"),
        },
        silent={
            "a plain form": _gone(FORM),
            "no POST": lambda t: [t.get(running()), t.get(NOT_FOUND, 404)],
        },
    ),
}
