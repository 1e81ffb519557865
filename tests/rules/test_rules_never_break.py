"""Rules judge whatever a peer sends: nothing makes one raise, and what it says can always be written down."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange import Exchange, Failure, FailureKind, Method
from conformance.exchange.history import History
from conformance.rules import Complaint, ExchangeRule, HistoryRule, rule
from conformance.rules.rule import When, exchange_rule, history_rule, in_short, registered_rules
from conformance.rules.server import all_rules
from conformance.rules.server.conditions import answered, cancel, failed, get
from tests.rules.traffic import ERROR_INFO, METADATA, NOT_FOUND, OPERATION, OTHER, Traffic, running

NASTY: list[Any] = [None, True, False, 0, 1, -1, 1.5, 10**30, "", "true", "\ud800", "a" * 200, [], {}, [[]], {"a": {}}]
VALUES = st.recursive(
    st.sampled_from(NASTY) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def objects(*members: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of these members and any values."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(members, VALUES))


DETAILS = st.lists(
    st.just(ERROR_INFO) | VALUES | objects("@type", "reason", "domain", "metadata").map(lambda d: {**ERROR_INFO, **d}),
    max_size=3,
)
STATUSES = objects("code", "message", "status", "details") | st.builds(
    lambda code, message, details: {"code": code, "message": message, "details": details},
    st.sampled_from([1, 5, 12, 404, 499]),
    st.sampled_from([f"no {OPERATION}", f"no {OTHER}", "no"]),
    DETAILS,
)
OPERATIONS = st.builds(
    lambda members, error: {**members, **error},
    objects("name", "done", "error", "response", "metadata").map(lambda members: {"name": OPERATION, **members}),
    st.just({}) | st.builds(lambda error: {"done": True, "error": error}, STATUSES),
)
BODIES = st.one_of(
    st.binary(max_size=20),
    VALUES,
    OPERATIONS,
    STATUSES,
    st.builds(lambda status: {"error": status}, STATUSES),
    st.builds(lambda entries: {"operations": entries}, st.lists(OPERATIONS | VALUES, max_size=3) | VALUES),
).map(lambda value: value if isinstance(value, bytes) else json.dumps(value).encode())
STATUS_NUMBERS = st.sampled_from([200, 200, 200, 204, 202, 302, 400, 404, 405, 412, 429, 499, 500, 501, 503, 599])
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Content-Type", "grpc-status", "Allow"]),
        st.sampled_from(["", "0", "5", ";", "application/json", "\xe9"]),
    ),
    max_size=3,
).map(tuple)


@st.composite
def any_traffic(draw: st.DrawFn) -> Traffic:
    traffic = Traffic()
    for _ in range(draw(st.integers(1, 5))):
        method = draw(st.sampled_from([Method.GET, Method.GET, Method.CANCEL, Method.LIST, Method.DELETE, None]))
        answer = draw(BODIES | st.builds(Failure, st.sampled_from(FailureKind), st.text(max_size=5)))
        status = draw(STATUS_NUMBERS)
        if method is Method.GET:
            traffic.get(answer, status)
        elif method is Method.LIST:
            traffic.list(answer=answer, status=status)
        elif method is Method.DELETE:
            traffic.delete(answer, status)
        elif method is Method.CANCEL:
            traffic.cancel(answer=answer, status=status, sends=draw(BODIES), headers=draw(HEADERS), content_type=None)
        else:
            traffic.send("POST", draw(st.text(max_size=10)), answer, status, headers=draw(HEADERS), content_type=None)
    return traffic


def violations(exchanges: list[Exchange]) -> list[Complaint]:
    return [
        violation for rule in all_rules().values() for violation in rule.judgements(exchanges) if violation is not None
    ]


@given(any_traffic())
def test_no_answer_makes_a_rule_raise(traffic: Traffic) -> None:
    """And a second judgement of the same traffic is the same judgement: rules remember nothing."""
    assert violations(traffic.exchanges) == violations(traffic.exchanges)


@pytest.mark.parametrize(
    "members",
    [
        {"name": "\ud800", "done": "yes"},
        {"name": OPERATION, "metadata": {**METADATA, "verb": "\ud800"}},
        {"name": OPERATION, "done": True, "error": {"code": 1, "details": {"\ud800": 1}}},
        {"name": "\ud800", "done": True},
        {"\ud800": 1, "name": OPERATION},
    ],
)
def test_what_a_rule_says_can_be_written_down(members: dict[str, object]) -> None:
    r"""JSON may hold half a surrogate pair (`"\ud800"`), which no UTF-8 file can; the message must not pass it on."""
    traffic = Traffic()
    traffic.get(members)
    traffic.list(members)
    traffic.cancel(answer=members)
    traffic.list(members)
    for violation in violations(traffic.exchanges):
        assert violation.message.encode("utf-8")


def test_a_requirement_has_one_rule() -> None:
    with pytest.raises(ValueError, match=r"two rules for response\.empty-object"):
        exchange_rule("response.empty-object", when=answered)(lambda _: None)
    with pytest.raises(ValueError, match=r"two rules for operation\.done-is-final"):
        history_rule("operation.done-is-final", when=lambda _: True)(lambda _: None)


def test_what_is_decorated_becomes_the_rule_of_its_requirement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "_RULES", {})

    @exchange_rule("x.exchange", when=answered)
    def of_an_exchange(_: Exchange) -> str | None:
        return "no"

    def always(_: History) -> bool:
        return True

    @history_rule("x.history", when=always)
    def of_a_history(_: History) -> Complaint | None:
        return None

    assert registered_rules() == {
        "x.exchange": ExchangeRule("x.exchange", answered, of_an_exchange),
        "x.history": HistoryRule("x.history", always, of_a_history),
    }


def test_conditions_combine() -> None:
    traffic = Traffic()
    refused, shown = traffic.cancel(status=404, answer=NOT_FOUND), traffic.get(running())
    nothing = When(lambda _: False)
    assert (cancel & failed)(refused)
    assert not (cancel & failed)(shown)
    assert (cancel | get)(refused)
    assert (cancel | get)(shown)
    assert (~failed)(shown)
    assert not (~failed)(refused)
    assert (nothing | cancel & ~get)(refused)


def test_of_many_messages_the_first_three_are_said() -> None:
    assert in_short(["a"]) == "a"
    assert in_short(["a", "b", "c"]) == "a; b; c"
    assert in_short(["a", "b", "c", "d"]) == "a; b; c; and 1 more"
    assert in_short(["a", "b", "c", "d", "e"]) == "a; b; c; and 2 more"
