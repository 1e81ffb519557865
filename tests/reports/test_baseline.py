"""The baseline file: what it may say, and what is said about everything else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.judging.baseline import Baseline, KnownFailure, is_same_check, read_baseline

ENTRY = """
[[known-failure]]
requirement = "response.status-is-200"
reason = "the gateway answers 204"
link = "https://tracker.example/1"
"""


def read(tmp_path: Path, text: str) -> Baseline:
    path = tmp_path / "baseline.toml"
    path.write_text(text, "utf-8")
    return read_baseline(path)


def refused(tmp_path: Path, text: str) -> str:
    """The message and the remedy; every message names the file."""
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert caught.value.message.startswith(f"{tmp_path / 'baseline.toml'}: ")
    assert caught.value.remedy
    return str(caught.value)


def test_an_entry_says_what_fails_why_and_where_that_is_dealt_with(tmp_path: Path) -> None:
    text = f'{ENTRY}\n{ENTRY}check = "test_traffic.py::test_x[y]"\nexpires = 2026-12-31\n'
    baseline = read(tmp_path, text)
    first = KnownFailure(1, "response.status-is-200", "the gateway answers 204", "https://tracker.example/1")
    assert baseline.file == str(tmp_path / "baseline.toml")
    assert baseline.entries[0] == first
    assert (baseline.entries[1].number, baseline.entries[1].check) == (2, "test_traffic.py::test_x[y]")
    assert baseline.entries[1].expires == date(2026, 12, 31)


@pytest.mark.parametrize("text", ["", "# There are no known failures.\n", "known-failure = []\n"])
def test_a_file_without_entries_is_a_baseline(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).entries == ()


@pytest.mark.parametrize("key", ["requirement", "reason", "link"])
def test_every_entry_has_requirement_reason_and_link(tmp_path: Path, key: str) -> None:
    lines = [line for line in ENTRY.splitlines() if not line.startswith(key)]
    assert f"has no {key}" in refused(tmp_path, "\n".join(lines))
    empty = [f'{key} = "  "' if line.startswith(key) else line for line in ENTRY.splitlines()]
    assert f"{key} is empty" in refused(tmp_path, "\n".join(empty))


def test_the_message_names_the_entry(tmp_path: Path) -> None:
    message = refused(tmp_path, ENTRY + ENTRY.replace("the gateway answers 204", ""))
    assert "entry 2 (response.status-is-200): reason is empty" in message
    assert "nobody but you can know" in message


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ('raeson = "x"', "did you mean reason?"),
        ("expire = 2026-01-01", "did you mean expires?"),
        ("xyzzy = 1", "has the keys requirement, check, reason, link, expires"),
    ],
)
def test_an_unknown_key_names_the_nearest(tmp_path: Path, line: str, hint: str) -> None:
    assert hint in refused(tmp_path, ENTRY + line)


def test_an_unknown_table_names_the_right_one(tmp_path: Path) -> None:
    assert "did you mean known-failure?" in refused(tmp_path, ENTRY.replace("known-failure", "known-failures"))
    assert "not a list of tables" in refused(tmp_path, "known-failure = 1")
    assert "not a list of tables" in refused(tmp_path, "[known-failure]\nrequirement = 'x'")


@pytest.mark.parametrize("line", ["requirement = 1", "reason = ['x']", "check = true"])
def test_a_value_that_is_no_text_is_refused(tmp_path: Path, line: str) -> None:
    key = line.partition(" ")[0]
    text = "\n".join([*(kept for kept in ENTRY.splitlines() if not kept.startswith(key)), line])
    assert f"{key} must be a text" in refused(tmp_path, text)


@pytest.mark.parametrize("link", ["tracker.example/1", "javascript:alert(1)", "https://", "https://a b", 'https://"x'])
def test_a_link_is_an_address(tmp_path: Path, link: str) -> None:
    text = ENTRY.replace('"https://tracker.example/1"', f"'{link}'")
    assert "is not an http address" in refused(tmp_path, text)


@pytest.mark.parametrize("day", ["'soon'", "''", "2026-01-01T00:00:00", "12", "true", "'2026-13-01'"])
def test_expires_is_a_date(tmp_path: Path, day: str) -> None:
    assert "is not a date" in refused(tmp_path, f"{ENTRY}expires = {day}")


def test_a_date_may_stand_in_quotes(tmp_path: Path) -> None:
    assert read(tmp_path, f"{ENTRY}expires = '2026-02-03'").entries[0].expires == date(2026, 2, 3)


def test_the_last_day_counts() -> None:
    entry = KnownFailure(1, "x", "r", "https://x", expires=date(2026, 2, 3))
    assert not entry.is_expired(date(2026, 2, 3))
    assert entry.is_expired(date(2026, 2, 4))
    assert not KnownFailure(1, "x", "r", "https://x").is_expired(date.max)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_baseline(tmp_path / "nowhere.toml")
    (tmp_path / "baseline.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="is not UTF-8"):
        read_baseline(tmp_path / "baseline.toml")
    assert "is not TOML" in refused(tmp_path, "[[known-failure]")


@pytest.mark.parametrize(
    "named",
    [
        "test_a.py::test_b[c.d]",
        "conformance/suite/test_a.py::test_b[c.d]",
        "test_b[c.d]",
        "test_b",
        "test_a.py::test_b",
    ],
)
def test_a_check_is_named_with_or_without_its_file_and_parameter(named: str) -> None:
    assert is_same_check(named, "test_a.py::test_b[c.d]")
    assert is_same_check(named, "conformance/suite/test_a.py::test_b[c.d]")


@pytest.mark.parametrize("named", ["test_a.py", "test_b[c]", "test_x", "test_x.py::test_b", ""])
def test_another_name_is_another_check(named: str) -> None:
    assert not is_same_check(named, "test_a.py::test_b[c.d]")
