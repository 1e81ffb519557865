"""Disruptive checks: on this machine they are run, elsewhere when asked for, and no requirement hangs on them alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.run import configured_run
from conformance.server.run_suite import plan_run, run_quietly

REASON = "this check is disruptive, and the target is another machine; --disruptive runs it"


class Collected:
    """Which checks of the larger profiles verify what, and whether they are disruptive."""

    def __init__(self) -> None:
        self.firm: set[str] = set()
        self.disruptive: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            marker = item.get_closest_marker("requirement")
            if marker is None:
                continue
            if item.get_closest_marker("disruptive") is None:
                self.firm.add(marker.args[0])
            else:
                self.disruptive[item.nodeid] = marker.args[0]


@pytest.fixture(scope="module")
def collected() -> Collected:
    found = Collected()
    suite = Path(configured_run.__code__.co_filename).parent.parent / "suite"
    options = ["--collect-only", "-p", "no:cacheprovider", "-p", "no:terminal", "--iut-profile", "thorough"]
    assert pytest.main([*options, "-c", str(suite / "pytest.ini"), str(suite)], plugins=[found]) == 0
    return found


def test_no_requirement_hangs_on_a_disruptive_check_alone(collected: Collected) -> None:
    assert len(collected.disruptive) >= 8
    assert set(collected.disruptive.values()) <= collected.firm


def test_nothing_of_the_quick_profile_is_disruptive() -> None:
    assert _not_run(run_quietly(Options())) == []


@pytest.mark.parametrize(
    ("url", "disruptive", "may"),
    [
        ("http://127.0.0.1:1", False, True),
        ("http://[::1]:1", False, True),
        ("http://localhost:1", False, True),
        ("https://lro.example.com", False, False),
        ("https://lro.example.com", True, True),
        ("http://localhost.example.com", False, False),
        ("", False, True),
    ],
)
def test_who_may_be_disturbed(url: str, disruptive: bool, may: bool) -> None:
    assert configured_run(Options(url=url, disruptive=disruptive)).may_disrupt is may


def test_elsewhere_they_are_left_out_and_say_so(
    collected: Collected, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The machine is this one, but known to the run as another; what they add is not tested, and all else is."""
    monkeypatch.setattr("conformance.server.target.connect._is_loopback", lambda _: False)
    file = tmp_path / "conformance.toml"
    with running_server(reference_service()) as url:
        file.write_text(
            f'[iut]\nurl = "{url}"\nallow_hosts = ["127.0.0.1"]\n[operations]\n'
            'start = {method = "POST", path = "/v1/projects/demo/locations/us/operations:start", json = {mode = "run"}}'
        )
        settings = Options(config=str(file), profile="ci")
        report = run_quietly(settings)
    left_out = _not_run(report)
    # Nobody has to say who they are there, so nothing is asked of tokens.
    apart = {check: named for check, named in collected.disruptive.items() if not named.startswith("auth.")}
    assert len(left_out) == len(apart)
    verdicts = {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    assert {verdicts[requirement] for requirement in apart.values()} == {"pass"}
    assert report["verdict"] == "conformant"
    races = ("-k", "test_races")
    with_them = plan_run(replace(settings, disruptive=True), races)
    without = plan_run(settings, races)
    assert not any("great_storm" in call.check for call in without.calls)
    assert any("great_storm" in call.check for call in with_them.calls)


def _not_run(report: dict[str, Any]) -> list[str]:
    return [
        check["check"] for entry in report["requirements"] for check in entry["checks"] if check["reason"] == REASON
    ]
