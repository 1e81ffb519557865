"""A store that keeps a few operations drops what still runs: that is its fault, and no cancel's and no delete's."""

from __future__ import annotations

from dataclasses import replace

from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly

KEPT = 8


def forgetful() -> Service:
    honest = reference_service()
    kept: list[str] = []

    def start(service: Service, call: Invocation) -> Message:
        message = honest.start(service, call)
        kept.append(message["name"])
        if len(kept) > KEPT:
            oldest = kept.pop(0)
            if oldest in {each.name for each in service.store.list(oldest.partition("/operations/")[0])}:
                service.store.delete(oldest)
        return message

    return replace(honest, start=start)


def test_what_a_store_drops_is_charged_to_no_cancel_and_no_delete() -> None:
    with running_server(forgetful()) as url:
        report = run_quietly(Options(url=url))
    verdicts = {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    assert verdicts["target.other-operations-untouched"] != "fail"
    assert verdicts["operation.stays-readable"] == "fail"
