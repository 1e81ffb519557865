"""Every published API is one command away: from its document a spec, and with that a run that is green."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.server.options import Options
from conformance.server.reference.bindings import bindings_for
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.run_suite import run_quietly
from conformance.spec.contract import Contract
from conformance.spec.discovery import spec_from_discovery
from tests.shapes import SHAPES, Shape, document_of


def written(folder: Path, document: dict[str, Any], name: str = "made") -> Path:
    spec = folder / f"{name}.yaml"
    spec.write_text(spec_from_discovery(document, f"{name}.json"), encoding="utf-8")
    return spec


def what_is_wrong(report: dict[str, Any]) -> list[str]:
    """What a run of an honest server must not say."""
    return [
        f"{entry['id']}: {entry['verdict']}: {entry['reason']}"
        for entry in report["requirements"]
        if entry["verdict"] in ("fail", "warn", "error") or (entry["verdict"], entry["level"]) == ("not-tested", "MUST")
    ]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_document_is_a_green_run(shape: Shape, tmp_path: Path) -> None:
    report = run_quietly(Options(spec=str(written(tmp_path, document_of(shape)))))
    assert what_is_wrong(report) == []
    assert (report["verdict"], report["exit_status"]) == ("conformant", 0)


@pytest.mark.parametrize("name", ["accesscontextmanager, any rest", "dns, a prefix", "alloydb, no body"])
def test_what_is_served_is_tested_with_the_same_spec_alone(name: str, tmp_path: Path) -> None:
    """`serve --spec X`, and `run --url URL --spec X`: parent and start path follow from the spec."""
    spec = written(tmp_path, document_of(SHAPES[name]))
    service = reference_service(bindings=bindings_for(Contract.load(spec).bindings))
    with running_server(service) as url:
        report = run_quietly(Options(spec=str(spec), url=url))
    assert what_is_wrong(report) == []
    assert report["exit_status"] == 0


def test_what_a_contract_does_not_bind_is_not_applicable(tmp_path: Path) -> None:
    shape = SHAPES["artifactregistry, no list"]
    report = run_quietly(Options(spec=str(written(tmp_path, document_of(shape)))))
    entries = {entry["id"]: entry for entry in report["requirements"]}
    for requirement in ("list.is-a-list", "delete.removes", "list.unsupported-is-unimplemented"):
        assert entries[requirement]["verdict"] == "not-applicable", entries[requirement]["reason"]


def test_without_a_body_no_text_says_what_becomes_of_content(tmp_path: Path) -> None:
    report = run_quietly(Options(spec=str(written(tmp_path, document_of(SHAPES["alloydb, no body"])))))
    entries = {entry["id"]: entry for entry in report["requirements"]}
    for requirement in (
        "body.empty-object-is-accepted",
        "body.malformed-json-is-invalid",
        "body.non-object-is-invalid",
    ):
        assert entries[requirement]["verdict"] == "not-applicable", entries[requirement]["reason"]
        assert "without a body" in entries[requirement]["reason"]
    assert entries["body.none-is-accepted"]["verdict"] == "pass"
    assert entries["target.body-name-never-redirects"]["verdict"] == "pass"


def test_every_binding_beside_the_first_is_tried(tmp_path: Path) -> None:
    report = run_quietly(Options(spec=str(written(tmp_path, document_of(SHAPES["observability, folders and more"])))))
    entries = {entry["id"]: entry for entry in report["requirements"]}
    assert entries["routing.additional-bindings-are-bound"]["verdict"] == "pass"
    parents = {name.partition("/")[0] for name in report["operation_names"]}
    assert parents == {"folders", "organizations", "projects"}


def _published() -> Iterator[Path]:
    """The documents that the installed google-api-python-client carries."""
    try:
        import googleapiclient
    except ImportError:
        return
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    yield from sorted(path for path in folder.glob("*.json") if ":cancel" in path.read_text(encoding="utf-8"))


NOT_OF_THIS_KIND = frozenset({"container.v1", "container.v1beta1"})
"""Their operations have a status of their own and no `done`: they are not google.longrunning."""


SHARDS = 8


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_published_document_is_a_green_run(shard: int, tmp_path: Path) -> None:
    """All that bind cancel of long-running operations; `pip install lro-conformance[proof]` brings them."""
    documents = list(_published())[shard::SHARDS]
    assert documents, (
        "install google-api-python-client, which carries the documents: pip install lro-conformance[proof]"
    )
    wrong = []
    for path in documents:
        name = path.stem
        try:
            spec = written(tmp_path, json.loads(path.read_text(encoding="utf-8")), name)
        except UsageError:
            if name in NOT_OF_THIS_KIND or not _cancels_operations(path):
                continue
            raise
        report = run_quietly(Options(spec=str(spec)))
        if what_is_wrong(report) or report["exit_status"] != 0:
            wrong.append(f"{name}: {report['verdict']}: {what_is_wrong(report)} {report['messages']}")
    assert not wrong, "\n".join(wrong)


def _cancels_operations(path: Path) -> bool:
    return 'operations.cancel"' in path.read_text(encoding="utf-8")
