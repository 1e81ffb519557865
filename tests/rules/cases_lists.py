"""Cases for the rules about lists."""

from __future__ import annotations

from typing import Any

from conformance.exchange import Call, Exchange, Method
from tests.rules.cases import Cases, Story
from tests.rules.traffic import (
    DONE_ALREADY,
    INTERNAL,
    INVALID,
    METADATA,
    NOT_FOUND,
    OPERATION,
    OTHER,
    PARENT,
    TOO_MANY,
    UNIMPLEMENTED,
    Answer,
    Traffic,
    running,
)


def _asked(
    traffic: Traffic, query: str, *operations: object, answer: Answer = None, status: int = 200, parent: str = PARENT
) -> Exchange:
    """A list with a query."""
    page = {"operations": list(operations)} if answer is None else answer
    call = Call(Method.LIST, parent)
    return traffic.send("GET", f"/v1/{parent}/operations?{query}", page, status, call=call)


def _answered(query: str, answer: Answer, status: int) -> Story:
    return lambda t: _asked(t, query, answer=answer, status=status)


def _cut(query: str, *operations: object) -> Story:
    """A page with another one behind it."""
    return _answered(query, {"operations": list(operations), "nextPageToken": "more"}, 200)


def _in_turn(*stories: Story) -> Story:
    def all_of_them(traffic: Traffic) -> None:
        for story in stories:
            story(traffic)

    return all_of_them


def _at(parent: str, *names: str) -> Story:
    return lambda t: _asked(t, "", *(running(name) for name in names), parent=parent)


def _metadata(**members: object) -> dict[str, Any]:
    return running(metadata={**METADATA, **members})


NUMBERED = "projects/123456/locations/us"
NOBODY: dict[str, Story] = {
    "no such parent": _answered("pageSize=-1", NOT_FOUND, 404),
    "not supported": _answered("pageSize=-1", UNIMPLEMENTED, 501),
    "busy": _answered("pageSize=-1", TOO_MANY, 429),
    "no size": lambda t: t.list(running()),
    "no number": _answered("pageSize=all", INVALID, 400),
}

CASES = {
    "list.page-size-is-a-maximum": Cases(
        kept={
            "as many": lambda t: _asked(t, "pageSize=1", running()),
            "fewer": lambda t: _asked(t, "pageSize=5", running()),
            "none": lambda t: _asked(t, "pageSize=5"),
        },
        violated={"more": lambda t: _asked(t, "pageSize=1", running(), running(OTHER))},
        silent={
            "no size": lambda t: t.list(running(), running(OTHER)),
            "zero": lambda t: _asked(t, "pageSize=0", running()),
            "refused": _answered("pageSize=1", INVALID, 400),
            "not the last page": _cut("pageSize=1", running(), running(OTHER)),
        },
    ),
    "list.page-is-no-larger-than-its-size": Cases(
        kept={"as many": _cut("pageSize=1", running()), "none": _cut("pageSize=5")},
        violated={"more": _cut("pageSize=1", running(), running(OTHER))},
        silent={
            "no size": _cut("alt=json", running(), running(OTHER)),
            "the whole list": lambda t: _asked(t, "pageSize=1", running(), running(OTHER)),
            "refused": _answered("pageSize=1", INVALID, 400),
        },
    ),
    "list.negative-page-size-is-refused": Cases(
        kept={
            "an invalid argument": _answered("pageSize=-1", INVALID, 400),
            "unprocessable content": _answered("pageSize=-1", {"detail": "pageSize"}, 422),
        },
        violated={
            "taken for none where pages are cut": _in_turn(
                _cut("pageSize=1", running()), lambda t: _asked(t, "pageSize=-1", running())
            ),
            "an internal error": _answered("pageSize=-5", INTERNAL, 500),
            "a crash": _answered("pageSize=-5", {}, 500),
            "another code": _answered("pageSize=-5", DONE_ALREADY, 400),
        },
        silent=NOBODY | {"taken for none where no page is cut": lambda t: _asked(t, "pageSize=-1", running())},
    ),
    "list.page-size-may-be-zero": Cases(
        kept={
            "a page": lambda t: _asked(t, "pageSize=0", running()),
            "nothing there before": _in_turn(lambda t: _asked(t, "pageSize=0"), _at(PARENT, OPERATION)),
            "nothing there after": _in_turn(_at(PARENT, OPERATION), lambda t: _asked(t, "pageSize=0"), _at(PARENT)),
            "one went, one came": _in_turn(
                _at(PARENT, OPERATION), lambda t: _asked(t, "pageSize=0"), _at(PARENT, OTHER)
            ),
            "more behind an empty page": _in_turn(_at(PARENT, OPERATION), _cut("pageSize=0"), _at(PARENT, OPERATION)),
            "another parent has some": _in_turn(
                _at("projects/demo/locations/eu", OPERATION),
                lambda t: _asked(t, "pageSize=0"),
                _at("projects/demo/locations/eu", OPERATION),
            ),
        },
        violated={
            "refused": _answered("pageSize=0", INVALID, 400),
            "internal": _answered("pageSize=0", INTERNAL, 500),
            "an empty page between two that show the same": _in_turn(
                _at(PARENT, OPERATION), lambda t: _asked(t, "pageSize=0"), _at(PARENT, OPERATION, OTHER)
            ),
        },
        silent={"one": lambda t: _asked(t, "pageSize=1", running()), "none": lambda t: t.list(running())},
    ),
    "list.large-page-size-is-coerced": Cases(
        kept={"a page": lambda t: _asked(t, "pageSize=2147483647", running())},
        violated={"refused": _answered("pageSize=5000", INVALID, 400)},
        silent={
            "usual": lambda t: _asked(t, "pageSize=1000", running()),
            "no 32-bit integer": _answered("pageSize=9999999999", INVALID, 400),
        },
    ),
    "list.shows-its-parent-only": Cases(
        kept={
            "its own": _at(PARENT, OPERATION),
            "with the project's number": _at(PARENT, f"{NUMBERED}/operations/op-1"),
            "asked for by the number": _at(NUMBERED, OPERATION),
            "of all locations": _at("projects/demo/locations/-", OPERATION),
        },
        violated={
            "of another location": _at("projects/demo/locations/eu", OPERATION),
            "of another project": _at("projects/other/locations/us", OPERATION),
            "without a parent": _at(PARENT, "operations/op-1"),
        },
        silent={"an empty list": lambda t: t.list(), "refused": _answered("", NOT_FOUND, 404)},
    ),
    "list.pages-show-each-once": Cases(
        kept={"two": lambda t: t.list(running(), running(OTHER))},
        violated={"one twice": lambda t: t.list(running(), running(OTHER), running())},
        silent={"an empty list": lambda t: t.list(), "refused": _answered("", NOT_FOUND, 404)},
    ),
    "operation.members-are-lower-camel-case": Cases(
        kept={
            "metadata of a get": lambda t: t.get(running()),
            "a list": lambda t: t.list(running()),
            "metadata of somebody else": lambda t: t.list(running(metadata={"@type": "x/Own", "create_time": "now"})),
        },
        violated={
            "a flag": lambda t: t.get(_metadata(requested_cancellation=True)),
            "a time, listed": lambda t: t.list(_metadata(create_time="2026-01-01T00:00:00Z")),
            "a token": lambda t: t.list(answer={"operations": [running()], "next_page_token": "x"}),
        },
        silent={
            "no metadata": lambda t: t.get({"name": OPERATION}),
            "an error": lambda t: t.get(NOT_FOUND, 404),
        },
    ),
}
