"""The gate with a baseline: known failures, accepted gaps, and entries that are wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.errors import UsageError
from conformance.judging.baseline import AcceptedGap, Baseline, KnownFailure
from conformance.judging.verdict import RunVerdict
from conformance.sdk.faults import fault_named
from conformance.sdk.gate import GateRun
from conformance.sdk.honest_driver import Client
from conformance.sdk.in_process import driven

from .in_process import verdicts


def baseline(requirement: str, check: str = "") -> Baseline:
    return Baseline("known.toml", (KnownFailure(1, requirement, "it always did", "https://tracker.example/1", check),))


def test_a_known_failure_does_not_fail_the_run(whole: Callable[..., GateRun]) -> None:
    lies = driven(fault_named("says-why").apply(Client()))
    run = whole(lies, baseline=baseline("client-request.body-is-empty"))
    assert run.verdict is RunVerdict.CONFORMANT_EXCEPT
    assert run.report["verdict_in_words"] == "conformant except 1 known failure"
    assert verdicts(run)["client-request.body-is-empty"] == "known-failure"


def test_a_warning_may_be_known_too(gate: Callable[..., GateRun]) -> None:
    warns = driven(fault_named("repeats-the-name").apply(Client()))
    only = ["plain-cancel"]
    assert verdicts(gate(warns, only=only))["client-request.body-does-not-repeat-the-name"] == "warn"
    run = gate(warns, only=only, baseline=baseline("client-request.body-does-not-repeat-the-name"))
    assert verdicts(run)["client-request.body-does-not-repeat-the-name"] == "known-failure"


def test_a_known_failure_can_be_that_of_one_scenario(
    whole: Callable[..., GateRun], gate: Callable[..., GateRun]
) -> None:
    lies = driven(fault_named("null-breaks-it").apply(Client()))
    one = whole(lies, baseline=baseline("client-answer.never-breaks-the-client", "null-body"))
    assert one.verdict is RunVerdict.CONFORMANT_EXCEPT
    known = baseline("client-answer.never-breaks-the-client", "text-error")
    other = gate(lies, baseline=known, only=["null-body", "text-error"])
    assert other.verdict is RunVerdict.NOT_CONFORMANT


def test_a_failure_that_is_gone_has_to_leave_the_baseline(gate: Callable[..., GateRun]) -> None:
    run = gate(driven(Client()), baseline=baseline("client-request.body-is-empty"), only=["plain-cancel"])
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert verdicts(run)["client-request.body-is-empty"] == "unexpected-pass"


def test_a_baseline_that_names_no_requirement_is_refused(gate: Callable[..., GateRun]) -> None:
    with pytest.raises(UsageError, match=r"did you mean client-request\.body-is-empty\?"):
        gate(driven(Client()), baseline=baseline("client-request.body-is-emty"))


def test_what_a_client_was_not_asked_for_can_be_an_accepted_gap(gate: Callable[..., GateRun]) -> None:
    """Of one scenario: all that it does not judge is untested, and a whole chapter of that is accepted."""
    gap = AcceptedGap(1, "client-retry.*", "we ask for one thing", "https://tracker.example/1")
    run = gate(driven(Client()), baseline=Baseline("known.toml", gaps=(gap,)), only=["plain-cancel"])
    assert run.verdict is RunVerdict.INCOMPLETE
    accepted = {entry["id"] for entry in run.report["requirements"] if entry["accepted_gap"]}
    assert accepted
    assert {name.partition(".")[0] for name in accepted} == {"client-retry"}


def test_a_baseline_that_names_no_check_fails(gate: Callable[..., GateRun]) -> None:
    known = baseline("client-request.body-is-empty", "no-such-check")
    run = gate(driven(fault_named("says-why").apply(Client())), baseline=known, only=["plain-cancel"])
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert any("known.toml" in message for message in run.report["messages"])
