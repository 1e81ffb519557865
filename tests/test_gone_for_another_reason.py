"""Operations that are gone, or ended, for another reason than the one that a check asks about."""

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
    """One that keeps a few operations drops what still runs."""
    with running_server(forgetful()) as url:
        report = run_quietly(Options(url=url))
    verdicts = {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    assert verdicts["target.other-operations-untouched"] != "fail"
    assert verdicts["operation.stays-readable"] == "fail"


def test_a_server_that_reads_no_body_leaves_nothing_untested() -> None:
    """It cancels an operation that others read: as most services of a few lines, which never look at the body."""
    with running_server(replace(reference_service(), read_body=lambda _service, _call: {})) as url:
        report = run_quietly(Options(url=url))
    verdicts = {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    assert verdicts["operation.reading-changes-nothing"] == "pass"
    assert verdicts["body.malformed-json-is-invalid"] == "warn"
    assert report["verdict"] == "conformant"
