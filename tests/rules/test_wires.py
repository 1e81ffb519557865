"""What a rule reads: one about meaning judges every wire alike, one about bytes is not asked about another wire.

Each story of the cases is told a second time over gRPC, where a message can say what it says.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.exchange import Call, Exchange, Method, Wire
from conformance.exchange.view import call_over_grpc
from conformance.lro import Code
from conformance.rules import Complaint
from conformance.rules.server import all_rules
from tests.rules.cases import Cases, traffic_of
from tests.rules.over_grpc import CannotBeSaid, over_grpc
from tests.rules.test_every_rule import CASES
from tests.rules.traffic import DONE_ALREADY, NOT_FOUND, OPERATION, Traffic, asked_to_cancel, bare, failed

pytest.importorskip("grpc", reason="the extra `grpc` is not installed")

OF_MEANING = [requirement for requirement, rule in all_rules().items() if rule.reads is None]
OF_BYTES = [requirement for requirement, rule in all_rules().items() if rule.reads is not None]


def _twice(cases: Cases) -> Iterator[tuple[list[Exchange], list[Exchange]]]:
    """The stories that can be told over gRPC, over both wires."""
    for stories in (cases.kept, cases.violated, cases.silent):
        for story in stories.values():
            exchanges = traffic_of(story).exchanges
            try:
                yield exchanges, over_grpc(exchanges)
            except CannotBeSaid:
                continue


def _shown(judgements: Iterator[Complaint | None]) -> list[list[int] | None]:
    """Of each judgement whether it is "kept", or else the numbers of the exchanges that show what is wrong."""
    return [None if each is None else [exchange.number for exchange in each.exchanges] for each in judgements]


@pytest.mark.parametrize("requirement", OF_MEANING)
def test_a_rule_about_meaning_judges_both_wires_alike(requirement: str) -> None:
    rule, found = all_rules()[requirement], []
    for over_http, same in _twice(CASES[requirement]):
        found.append(_shown(rule.judgements(same)))
        assert found[-1] == _shown(rule.judgements(over_http)), [exchange.view for exchange in same]
    judged = [each for judgements in found for each in judgements]
    assert None in judged, f"no story that keeps {requirement} can be told over gRPC: does it read bytes of HTTP?"
    assert any(judged), f"no story that violates {requirement} can be told over gRPC: does it read bytes of HTTP?"


@pytest.mark.parametrize("requirement", OF_BYTES)
def test_a_rule_about_bytes_is_not_asked_about_another_wire(requirement: str) -> None:
    rule = all_rules()[requirement]
    assert rule.reads is Wire.HTTP, "no rule reads the bytes of gRPC"
    for _, over_another_wire in _twice(CASES[requirement]):
        assert list(rule.judgements(over_another_wire)) == []
        assert rule.last_judged(over_another_wire) is None


def test_a_call_is_read_from_its_message() -> None:
    traffic = Traffic()
    traffic.cancel()
    traffic.list(failed())
    for exchange, call in zip(over_grpc(traffic.exchanges), [Method.CANCEL, Method.LIST], strict=True):
        assert call_over_grpc(exchange.request) == exchange.call
        assert exchange.calls(call)
    assert call_over_grpc(traffic.exchanges[0].request) is None


def test_a_view_has_code_message_details_and_the_answered_message() -> None:
    traffic = Traffic()
    traffic.cancel(status=404, answer=NOT_FOUND)
    traffic.cancel(status=400, answer=DONE_ALREADY)
    traffic.get(asked_to_cancel())
    traffic.get(failed())
    for exchange in (*traffic.exchanges[:2], *over_grpc(traffic.exchanges)[:2]):
        status = exchange.view.status
        assert status is not None
        assert exchange.view.code is status.code
        assert status.message in ("no such thing", "the operation is done")
        assert [detail["reason"] for detail in status.details] == ["RESOURCE_NOT_FOUND"]
        assert exchange.view.message is None
    for exchange in over_grpc(traffic.exchanges)[2:]:
        assert exchange.view.call == Call(Method.GET, OPERATION)
        assert exchange.view.code is Code.OK
        assert (
            exchange.view.message
            == next(one for one in traffic.exchanges if one.number == exchange.number).view.message
        )


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (404, None, Code.NOT_FOUND),
        (410, None, Code.NOT_FOUND),
        (404, bare(7), Code.NOT_FOUND),
        (400, bare(9), Code.FAILED_PRECONDITION),
        (400, bare(5), None),
        (400, None, None),
        (405, bare(3), None),
        (302, None, None),
        (204, None, Code.OK),
    ],
)
def test_over_http_the_status_decides_and_the_body_tells_codes_apart(
    status: int, answer: dict[str, object] | None, code: Code | None
) -> None:
    traffic = Traffic()
    assert traffic.cancel(status=status, answer=answer).view.code is code
