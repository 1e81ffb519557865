"""Cancels that overlap are mixed up: of those under way at once the operation of the last is cancelled."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from conformance.lro.codes import Code
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.faults.lies import refusal
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly

CONFIG = """
[iut]
url = "{url}"
[operations]
start = {{method = "POST", path = "/v1/projects/demo/locations/us/operations:start", json = {{mode = "run"}}}}
settle = "1s"
[statement]
cancel = "guaranteed"
"""


def mixing() -> Service:
    honest = reference_service()

    def cancel(service: Service, call: Invocation) -> Message:
        service.scratch["name"] = call
        time.sleep(0.05)  # what the handler waits for
        return honest.cancel(service, service.scratch["name"])

    return replace(honest, cancel=cancel)


def test_a_server_that_mixes_up_overlapping_cancels_is_not_excused(tmp_path: Path) -> None:
    with running_server(mixing()) as url:
        (tmp_path / "conformance.toml").write_text(CONFIG.format(url=url), encoding="utf-8")
        report = run_quietly(Options(config=str(tmp_path / "conformance.toml")))
    verdicts = {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    assert verdicts["outcome.guaranteed"] == "fail"


def conflicting_at_first() -> Service:
    """Refuses plain cancels of what is done, as if another one were under way, until a cancel in another form came."""
    honest = reference_service()

    def cancel(service: Service, call: Invocation) -> Message:
        is_plain = call.request.body == b"{}" and "?" not in call.request.target
        if not is_plain:
            service.scratch[call.target] = "came in another form"
        elif call.target not in service.scratch and service.store.get(call.target).done:
            raise refusal(Code.ABORTED, "The operation is being changed.", "CONFLICT")
        return honest.cancel(service, call)

    return replace(honest, cancel=cancel)


def test_a_control_that_was_refused_for_the_moment_charges_no_form() -> None:
    """It may have overlapped with another cancel of the same operation: it is asked again, alone, as the forms are."""
    with running_server(conflicting_at_first()) as url:
        report = run_quietly(Options(url=url))
    told = [entry["id"] for entry in report["requirements"] if entry["verdict"] in ("fail", "warn")]
    assert [each for each in told if each.startswith(("body.", "query."))] == []
