"""Emulators whose operations are done when they are born: what needs no running operation is judged all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.exchange import Failure, FailureKind
from conformance.lro.codes import Code
from conformance.server.options import Options
from conformance.server.reference.api_error import ApiError, NoAnswer
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.build import reference_service
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.reference.store import Behaviour, Ending, EndState, Mode, UnknownOperation
from conformance.server.run_suite import run_quietly

ONLY_OF_RUNNING_ONES = (
    "target.query-name-never-redirects",
    "target.other-operations-untouched",
    "target.only-its-cancel-cancels",
    "routing.verb-is-exact",
    "outcome.cancelled-is-code-1",
    "body.refused-cancel-changes-nothing",
    "lifecycle.some-order-explains",
)


def done_at_once(**flavour: Any) -> Service:
    service = reference_service()
    return replace(service, flavour=replace(service.flavour, running=Behaviour.of(Mode.DONE, duration=0.0), **flavour))


def with_cancel(cancel: Callable[[Service, Invocation], Message]) -> Service:
    return replace(done_at_once(), cancel=cancel)


def report_of(service: Service, *options: str) -> dict[str, Any]:
    with running_server(service) as url:
        return run_quietly(Options(url=url, statement=options))


def said_of(service: Service) -> dict[str, str]:
    return {entry["id"]: entry["verdict"] for entry in report_of(service)["requirements"]}


def judged(said: dict[str, str]) -> list[str]:
    return [name for name, verdict in said.items() if verdict in ("pass", "fail", "warn")]


@pytest.mark.parametrize("refusal", ["ok", "failed-precondition"])
def test_more_than_half_is_judged_of_an_honest_one(refusal: str) -> None:
    report = report_of(done_at_once(done_cancel=refusal))
    said = {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    assert len(judged(said)) >= 55
    assert report["verdict"] == "incomplete"
    assert not [name for name, verdict in said.items() if verdict in ("fail", "warn", "error")]
    untested = [entry for entry in report["requirements"] if entry["id"] in ONLY_OF_RUNNING_ONES]
    assert {entry["verdict"] for entry in untested} == {"not-tested"}
    assert all("ended by itself" in entry["reason"] for entry in untested)


def test_what_was_cancelled_before_anybody_looked_did_not_end_by_itself() -> None:
    def get(service: Service, call: Invocation) -> Message:
        service.store.cancel(call.target)
        return honest.get(service, call)

    honest = reference_service()
    entries = report_of(replace(honest, get=get))["requirements"]
    reason = next(each["reason"] for each in entries if each["id"] == "target.other-operations-untouched")
    assert "this process had sent no cancel of it" in reason


def test_cancel_that_is_not_implemented_is_judged() -> None:
    said = said_of(done_at_once(unimplemented=frozenset({Rpc.CANCEL})))
    assert (said["unimplemented.is-501"], said["unimplemented.changes-nothing"]) == ("pass", "pass")
    assert said["routing.cancel-is-bound"] == "pass"


def test_cancel_that_is_not_implemented_and_changes_the_result_is_found() -> None:
    def cancel(service: Service, call: Invocation) -> Message:
        service.store.amend(call.target, ending=None, behaviour=Behaviour.of(Mode.FAILED, duration=0.0))
        raise ApiError(Code.UNIMPLEMENTED, "no cancel here", reason="UNIMPLEMENTED")

    assert said_of(with_cancel(cancel))["unimplemented.changes-nothing"] == "fail"


def test_crash_on_cancel_is_found() -> None:
    def cancel(_: Service, call: Invocation) -> Message:
        raise ApiError(Code.INTERNAL, "nil pointer dereference", reason="PANIC")

    report = report_of(with_cancel(cancel))
    said = {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    assert report["exit_status"] == 1
    assert (said["repeat.done-is-answered"], said["repeat.is-safe"]) == ("warn", "fail")


def test_closed_connection_on_cancel_is_found() -> None:
    def cancel(_: Service, call: Invocation) -> Message:
        raise NoAnswer(Failure(FailureKind.RESET, "closed"))

    said = said_of(with_cancel(cancel))
    assert said["liveness.every-request-is-answered"] == "fail"
    assert said["unimplemented.is-501"] != "fail"


def test_cancel_that_does_not_know_what_get_shows_is_found() -> None:
    def cancel(_: Service, call: Invocation) -> Message:
        raise UnknownOperation(call.target)

    assert said_of(with_cancel(cancel))["repeat.known-stays-known"] == "fail"


def test_form_that_is_refused_for_another_reason_than_the_end_is_found() -> None:
    """All forms get a 400: the plain one because it is too late, this one because it is not read."""
    honest = done_at_once(done_cancel="failed-precondition")

    def read(service: Service, call: Invocation) -> Message:
        if "charset" in (call.request.header("content-type") or ""):
            raise ApiError(Code.INVALID_ARGUMENT, "no such media type", reason="MEDIA_TYPE")
        return honest.read_body(service, call)

    assert said_of(replace(honest, read_body=read))["body.charset-is-accepted"] == "fail"


def test_lie_that_needs_no_running_operation_is_found() -> None:
    honest = done_at_once()

    def cancel(service: Service, call: Invocation) -> Message:
        return {}  # also of what does not exist

    assert said_of(replace(honest, cancel=cancel))["unknown.cancel-is-not-found"] == "fail"


def test_one_that_was_done_by_chance_does_not_speak_for_the_others() -> None:
    """Nothing is known of operations that run and end as they like; a second one decides."""
    service = reference_service()

    def start(of: Service, call: Invocation) -> Message:
        message = service.start(of, call)
        if len([entry for entry in of.log if entry.rpc is Rpc.START]) == 0:
            of.store.amend(message["name"], behaviour=Behaviour.of(Mode.DONE, duration=0.0))
        return message

    with running_server(replace(service, start=start)) as url:
        report = run_quietly(Options(url=url))
    said = {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    assert said["target.query-name-never-redirects"] == "not-tested"
    assert not [name for name, verdict in said.items() if verdict == "fail"]


def said_with_completed(service: Service, tmp_path: Path) -> dict[str, str]:
    """What is said where operations that end by themselves can be had, too."""
    file = tmp_path / "conformance.toml"
    with running_server(service) as url:
        start = '{path = "/v1/projects/demo/locations/us/operations:start", json = {mode = "%s"%s}}'
        running, completed = start % ("run", ""), start % ("done", ", duration = 0.5")
        file.write_text(f'[iut]\nurl = "{url}"\n[operations]\nstart = {running}\ncompleted = {{start = {completed}}}\n')
        report = run_quietly(Options(config=str(file)))
    return {entry["id"]: entry["verdict"] for entry in report["requirements"]}


def test_completed_operation_is_awaited(tmp_path: Path) -> None:
    """What the supply of completed operations starts need not be done at once."""
    asked: list[float] = []

    def cancel(service: Service, call: Invocation) -> Message:
        shown = service.store.get(call.target)
        if shown.behaviour.mode is Mode.DONE:
            asked.append(service.clock.now() - (shown.ended_at or 0.0))
        return honest.cancel(service, call)

    honest = reference_service()
    said = said_with_completed(replace(honest, cancel=cancel), tmp_path)
    assert said["repeat.done-is-answered"] == "pass"
    assert asked
    assert min(asked) > 0.0


def test_server_error_for_the_cancel_of_what_ended_by_itself_is_found(tmp_path: Path) -> None:
    def cancel(service: Service, call: Invocation) -> Message:
        shown = service.store.get(call.target)
        if shown.done and shown.behaviour.mode is Mode.DONE:
            raise ApiError(Code.INTERNAL, "invalid state", reason="INVALID_STATE")
        return honest.cancel(service, call)

    honest = reference_service()
    assert said_with_completed(replace(honest, cancel=cancel), tmp_path)["repeat.is-safe"] == "fail"


def test_cancel_that_overwrites_a_success_late_is_found(tmp_path: Path) -> None:
    """The cancel is answered, and the worker that stops writes its end over the result that is there."""
    late: dict[str, float] = {}

    def cancel(service: Service, call: Invocation) -> Message:
        if service.store.get(call.target).done:
            late.setdefault(call.target, service.clock.now() + 0.1)
        return honest.cancel(service, call)

    def get(service: Service, call: Invocation) -> Message:
        if call.target in late and service.clock.now() > late[call.target]:
            service.store.amend(call.target, ending=Ending(late[call.target], EndState.CANCELLED))
        return honest.get(service, call)

    honest = reference_service()
    assert said_with_completed(replace(honest, cancel=cancel, get=get), tmp_path)["operation.result-is-final"] == "fail"
