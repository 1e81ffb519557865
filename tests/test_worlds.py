"""Faults are found, and for their own reason, where a cancel takes effect late and nothing shows it before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.commands.faults import described
from conformance.proof.kill_matrix import run_matrix, subjects
from conformance.server.options import Options
from conformance.server.reference.faults import all_faults
from conformance.server.reference.worlds import all_worlds
from conformance.server.run_suite import run_quietly

START = '{method = "POST", path = "/v1/projects/demo/locations/us/operations:start", json = {mode = "run"}}'

SAMPLE = {
    "late": ("query-name-wins", "parent-is-ignored", "cancels-the-next-too", "verb-in-any-case", "default"),
    "very-late": ("get-cancels", "malformed-json-cancels-all-the-same", "fails-by-its-own-schedule"),
}
"""Ways in which an operation is touched that must not be, and a correct server; the proof has them all."""


def inexact(world: str, names: tuple[str, ...]) -> str:
    """What is not as declared of these subjects in a world."""
    sample = [subject for subject in subjects(world) if subject.name in names]
    assert len(sample) == len(names)
    return "\n".join(described(outcome) for outcome in run_matrix(sample) if not outcome.is_exact)


@pytest.mark.parametrize(("world", "names"), SAMPLE.items(), ids=SAMPLE)
def test_what_touches_another_operation_is_found_when_it_shows(world: str, names: tuple[str, ...]) -> None:
    assert not (found := inexact(world, names)), found


@pytest.mark.parametrize(
    ("world", "names"),
    [
        ("lagging-list", ("get-of-a-cancelled-one-is-499", "cancelled-is-listed-but-not-got")),
        ("lagging-list", ("cancel-unimplemented", "operations-end-at-once")),
        ("with-trace", ("not-found-creates-later", "refused-delete-is-queued")),
    ],
)
def test_a_list_that_says_nothing_yet_and_what_leaves_no_trace_are_waited_for(
    world: str, names: tuple[str, ...]
) -> None:
    assert not (found := inexact(world, names)), found


@pytest.mark.parametrize(
    ("world", "names"),
    [
        ("socket", ("answers-nothing", "default")),
        ("workers", ("answers-nothing",)),
        ("recording", ("answers-nothing", "default")),
    ],
)
def test_a_fault_is_found_however_the_server_is_reached(world: str, names: tuple[str, ...]) -> None:
    assert not (found := inexact(world, names)), found


def test_every_world_that_a_fault_names_is_one() -> None:
    for fault in all_faults().values():
        assert set(fault.unseen) | set(fault.by_chance) <= set(all_worlds()), fault.name
        assert not set(fault.unseen) & set(fault.by_chance), fault.name
        assert set(fault.unseen_part) <= set(fault.breaks), fault.name


@pytest.mark.parametrize(
    ("variant", "fails"), [("default", []), ("list-forgets-cancelled-operations", ["outcome.still-listed"])]
)
def test_a_list_that_lags_is_waited_for(variant: str, fails: list[str], tmp_path: Path) -> None:
    """Not by luck: no other wait comes before it where a target has one parent."""
    file = tmp_path / "conformance.toml"
    file.write_text(f'[iut]\nparent = "projects/demo/locations/us"\n[operations]\nstart = {START}\n', encoding="utf-8")
    options = Options(config=str(file), world="lagging-list")
    report = run_quietly(replace(options, fault=variant) if fails else replace(options, variant=variant))
    assert [entry["id"] for entry in report["requirements"] if entry["verdict"] == "fail"] == fails


@pytest.mark.parametrize(("watch", "changes"), [("1s", False), ("10s", True)])
def test_an_operation_is_watched_after_its_end_for_as_long_as_is_said(
    watch: str, changes: bool, tmp_path: Path
) -> None:
    """The worker of this one reports seconds after the end; quick, by itself, does not wait for it."""
    file = tmp_path / "conformance.toml"
    file.write_text(f'[operations]\nstart = {START}\nwatch = "{watch}"\n', encoding="utf-8")
    report = run_quietly(Options(config=str(file), fault="late-report-replaces-the-result"))
    failed = [entry["id"] for entry in report["requirements"] if entry["verdict"] == "fail"]
    assert failed == (["operation.result-is-final"] if changes else [])


def test_a_late_server_costs_few_requests_more_than_one_at_once(tmp_path: Path) -> None:
    """Of a target that has one parent, as most have, and asks for credentials: of these about 40 requests are about."""
    file = tmp_path / "conformance.toml"
    file.write_text(f'[iut]\nparent = "projects/demo/locations/us"\n[operations]\nstart = {START}\n', encoding="utf-8")
    at_once, very_late = (
        run_quietly(Options(config=str(file), variant="default", world=world)) for world in ("at-once", "very-late")
    )
    assert at_once["requests"] <= 220
    assert at_once["operations"] <= 16
    assert very_late["operations"] == at_once["operations"]
    assert very_late["requests"] - at_once["requests"] < 25
