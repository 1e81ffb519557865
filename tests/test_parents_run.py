"""A run with several parents: the first in full, and of each further one whether its operations are cancelled, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.exchange import Request
from conformance.lro.codes import Code
from conformance.server.options import Options
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.build import reference_service
from conformance.server.reference.faults import fault_named
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly

BOUND, TWIN = "routing.additional-bindings-are-bound", "target.whole-name-counts"
PARENTS = '["projects/p/locations/l", "organizations/1/locations/l"]'
START = '{method = "POST", path = "/v1/{parent}/operations:start", json = {mode = "run"}}'
NARROW = '{method = "POST", path = "/v1/projects/p/locations/l/operations:start", json = {mode = "run"}}'

Report = dict[str, Any]
RunWith = Callable[..., Report]


@pytest.fixture
def run_with(tmp_path: Path) -> RunWith:
    def run(service: Service | None = None, parents: str = PARENTS, start: str = START) -> Report:
        with running_server(service or reference_service()) as url:
            file = tmp_path / "conformance.toml"
            text = f'[iut]\nurl = "{url}"\nparent = {parents}\n[operations]\nstart = {start}\n'
            file.write_text(f'{text}[statement]\ncancel = "guaranteed"\n', encoding="utf-8")
            return run_quietly(Options(config=str(file)))

    return run


def verdicts(report: Report) -> dict[str, str]:
    return {entry["id"]: entry["verdict"] for entry in report["requirements"]}


def test_operations_below_every_parent_are_cancelled_and_cleaned_up(run_with: RunWith) -> None:
    service = reference_service()
    report = run_with(service)
    assert report["verdict"] == "conformant"
    assert verdicts(report)[BOUND] == "pass"
    assert sum(name.startswith("organizations/1/") for name in report["operation_names"]) == 1
    assert report["left_over"] == []
    assert service.store.list("organizations/1/locations/l") == ()


def test_with_one_parent_there_is_nothing_further(run_with: RunWith) -> None:
    assert verdicts(run_with(parents='"projects/p/locations/l"'))[BOUND] == "not-applicable"


def test_a_start_that_names_no_parent_leaves_the_further_ones_untested(run_with: RunWith) -> None:
    report = run_with(start=NARROW)
    (entry,) = (entry for entry in report["requirements"] if entry["id"] == BOUND)
    assert entry["verdict"] == "not-tested"
    assert "cannot start operations below organizations/1/locations/l: write {parent}" in entry["reason"]
    assert report["exit_status"] == 3


@pytest.mark.parametrize(
    ("fault", "broken"),
    [("organizations-are-not-cancelled", BOUND), ("organization-is-ignored", TWIN)],
)
def test_a_binding_that_is_wrong_for_a_further_parent_is_found(run_with: RunWith, fault: str, broken: str) -> None:
    report = run_with(fault_named(fault).apply(reference_service()))
    assert verdicts(report)[broken] == "fail"
    assert report["exit_status"] == 1


def test_a_server_that_ends_what_is_below_a_further_parent_by_itself_is_not_accused(run_with: RunWith) -> None:
    """An operation that was done before its cancel shows nothing: not tested, and never a violation."""
    honest = reference_service()

    def start(service: Service, call: Any) -> dict[str, Any]:
        is_further = call.target.startswith("organizations/")
        body = {"mode": "done"} if is_further else call.body
        return honest.start(service, replace(call, body=body))

    report = run_with(replace(honest, start=start))
    assert verdicts(report)[BOUND] == "not-tested"
    assert "fail" not in verdicts(report).values()


def test_what_was_touched_once_beside_the_cancel_of_a_twin_is_not_charged_to_it(run_with: RunWith) -> None:
    """Another cancel may have done it, such as one of another worker."""
    honest = reference_service()

    def cancel(service: Service, call: Any) -> dict[str, Any]:
        if call.target.startswith("organizations/1-other/") and service.count("twins") == 1:
            for operation in service.store.running("organizations/1/locations/l"):
                service.store.cancel(operation.name)
        return honest.cancel(service, call)

    report = run_with(replace(honest, cancel=cancel))
    assert "fail" not in verdicts(report).values()
    (entry,) = (entry for entry in report["requirements"] if entry["id"] == TWIN)
    reasons = [check["reason"] for check in entry["checks"]]
    assert any("it did not happen to another operation" in reason for reason in reasons)
    assert verdicts(report)["target.only-its-cancel-cancels"] == "not-tested"


@pytest.mark.parametrize(("status", "verdict"), [(405, "pass"), (501, "pass"), (500, "fail")])
def test_names_below_a_collection_that_is_not_bound_need_not_be_unknown(
    run_with: RunWith, status: int, verdict: str
) -> None:
    """grpc-gateway answers 501 to a path that nothing is bound to; a service need not have operations everywhere."""
    honest = reference_service()

    def route(service: Service, request: Request) -> Invocation:
        if request.path.startswith("/v1/organizations/"):
            code = Code.INTERNAL if status == 500 else Code.UNIMPLEMENTED
            raise ApiError(code, "Method Not Allowed", reason="NOT_ALLOWED", http_status=status, routed=False)
        return honest.route(service, request)

    report = run_with(replace(honest, route=route), parents='"projects/p/locations/l"')
    assert verdicts(report)["unknown.cancel-is-not-found"] == verdict
