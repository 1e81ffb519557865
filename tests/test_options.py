"""The options of a run: declared once, and the same object for the command line, for pytest and for workers."""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.commands import run
from conformance.errors import UsageError
from conformance.server.options import Options, declare_for_pytest, given_to_pytest
from tests.command_line import command
from tests.plain_pytest import plain_pytest

OF_PYTEST = [option for option in fields(Options) if option.metadata]
OF_RUN = [option for option in OF_PYTEST if option.metadata["is_of_run"]]


def words_of(option: Field[Any], prefix: str = "") -> list[str]:
    """The words that set an option to something else than its default."""
    if option.name == "config":
        return [f"--{prefix.rstrip('-')}", "given"] if prefix else ["given"]
    name = f"--{prefix}{option.name.replace('_', '-')}"
    if option.default is False:
        return [name]
    return [name, "7" if isinstance(option.default, int) else "given"]


def by_run(words: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser()
    run.add(parser.add_subparsers())
    return Options.read(vars(parser.parse_args(["run", *words])))


def by_pytest(words: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    declare_for_pytest(parser.add_argument)
    return given_to_pytest(vars(parser.parse_args(words)))


def test_without_words_all_is_as_declared() -> None:
    assert by_run([]) == by_pytest([]) == Options()
    assert all(option.default is not MISSING for option in fields(Options))


@pytest.mark.parametrize("option", OF_RUN, ids=lambda option: option.name)
def test_run_and_pytest_make_the_same_of_it(option: Field[Any]) -> None:
    options = by_run(words_of(option))
    assert options == by_pytest(words_of(option, "iut-"))
    changed = [one.name for one in fields(Options) if getattr(options, one.name) != one.default]
    assert changed == [option.name]


@pytest.mark.parametrize("option", OF_PYTEST, ids=lambda option: option.name)
def test_a_worker_is_handed_the_same(option: Field[Any]) -> None:
    options = by_pytest(words_of(option, "iut-"))
    assert Options(**options.as_json()) == options
    assert is_dataclass(options)
    assert hash(options)


@pytest.mark.parametrize(
    ("words", "named"), [(["--url", ""], "url"), (["--app="], "app"), (["--baseline", ""], "baseline")]
)
def test_what_is_empty_is_not_left_out(words: list[str], named: str) -> None:
    """As by `--url "$URL"` where the variable is not set: the embedded server was judged in its place."""
    with pytest.raises(UsageError, match=f"^--{named} is empty"):
        by_run(words)
    with pytest.raises(UsageError, match=f"^--iut-{named} is empty"):
        by_pytest([words[0].replace("--", "--iut-"), *words[1:]])


def test_a_configuration_without_a_name_is_none() -> None:
    with pytest.raises(UsageError, match=r"^CONFIG\.toml is empty"):
        by_run([""])
    with pytest.raises(UsageError, match=r"^--iut is empty"):
        by_pytest(["--iut", ""])


def test_what_is_given_twice_is_kept_twice() -> None:
    words = ["--allow-host", "a", "--allow-host", "b"]
    assert by_run(words).allow_host == ("a", "b")


@pytest.mark.parametrize(
    ("of_pytest", "workers"),
    [(False, ()), (False, ("-n", "2")), (True, ()), pytest.param(True, ("-n", "2"), marks=pytest.mark.proof)],
    ids=["run", "run with workers", "pytest", "pytest with workers"],
)
def test_an_option_reaches_the_checks_whoever_began_the_run(
    tmp_path: Path, of_pytest: bool, workers: tuple[str, ...]
) -> None:
    given = {"statement": "list=false", "report-dir": str(tmp_path), "seed": "11"}
    few = ("-k", "test_successful_cancel or test_list or test_every_listed", *workers)
    if of_pytest:
        words = plain_pytest(*(f"--iut-{name}={value}" for name, value in given.items()), *few)
        done = subprocess.run(words, capture_output=True, check=False, cwd=tmp_path, text=True, timeout=100)
        said = done.stdout + done.stderr
    else:
        ended = command("run", *(f"--{name}={value}" for name, value in given.items()), *few, cwd=tmp_path)
        said = ended.stdout + ended.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["seed"] == 11, said
    assert report["iut"]["statement"]["declared"]["list"] is False
    reasons = {entry["reason"] for entry in report["requirements"] if entry["verdict"] == "not-applicable"}
    assert "the conformance statement says list = false" in reasons
