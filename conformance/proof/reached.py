"""How a fault or a variant is reached in a world: in this process, over a socket, by workers, or in a recording.

Each function runs the suite against the reference server with its fault, or as its variant, and returns the report.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.judging.traffic import DRAWN_TRAFFIC, TRAFFIC_CHECK
from conformance.lro import SystemClock, timestamp
from conformance.server.options import Options
from conformance.server.reference.auth import CLOUD_PLATFORM, Auth
from conformance.server.reference.build import reference_service
from conformance.server.reference.faults import all_faults
from conformance.server.reference.serve import running_server
from conformance.server.reference.variants import all_variants
from conformance.server.reference.worlds import world_named
from conformance.server.run_suite import run_quietly, run_recorded
from conformance.server.target.configuration import DEFAULT_START
from conformance.spec.contract import Contract
from conformance.spec.home import homes

_TOKEN, _WEAK_TOKEN = "token-of-the-proof-2f6c1b", "weak-token-of-the-proof-9d04e7"


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is tested: a fault or a variant by its name, in a world."""

    kind: str
    name: str
    world: str
    profile: str
    seed: int

    @property
    def options(self) -> Options:
        """The options of a run in this process."""
        fault, variant = (self.name if self.kind == kind else "" for kind in ("fault", "variant"))
        return Options(fault=fault, variant=variant, world=self.world, profile=self.profile, seed=self.seed)


def report_of(mutant: Mutant) -> Mapping[str, Any]:
    """The report of a run, made as the world says."""
    reached = world_named(mutant.world).reached
    if reached == "from a recording":
        return _audited(mutant)
    if reached == "in process":
        return run_quietly(mutant.options)
    with _served(mutant) as file:
        words = ("-n", "2") if reached == "by workers" else ()
        options = Options(config=str(file), profile=mutant.profile, seed=mutant.seed)
        return {**run_quietly(options, words), "messages": []}  # how slow this machine is says nothing


@contextmanager
def _served(mutant: Mutant) -> Iterator[Path]:
    """The server on a socket, and a configuration that leads there, with all that the embedded one declares."""
    subject = (all_faults() if mutant.kind == "fault" else all_variants())[mutant.name]
    auth = Auth({_TOKEN: frozenset({CLOUD_PLATFORM}), _WEAK_TOKEN: frozenset()})
    service = subject.apply(world_named(mutant.world).of(reference_service(SystemClock(), auth=auth)))
    os.environ.update(LRO_PROOF_MAIN=_TOKEN, LRO_PROOF_WEAK=_WEAK_TOKEN)
    with running_server(service) as url, tempfile.TemporaryDirectory(prefix="lro-conformance-") as folder:
        file = Path(folder) / "conformance.toml"
        file.write_text(_configuration(url, subject.start, subject.statement), encoding="utf-8")
        yield file


def _configuration(url: str, start: Mapping[str, object], statement: Mapping[str, object]) -> str:
    declared = {"cancel": "guaranteed", "list": True, "delete": True, "auth": True, "errors": "aip-193"}
    said = {**declared, "auth_order": "first", **statement}
    parents = [home.example for home in homes(Contract.load("beyondcorp.v1"))]
    method = 'method = "POST", path = "/v1/{parent}/operations:start"'
    return f"""
[iut]
url = "{url}"
parent = {json.dumps(parents)}
[auth]
kind = "bearer"
token_env = "LRO_PROOF_MAIN"
forbidden_token_env = "LRO_PROOF_WEAK"
[operations]
start = {{{method}, json = {_inline({**DEFAULT_START.json, **start})}}}
completed = {{start = {{{method}, json = {{mode = "done"}}}}}}
[statement]
{"".join(f"{key} = {json.dumps(value)}{chr(10)}" for key, value in said.items())}
"""


def _inline(table: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in table.items()) + "}"


def _audited(mutant: Mutant) -> Mapping[str, Any]:
    """The report of a run in this process; among its messages is what an audit of its traffic says otherwise."""
    from conformance.exchange.har import har_text, read_har
    from conformance.judging.audit import audit
    from conformance.server.target.configuration_file import declared_statement
    from conformance.spec.catalogue import catalogue

    report, traffic = run_recorded(mutant.options)
    declared = {key: str(value).lower() for key, value in report["iut"]["statement"]["declared"].items()}
    with tempfile.TemporaryDirectory(prefix="lro-conformance-") as folder:
        recording = Path(folder) / "traffic.har"
        recording.write_text("".join(har_text(traffic, report["started"])), "utf-8", "backslashreplace")
        audited = audit(
            read_har(recording),
            Contract.load("beyondcorp.v1"),
            catalogue(),
            declared_statement(declared),
            file=recording.name,
            now=timestamp(),
        )
    by_rules, by_audit = _broken_by_rules(report), _broken(audited.report)
    otherwise = [
        f"{name}: the rules say {in_the_run}, an audit of the recording says {in_the_audit}"
        for name in sorted(by_rules.keys() | by_audit.keys())
        if (in_the_run := by_rules.get(name, "nothing")) != (in_the_audit := by_audit.get(name, "nothing"))
    ]
    return {**report, "messages": [*report["messages"], *otherwise]}


def _broken(report: Mapping[str, Any]) -> dict[str, str]:
    """What is not kept, and whether that fails or warns."""
    return {entry["id"]: entry["verdict"] for entry in report["requirements"] if entry["verdict"] in ("fail", "warn")}


def _broken_by_rules(report: Mapping[str, Any]) -> dict[str, str]:
    """The same of the requirements of which a rule about all traffic said so in a run."""
    by_rules = {
        entry["id"]
        for entry in report["requirements"]
        for check in entry["checks"]
        if (TRAFFIC_CHECK in check["check"] or check["check"] == DRAWN_TRAFFIC) and check["finding"] == "violated"
    }
    return {name: verdict for name, verdict in _broken(report).items() if name in by_rules}
