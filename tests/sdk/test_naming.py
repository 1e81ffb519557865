"""Any contract: names are made from its template, and what it has no path for is not asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from conformance.errors import UsageError
from conformance.exchange import Method
from conformance.judging.verdict import RunVerdict, Verdict
from conformance.rules.client.turn import DriverRequest
from conformance.sdk.honest_driver import Client
from conformance.sdk.in_process import InProcess, driven
from conformance.sdk.judging import judge_performance
from conformance.sdk.lying_driver import client_of
from conformance.sdk.naming import Naming
from conformance.sdk.play import perform
from conformance.sdk.scenarios import SCENARIOS
from conformance.spec.contract import Contract

from .in_process import named

SELECTOR = "google.longrunning.Operations."


def contract(path: Path, template: str, version: str = "v2") -> Contract:
    """A contract whose operations are called so."""
    rules = {
        "CancelOperation": {"post": f"/{version}/{{name={template}}}:cancel", "body": "*"},
        "GetOperation": {"get": f"/{version}/{{name={template}}}"},
    }
    paths = {
        f"/{name}": {"get": {"x-google-http-rule": {"selector": SELECTOR + name, **rule}}}
        for name, rule in rules.items()
    }
    file = path / "contract.yaml"
    file.write_text(yaml.safe_dump({"openapi": "3.0.3", "info": {"title": "t", "version": version}, "paths": paths}))
    return Contract.load(file)


def client(naming: Naming) -> Client:
    """The honest client of another API."""
    return client_of(naming.contract)


@pytest.mark.parametrize(
    ("template", "parent", "operation"),
    [
        ("projects/*/locations/*/operations/*", "", "projects/conformance/locations/gate/operations/x"),
        ("projects/*/locations/*/operations/*", "projects/p/locations/l", "projects/p/locations/l/operations/x"),
        ("operations/**", "", "operations/x"),
        ("operations/*", "", "operations/x"),
        ("projects/*/instances/*/databases/*/operations/*", "", "projects/conformance/instances/gate/databases/third"),
        ("projects/*/tasks/**", "", "projects/conformance/tasks/x"),
        ("**", "", "x"),
    ],
)
def test_a_name_is_made_from_the_template(tmp_path: Path, template: str, parent: str, operation: str) -> None:
    naming = Naming.of(contract(tmp_path, template), parent)
    assert naming.operation("x").startswith(operation)
    assert naming.contract.binds(Method.CANCEL, naming.operation("x"))


def test_a_parent_that_fits_no_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"--parent: no operation below 'folders/f' can be cancelled\n  remedy: give one"
    ):
        Naming.of(contract(tmp_path, "projects/*/operations/*"), "folders/f")
    with pytest.raises(UsageError, match="'Empty' is not the full name of a message"):
        Naming.of(contract(tmp_path, "projects/*/operations/*"), "", "Empty")


def test_what_a_contract_has_a_path_for_is_no_name_without_one(tmp_path: Path) -> None:
    naming = Naming.of(contract(tmp_path, "operations/**"))
    lacking = {scenario.name: naming.lacks(scenario) for scenario in SCENARIOS if naming.lacks(scenario)}
    assert lacking["slash-in-id"] == "the contract has a path for 'operations/slash-in-id/b'"
    assert lacking["awkward-parent"] == "the contract leaves nothing of the parent open"
    assert "bare-id" not in lacking
    every = Naming.of(Contract.load("beyondcorp.v1"))
    assert not any(every.lacks(scenario) for scenario in SCENARIOS)


@pytest.mark.parametrize("template", ["operations/**", "projects/*/instances/*/operations/*"])
def test_an_honest_client_of_another_contract_conforms(tmp_path: Path, template: str) -> None:
    naming = Naming.of(contract(tmp_path, template))
    chosen = named("plain-cancel", "hash-in-id", "verb-in-id", "slash-in-id", "cancelled", "bare-id", "dot-segment")
    performance = perform(lambda: InProcess(driven(client(naming))), chosen, naming)
    verdicts = {judgement.verdict for judgement in judge_performance(performance, is_whole=False).judgements}
    assert verdicts <= {Verdict.PASS, Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE}
    liar = replace(client(naming), path=lambda method, name: client(naming).path(method, name).replace("/v2/", "/v1/"))
    lied = judge_performance(perform(lambda: InProcess(driven(liar)), chosen, naming), is_whole=False)
    failed = {judgement.requirement.id for judgement in lied.judgements if judgement.verdict is Verdict.FAIL}
    assert failed >= {"client-request.path-is-bound"}
    assert lied.verdict is RunVerdict.NOT_CONFORMANT


def test_a_version_of_another_contract_is_none_of_this_one(tmp_path: Path) -> None:
    """The first client speaks v1 of BeyondCorp to a server that has something else."""
    naming = Naming.of(contract(tmp_path, "projects/*/locations/*/operations/*", "v1beta1"))
    performance = perform(lambda: InProcess(driven(Client())), named("plain-cancel"), naming)
    failed = {
        judgement.requirement.id
        for judgement in judge_performance(performance, is_whole=False).judgements
        if judgement.verdict is Verdict.FAIL
    }
    assert failed == {"client-request.path-is-bound", "client-request.name-is-escaped"} & failed
    assert "client-request.path-is-bound" in failed


def test_the_response_is_of_the_type_that_is_named(tmp_path: Path) -> None:
    seen: list[bytes] = []
    naming = Naming.of(contract(tmp_path, "operations/*"), "", "conformance.example.Thing")
    honest = client(naming)

    def understand(method: str, answer: object) -> dict[str, object]:
        seen.append(answer.body)  # type: ignore[attr-defined]
        return honest.understand(method, answer)  # type: ignore[arg-type]

    def speaks(request: DriverRequest) -> bytes:
        return driven(replace(honest, understand=understand))(request)

    perform(lambda: InProcess(speaks), named("completed-despite-cancel"), naming)
    last = json.loads(seen[-1])
    assert last["response"] == {"@type": "type.googleapis.com/conformance.example.Thing"}
