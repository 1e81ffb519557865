"""The greeting: what a driver says of itself, and drivers that do not know what a greeting is."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from conformance.exchange import Method
from conformance.rules.client.turn import DriverRequest, Hello
from conformance.sdk.honest_driver import Client
from conformance.sdk.in_process import InProcess, Speaks, driven
from conformance.sdk.play import Performance, perform, processes
from conformance.sdk.reply import DriverFault, read_hello
from conformance.sdk.scenario import Scenario

from .in_process import NAMING, named

GREETING = DriverRequest(
    1, Method.GET, "http://127.0.0.1:1", "projects/p/locations/l/operations/o", 5000, "rest", 0.0, "hello"
)
HONEST = driven(Client())


def greeted(speaks: Speaks, *scenarios: Scenario) -> Performance:
    return perform(lambda: InProcess(speaks), scenarios or named("cancelled"), NAMING)


def answers_hello_with(**facts: object) -> Speaks:
    def speaks(request: DriverRequest) -> bytes:
        return json.dumps({"id": request.id, **facts}).encode() if request.word == "hello" else HONEST(request)

    return speaks


def test_what_a_driver_says_of_itself() -> None:
    line = b"""{"id": 1, "sdk": {"name": "x", "version": "2"}, "transports": ["rest"], "methods": ["get", "wait"],
        "concurrent": true, "habits": ["future"]}""".replace(b"\n", b"")
    expected = Hello(frozenset({"get", "wait"}), True, "x", "2", frozenset({"rest"}), frozenset({"future"}))
    assert read_hello(line, GREETING) == expected


@pytest.mark.parametrize("line", [b'{"id": 1, "outcome": "ok", "operation": {}}', b'{"id": 9}', b'{"outcome": "?"}'])
def test_any_other_reply_is_that_of_a_driver_that_cancels_and_gets(line: bytes) -> None:
    assert read_hello(line, GREETING) is None


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ('"methods": "cancel"', "has methods that are no list of texts"),
        ('"methods": ["cancle"]', "has 'cancle' among its methods\n  remedy: did you mean cancel?"),
        ('"methods": [], "transports": ["http"]', "has 'http' among its transports\n  remedy: they are rest, grpc"),
    ],
)
def test_facts_that_are_none_are_the_drivers_fault(facts: str, why: str) -> None:
    with pytest.raises(DriverFault) as fault:
        read_hello(f'{{"id": 1, {facts}}}'.encode(), GREETING)
    assert f"the reply to request 1 {why}" in str(fault.value)


def test_a_greeting_carries_what_every_request_carries() -> None:
    seen: list[dict[str, object]] = []

    def speaks(request: DriverRequest) -> bytes:
        seen.append(request.as_json())
        return HONEST(request)

    greeted(speaks)
    assert set(seen[0]) == set(seen[1])
    assert (seen[0]["method"], seen[0]["endpoint"]) == ("hello", seen[1]["endpoint"])


def test_a_driver_of_today_takes_it_for_a_get_of_an_operation_that_runs() -> None:
    def of_today(request: DriverRequest) -> bytes:
        return HONEST(replace(request, word="get" if request.word == "hello" else request.word))

    performance = greeted(of_today)
    assert performance.hello == Hello()
    assert not performance.faults
    assert [exchange.request.method for exchange in performance.greetings] == ["GET"]


def test_a_driver_of_today_may_die_of_it_once() -> None:
    program = (
        "import json, sys\nfrom conformance.sdk import honest_driver as h\n"
        "for line in sys.stdin:\n"
        "    told = json.loads(line)\n"
        "    assert told['method'] in ('cancel', 'get')\n"
        "    print(json.dumps(h.reply(h.Client(), told)), flush=True)\n"
    )
    performance = perform(processes([sys.executable, "-c", program]), named("cancelled"), NAMING)
    assert not performance.faults
    assert not performance.was_cut_off


def test_what_was_not_listed_is_not_asked_for() -> None:
    asked: list[str] = []

    def speaks(request: DriverRequest) -> bytes:
        asked.append(request.asks_for)
        return answers_hello_with(methods=["cancel"])(request)

    performance = greeted(speaks, *named("cancelled", "plain-cancel"))
    assert {play.scenario.name: play.inapplicable for play in performance.plays} == {
        "plain-cancel": "",
        "cancelled": "the client has no call get",
    }
    assert "get" not in asked


def test_what_a_scenario_needs_besides_is_said_by_the_driver() -> None:
    (scenario,) = named("plain-cancel")
    needs = [replace(scenario, needs=("concurrent",)), replace(scenario, needs=("a-habit",))]

    def played(**facts: object) -> list[str]:
        speaks = answers_hello_with(methods=["cancel"], **facts)
        return [play.inapplicable for play in greeted(speaks, *needs).plays]

    assert played() == ["the driver is asked one thing at a time", "the driver does not declare the habit a-habit"]
    assert played(concurrent=True, habits=["a-habit"]) == ["", ""]


def test_the_transport_must_be_one_that_the_sdk_speaks() -> None:
    performance = greeted(answers_hello_with(methods=["cancel"], transports=["grpc"]))
    (fault,) = performance.faults
    assert fault.endswith("remedy: run it with --transport grpc")


def _run(program: str, patience: float = 0.5, names: Sequence[str] = ("plain-cancel", "cancelled")) -> Performance:
    start = "import json, os, sys, time\nfrom conformance.sdk import honest_driver as h\n"
    command = [sys.executable, "-c", start + program]
    return perform(processes(command, patience), named(*names), NAMING)


def test_a_driver_that_does_not_flush_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    performance = _run("for line in sys.stdin: print(json.dumps(h.reply(h.Client(), json.loads(line))))")
    (fault,) = performance.faults
    assert "came only when its input had ended: stdout is buffered" in fault
    assert "flush stdout after every line" in fault


def test_a_driver_that_ends_no_line_is_told_so() -> None:
    performance = _run(
        "for line in sys.stdin: print(json.dumps(h.reply(h.Client(), json.loads(line))), end='', flush=True)"
    )
    (fault,) = performance.faults
    assert "the driver's reply to request 1 had no line end" in fault
    assert "end every reply with a newline" in fault


def test_a_driver_for_one_call_is_told_so() -> None:
    performance = _run("print(json.dumps(h.reply(h.Client(), json.loads(sys.stdin.readline()))))")
    assert "ended with status 0 after its first reply" in performance.faults[0]
    assert "while IFS= read -r line" in performance.faults[0]


def test_a_slow_start_is_waited_for() -> None:
    slow = (
        "time.sleep(0.8)\nfor line in sys.stdin: print(json.dumps(h.reply(h.Client(), json.loads(line))), flush=True)"
    )
    assert not _run(slow).faults


def test_who_holds_the_output_open_does_not_hold_up_the_gate() -> None:
    holds = (
        "import subprocess\nsubprocess.Popen(['sleep', '30'], start_new_session=True)\n"
        "for line in sys.stdin: print(json.dumps(h.reply(h.Client(), json.loads(line))), flush=True)"
    )
    began = time.monotonic()
    assert not _run(holds, patience=4.0).faults
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("code", ["NotFound", "not_found", "notFound", "5", "StatusCode.NOT_FOUND", "NOT-FOUND"])
def test_a_code_in_another_spelling_is_shown_in_ours(code: str) -> None:
    speaks = answers_hello_with(methods=["cancel", "get"])

    def misspells(request: DriverRequest) -> bytes:
        reply = json.loads(speaks(request))
        return json.dumps({**reply, "code": code} if reply.get("code") else reply).encode()

    performance = greeted(misspells, *named("plain-cancel"))
    assert "write the name as google.rpc.Code has it, NOT_FOUND" in performance.faults[0]
