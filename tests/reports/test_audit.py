"""`audit`: the rules over traffic that somebody else recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.exchange import Exchange
from conformance.exchange.har import HarContents, har_of
from conformance.judging.audit import Audit, audit
from conformance.server.target.configuration_file import declared_statement
from conformance.spec.catalogue import catalogue
from conformance.spec.contract import Contract
from tests.rules.traffic import OPERATION, Traffic, cancelled, running

CONTRACT = Contract.load("beyondcorp.v1")
ERROR = {"error": {"code": 404, "message": "no", "status": "NOT_FOUND"}}


def audited(*exchanges: Exchange, url: str = "", left_out: tuple[str, ...] = (), **statement: str) -> Audit:
    at = tuple(replace(exchange, origin=exchange.origin or "https://api.example") for exchange in exchanges)
    return audit(
        HarContents(at, left_out),
        CONTRACT,
        catalogue(),
        declared_statement(statement),
        file="x.har",
        now="2026-06-01T00:00:00Z",
        url=url,
    )


def verdicts(outcome: Audit) -> dict[str, str]:
    return {entry["id"]: entry["verdict"] for entry in outcome.report["requirements"]}


def entry(outcome: Audit, requirement: str) -> dict[str, Any]:
    return next(shown for shown in outcome.report["requirements"] if shown["id"] == requirement)


def test_what_a_recording_shows_is_judged_and_all_else_is_not_tested() -> None:
    traffic = Traffic()
    traffic.get(running())
    traffic.cancel()
    traffic.get(cancelled())
    outcome = audited(*traffic.exchanges)
    found = verdicts(outcome)
    assert found["response.empty-object"] == "pass"
    assert found["operation.done-is-boolean"] == "pass"
    assert found["routing.verb-is-exact"] == "not-tested"
    assert "a recording cannot show it" in entry(outcome, "routing.verb-is-exact")["reason"]
    assert found["delete.empty-object"] == "not-tested"
    assert set(found) == {requirement.id for requirement in catalogue().of("server")}
    assert (outcome.report["exit_status"], outcome.report["verdict"]) == (3, "incomplete")
    assert (outcome.report["requests"], outcome.report["operations"]) == (3, 1)


def test_a_violation_in_a_recording_is_shown_with_its_bytes() -> None:
    traffic = Traffic()
    traffic.cancel(answer={"name": OPERATION})
    outcome = audited(*traffic.exchanges)
    shown = entry(outcome, "response.empty-object")
    assert shown["verdict"] == "fail"
    assert shown["evidence"][0]["exchanges"][0]["request"]["target"] == f"/v1/{OPERATION}:cancel"
    assert outcome.report["exit_status"] == 1


def test_what_is_no_call_of_the_contract_is_not_judged() -> None:
    traffic = Traffic()
    traffic.send("GET", "/favicon.ico", b"<html>", 500)
    traffic.send("POST", f"/v1/{OPERATION}:frobnicate", {"x": 1}, 500)
    outcome = audited(*traffic.exchanges)
    assert set(verdicts(outcome).values()) == {"not-tested"}
    assert outcome.report["exit_status"] == 3
    assert outcome.report["requests"] == 0
    assert outcome.report["messages"][0] == "2 recorded exchanges, 0 of them calls of beyondcorp.v1"


def started() -> Exchange:
    traffic = Traffic()
    traffic.send("POST", "/v1/projects/demo/locations/us/things", {"name": OPERATION})
    return traffic.exchanges[0]


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (audited(), "no entry has a request and its answer"),
        (audited(left_out=("entry 0: no body",)), "no entry has a request and its answer"),
        (
            audited(started(), url="http://other"),
            "no exchange is with http://other; the recording is of https://api.ex",
        ),
        (audited(started()), "is a call of beyondcorp.v1; the first is POST /v1/projects/demo/locations/us/things"),
    ],
    ids=["empty", "incomplete entries", "another server", "only starts"],
)
def test_a_recording_in_which_nothing_was_judged_has_a_status_of_its_own(outcome: Audit, why: str) -> None:
    report = outcome.report
    assert (report["exit_status"], report["verdict_in_words"]) == (3, "incomplete: nothing was judged")
    said = " ".join(report["messages"])
    assert why in said
    assert "a recording needs calls of the operations that were started, such as POST /v1/{name=projects/*" in said


def test_a_recording_of_one_look_is_judged() -> None:
    traffic = Traffic()
    traffic.get(running())
    report = audited(*traffic.exchanges).report
    assert (report["exit_status"], report["verdict_in_words"]) == (3, "incomplete")
    assert "nothing was judged" not in " ".join(report["messages"])


def test_two_servers_with_operations_of_one_name_are_judged_apart() -> None:
    """Done on one and running on the other is no operation that came back to life."""
    traffic = Traffic()
    traffic.get(cancelled())
    traffic.get(running())
    one, two = traffic.exchanges
    assert verdicts(audited(one, two))["operation.done-is-final"] == "fail"
    apart = audited(one, replace(two, origin="https://staging.example"))
    assert verdicts(apart)["operation.done-is-final"] == "not-tested"


def test_a_url_chooses_the_server_and_takes_off_the_path_before_the_contract() -> None:
    traffic = Traffic()
    traffic.send("POST", f"/gateway/v1/{OPERATION}:cancel", {})
    (exchange,) = traffic.exchanges
    assert audited(exchange).report["requests"] == 0
    assert audited(exchange, url="https://api.example/gateway/").report["requests"] == 1
    elsewhere = audited(exchange, url="https://other.example/gateway")
    assert elsewhere.report["requests"] == 0
    assert any("another server" in message for message in elsewhere.report["messages"])


def test_what_was_left_out_is_said() -> None:
    outcome = audited(left_out=tuple(f"entry {number}: no body" for number in range(12)))
    messages = outcome.report["messages"]
    assert "not judged: entry 0: no body" in messages
    assert messages[-1] == "not judged: 2 entries more"


# --- the conformance statement ----------------------------------------------------------------------------------------


def test_the_form_of_errors_is_read_off_the_traffic() -> None:
    envelope, bare = Traffic(), Traffic()
    envelope.get(ERROR, 404)
    bare.get({"code": 5, "message": "no"}, 404)
    assert verdicts(audited(*envelope.exchanges))["errors.envelope"] == "pass"
    found = verdicts(audited(*bare.exchanges))
    assert found["errors.envelope"] == "not-applicable"
    assert found["errors.envelope-is-used"] == "warn"


def test_what_is_declared_wins() -> None:
    bare = Traffic()
    bare.get({"code": 5, "message": "no"}, 404)
    assert verdicts(audited(*bare.exchanges, errors="aip-193"))["errors.envelope"] == "fail"


def test_a_requirement_that_may_not_apply_is_not_judged() -> None:
    """A cancel answered with 501 says that it is not implemented: then no promise about its success is broken."""
    traffic = Traffic()
    traffic.cancel(answer={"error": {"code": 501, "message": "no", "status": "UNIMPLEMENTED"}}, status=501)
    traffic.get(cancelled())
    found = verdicts(audited(*traffic.exchanges))
    assert found["response.empty-object"] == "not-applicable"


# --- the command ------------------------------------------------------------------------------------------------------

SECRET = "hunter2-canary-hunter2"


def recording(tmp_path: Path, *exchanges: Exchange) -> Path:
    path = tmp_path / "traffic.har"
    at = [replace(exchange, origin="https://api.example") for exchange in exchanges]
    path.write_text(json.dumps(har_of(at, "2026-06-01T00:00:00Z")), "utf-8")
    return path


def test_no_secret_is_printed_or_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "job.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    traffic = Traffic()
    traffic.send(
        "POST", f"/v1/{OPERATION}:cancel?key={SECRET}", {"echo": SECRET}, headers=(("Set-Cookie", f"s={SECRET}"),)
    )
    (exchange,) = traffic.exchanges
    headers = (("Authorization", f"Bearer {SECRET}"), ("Cookie", f"a={SECRET}"))
    path = recording(tmp_path, replace(exchange, request=replace(exchange.request, headers=headers)))
    assert SECRET in path.read_text("utf-8"), "the canary is there to be found"
    assert main(["audit", str(path), "--report-dir", str(tmp_path / "report")]) == 1
    written = sorted(file.name for file in (tmp_path / "report").iterdir())
    assert written == ["report.html", "report.json", "summary.md", "traffic.har"]
    for file in (*(tmp_path / "report").iterdir(), summary):
        text = file.read_text("utf-8")
        assert SECRET not in text, file
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert "[secret" in printed.out


def test_the_command_prints_a_table_or_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    traffic = Traffic()
    traffic.cancel()
    path = recording(tmp_path, *traffic.exchanges)
    assert main(["audit", str(path)]) == 3
    assert "verdict: INCOMPLETE" in capsys.readouterr().out
    assert main(["audit", str(path), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["iut"]["name"] == "traffic in traffic.har"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--statement", "errors"], "is not KEY=VALUE"),
        (["--statement", "eror=status"], "did you mean"),
        (["--spec", "beyondcorp.v9"], "there is no spec"),
        (["--url", "api.example"], "is not an http address"),
    ],
)
def test_bad_options_are_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    path = recording(tmp_path)
    assert main(["audit", str(path), *options]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_no_har_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(tmp_path / "nowhere.har")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_an_edited_recording_of_ours_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    traffic = Traffic()
    traffic.get(running())
    document = har_of([replace(exchange, origin="https://api.example") for exchange in traffic.exchanges], "")
    document["log"]["entries"][0]["request"]["url"] = "https://api.example/v1/somewhere/else"
    path = tmp_path / "edited.har"
    path.write_text(json.dumps(document), "utf-8")
    assert main(["audit", str(path)]) == 3
    assert "warning: entry 1: its url disagrees with its _lro_conformance" in " ".join(capsys.readouterr().out.split())
