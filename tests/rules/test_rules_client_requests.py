"""The rules about what a client sends: each of them kept, not kept, and with nothing to say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import conformance.rules.client.turn
from conformance.errors import NotTested
from conformance.exchange import Call, Exchange, Header, Method, Request, Response
from conformance.lro import Code, State
from conformance.rules import Complaint
from conformance.rules.client import client_rules, is_ok, sends_its_own_name, shows
from conformance.rules.client.turn import DriverRequest, Outcome, Said, Turn, TurnRule, registered_turn_rules, turn_rule
from conformance.spec.contract import Contract
from tests.rules.cases import assert_complains
from tests.rules.traffic import OPERATION, OTHER

HERE = "http://127.0.0.1:1"
CANCEL = f"/v1/{OPERATION}:cancel"
LENGTH: tuple[Header, ...] = (("Content-Length", "2"),)
JSON: tuple[Header, ...] = (*LENGTH, ("Content-Type", "application/json"))


def sent(
    target: str = CANCEL,
    *headers: Header,
    method: str = "POST",
    body: bytes = b"",
    status: int = 200,
    answer: bytes = b"{}",
    call: Call | None = None,
) -> Exchange:
    request = Request(method, target, headers or LENGTH, body)
    return Exchange(1, request, Response(status, (), answer), 0.01, 0.02, call, "story", HERE)


def cancel(*headers: Header, query: str = "", body: bytes = b"", status: int = 200) -> Exchange:
    """A cancel of the operation that was asked for."""
    return sent(CANCEL + query, *headers, body=body, status=status, call=Call(Method.CANCEL, OPERATION))


def get(answer: bytes = b"{}", method: str = "GET", status: int = 200) -> Exchange:
    call = Call(Method.GET, OPERATION) if method == "GET" else None
    return sent(f"/v1/{OPERATION}", method=method, answer=answer, status=status, call=call)


CONTRACT = Contract.load("beyondcorp.v1")


def turn(*arrived: Exchange, asks: Method = Method.CANCEL, name: str = OPERATION, shown: Any = None) -> Turn:
    request = DriverRequest(1, asks, HERE, name, 2000, "rest", 0.0, is_bound=CONTRACT.binds(asks, name))
    return Turn("story", request, Said(Outcome.OK, "{}", 0.03, shown), arrived)


def asked_to_get(*arrived: Exchange, shown: Any = None) -> Turn:
    return turn(*arrived, asks=Method.GET, shown=shown)


def needlessly_escaped() -> Exchange:
    """Letters that need no escape have one: in a literal segment, in the id, and in the verb."""
    path = CANCEL.replace("projects", "%70rojects").replace("locations", "loc%61tions").replace(":cancel", ":canc%65l")
    return sent(path, call=CONTRACT.identify("POST", path))


def routed(value: str) -> Exchange:
    return cancel(*LENGTH, ("x-goog-request-params", value))


ROUTING = "client-request.routing-header-agrees"
QUERY = "client-request.no-foreign-query"
BOUND = "client-request.method-is-bound"
VERB = "client-request.verb-is-kept"
SHAPE = "client-request.path-is-bound"
NAME = "client-request.name-is-escaped"
LABEL = "client-request.body-is-labelled-json"
EMPTY = "client-request.body-is-empty"
SHOWN = "client-operation.name-is-kept"
PARAMETERS = [
    "alt",
    "callback",
    "fields",
    "key",
    "prettyPrint",
    "quotaUser",
    "userProject",
    "userIp",
    "access_token",
    "oauth_token",
    "uploadType",
    "upload_protocol",
    "apiVersion",
    "ct",
    "outputDefaults",
    "unique",
    "trace",
    "httpMethod",
    "req",
    ".xgafv",
    "xgafv",
]
LISTED = f'{{"name": "{OPERATION}"}}'.encode()


@pytest.mark.parametrize(
    ("requirement", "kept"),
    [
        (ROUTING, turn(routed(f"name={OPERATION}"))),
        (ROUTING, turn(routed(f"location=us&name={OPERATION}&x=y=z"))),
        (ROUTING, turn(routed(f"n%61me={OPERATION.replace('/', '%2F')}"))),
        (ROUTING, turn(cancel(), routed(f"name={OPERATION}"))),
        *((QUERY, turn(cancel(query=f"?{prefix}{name}=x"))) for name in PARAMETERS for prefix in ("", "$", "%24")),
        (BOUND, asked_to_get(get())),
        (BOUND, asked_to_get(sent("/v1/elsewhere", method="GET"))),
        (NAME, asked_to_get(get())),
        *((one, turn(needlessly_escaped())) for one in (SHAPE, VERB, NAME, EMPTY)),
        (LABEL, turn(cancel(*LENGTH, ("content-type", "Application/JSON; charset=utf-8"), body=b"{}"))),
        (EMPTY, turn(cancel(*JSON, body=b"{}"))),
        (EMPTY, turn(cancel(*JSON, body=b'{"name": null}'))),
        (EMPTY, turn(cancel(*JSON, body=b'{"name": ""}'))),
        (SHOWN, asked_to_get(get(LISTED), shown={"name": OPERATION})),
        (SHOWN, asked_to_get(get(b"{}", status=503), get(LISTED), shown={"name": OPERATION})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_kept(requirement: str, kept: Turn) -> None:
    rule = client_rules()[requirement]
    assert rule.when(kept)
    assert rule.judge(kept) is None


@pytest.mark.parametrize(
    ("requirement", "wrong"),
    [
        (ROUTING, routed(f"name={OTHER}")),
        (ROUTING, routed(f"location=us&name={OTHER}")),
        (ROUTING, routed("name=")),
        (QUERY, cancel(query="?name=x")),
        (QUERY, cancel(query="?alt=json&force=")),
        (QUERY, cancel(query="?ALT=json")),
        (VERB, sent(f"/v1/{OPERATION}")),
        (SHAPE, sent(f"/v1/{OPERATION[:-4]}:cancel")),
        (SHAPE, sent(f"/v2/{OPERATION}:cancel")),
        (NAME, sent(f"/v1/{OTHER}:cancel", call=Call(Method.CANCEL, OTHER))),
        (LABEL, cancel(*LENGTH, ("Content-Type", "text/plain"), body=b"{}")),
        (LABEL, cancel(*LENGTH, body=b"{}")),
        (EMPTY, cancel(*JSON, body=b'{"x": 1}')),
        (EMPTY, cancel(*JSON, body=b'{"x": null}')),
        (EMPTY, cancel(*JSON, body=b"\xff\xfe")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_not_kept(requirement: str, wrong: Exchange) -> None:
    """The complaint shows the request that is wrong, and not the one after it that is not."""
    rule = client_rules()[requirement]
    broken = turn(wrong, cancel(*JSON))
    assert rule.when(broken)
    assert_complains(rule.judge(broken), wrong)


@pytest.mark.parametrize(
    ("requirement", "broken"),
    [
        (BOUND, asked_to_get(get(method="POST"))),
        (BOUND, asked_to_get(get(method="HEAD"))),
        (NAME, asked_to_get(sent(f"/v1/{OTHER}", method="GET", call=Call(Method.GET, OTHER)))),
        (SHOWN, asked_to_get(get(LISTED), shown={"name": OTHER})),
        (SHOWN, asked_to_get(get(b'{"name": "x"}'), get(LISTED), shown={"name": "x"})),
        (SHOWN, asked_to_get(get(LISTED), shown={})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_not_kept_by_a_get(requirement: str, broken: Turn) -> None:
    rule = client_rules()[requirement]
    assert rule.when(broken)
    assert_complains(rule.judge(broken), *broken.arrived)


@pytest.mark.parametrize(
    ("requirement", "silent"),
    [
        (ROUTING, turn(cancel())),
        (ROUTING, turn(routed("location=us"))),
        (LABEL, turn(cancel())),
        (VERB, asked_to_get(get())),
        (VERB, turn(get())),
        (NAME, turn()),
        *(
            (requirement, turn(cancel(), name=name))
            for requirement in (BOUND, VERB, NAME, SHAPE)
            for name in ("operations/o", f"{OPERATION}/x", f"{OPERATION[:-4]}.", f"{OPERATION[:-4]}..")
        ),
        (SHOWN, asked_to_get(get(LISTED))),
        (SHOWN, asked_to_get(get(b"no"), shown={"name": OPERATION})),
        (SHOWN, asked_to_get(get(LISTED), shown={"name": None})),
        (SHOWN, asked_to_get(shown={"name": OPERATION})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_to_say(requirement: str, silent: Turn) -> None:
    assert not client_rules()[requirement].when(silent)


@pytest.mark.parametrize(("status", "counts"), [(299, True), (300, False), (308, False), (399, False), (400, True)])
def test_what_follows_a_redirect_is_not_the_clients_choice(status: int, counts: bool) -> None:
    """A client goes where it is sent; only what it sends of its own accord must have the shape of the binding."""
    elsewhere = sent("/elsewhere")
    judged = client_rules()[SHAPE].judge(turn(cancel(status=status), elsewhere))
    if counts:
        assert_complains(judged, elsewhere)
    else:
        assert judged is None


def test_the_routing_header_names_an_id_with_an_equals_sign() -> None:
    odd = f"{OPERATION}=1"
    for named, is_kept in ((odd, True), (OPERATION, False), (f"{OPERATION}=2", False)):
        header = ("x-goog-request-params", f"name={named}")
        call = turn(sent(f"/v1/{odd}:cancel", *LENGTH, header, call=Call(Method.CANCEL, odd)), name=odd)
        assert client_rules()[ROUTING].when(call)
        assert (client_rules()[ROUTING].judge(call) is None) is is_kept


def test_what_is_decorated_becomes_the_rule_of_its_requirement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance.rules.client.turn, "_RULES", {})

    def always(_: Turn) -> bool:
        return True

    @turn_rule("x.y", when=always)
    def judge(_: Turn) -> Complaint | None:
        return None

    assert registered_turn_rules() == {"x.y": TurnRule("x.y", always, judge)}
    with pytest.raises(ValueError, match=r"two rules for x\.y"):
        turn_rule("x.y", when=always)(judge)


@pytest.mark.parametrize(
    "shown", [None, {"done": True, "error": {"code": 5}}, {"done": False}], ids=["nothing", "another code", "running"]
)
def test_an_operation_is_shown_as_it_ended_and_with_its_code(shown: Any) -> None:
    judge = shows(State.FAILED, Code.INTERNAL)
    assert judge(asked_to_get(get(), shown={"done": True, "error": {"code": 13}})) is None
    looked = get()
    assert_complains(judge(asked_to_get(looked, shown=shown)), looked)


def test_calls_at_once_are_mixed_up_only_if_one_of_the_kind_came_with_another_name() -> None:
    """A client that always sends PUT is no mixer: it does so alone, too."""
    judge = sends_its_own_name(is_ok)
    another = f"{OPERATION}-second"
    of_another = sent(f"/v1/{another}:cancel", call=Call(Method.CANCEL, another))
    assert judge(turn(cancel())) is None
    assert judge(turn(of_another)) is not None
    with pytest.raises(NotTested, match="no cancel arrived at all"):
        judge(turn(sent(method="PUT"), get()))
    with pytest.raises(NotTested, match="gave up before it had sent the call"):
        judge(replace(turn(of_another), said=Said(Outcome.TRANSPORT_ERROR, "{}", 0.03)))


def test_what_a_driver_is_told_is_one_line_of_the_protocol() -> None:
    assert turn().request.as_json() == {
        "id": 1,
        "method": "cancel",
        "endpoint": HERE,
        "name": OPERATION,
        "timeout_ms": 2000,
        "transport": "rest",
    }
