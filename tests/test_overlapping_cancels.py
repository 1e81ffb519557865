"""Cancels that overlap are mixed up: of those under way at once the operation of the last is cancelled."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from conformance.server.options import Options
from conformance.server.reference.build import reference_service
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
