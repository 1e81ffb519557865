"""Operations from Python: by the configuration or by a fixture; every mistake of the function is one clear message."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.errors import TargetError, UsageError
from conformance.lro import VirtualClock
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.run_suite import run_quietly
from conformance.server.target import python_supply
from conformance.server.target.configuration import Configuration, LimitsSection, OperationsSection, SupplyForm
from conformance.server.target.credentials import Credentials
from conformance.server.target.iut import Iut
from conformance.server.target.ledger import read_contents
from conformance.server.target.python_supply import call, load
from tests.plain_pytest import plain_pytest
from tests.targets.memory import MemoryTransport, ok, target_of
from tests.targets.test_iut import CONTRACT, PARENT

STARTING = f"""
import httpx

def start():
    return httpx.post("{{url}}/v1/{PARENT}/operations:start", json={{{{"mode": "run"}}}}).json()["name"]
"""


@pytest.fixture
def url() -> Iterator[str]:
    with running_server(reference_service()) as served:
        yield served


def iut_with(form: SupplyForm, clock: VirtualClock | None = None, timeout: float = 10) -> Iut:
    target = target_of(MemoryTransport(ok), LimitsSection(timeout=timeout), clock=clock)
    return Iut(Configuration(operations=OperationsSection(running=form)), CONTRACT, target, Credentials())


def test_a_run_with_a_function_beside_the_configuration(url: str, tmp_path: Path) -> None:
    (tmp_path / "jobs_of_this_test.py").write_text(STARTING.format(url=url))
    file = tmp_path / "conformance.toml"
    file.write_text(f'[iut]\nurl = "{url}"\n[operations]\npython = "jobs_of_this_test:start"\n')
    report = run_quietly(Options(config=str(file), report_dir=str(tmp_path / "report")))
    assert report["verdict"] == "conformant"
    assert (report["left_over"], report["messages"]) == ([], [])
    entries = read_contents(tmp_path / "report" / "ledger.jsonl").entries
    assert {entry.supply for entry in entries} == {"python"}
    assert sorted(entry.name for entry in entries) == sorted(report["operation_names"])


@pytest.mark.parametrize(
    "where", [["--iut-url", "URL"], ["--iut", "conformance.toml"]], ids=["of a url", "of a file that has none"]
)
def test_a_fixture_of_the_users_is_the_supply(url: str, tmp_path: Path, where: list[str]) -> None:
    """With a beginning and an end of its own, as fixtures have."""
    (tmp_path / "conftest.py").write_text(
        "import pathlib, pytest\n"
        + STARTING.format(url=url)
        + '@pytest.fixture(scope="session")\ndef iut_operations():\n    yield start\n'
        + f'    pathlib.Path("{tmp_path}/ended").touch()\n'
    )
    (tmp_path / "conformance.toml").write_text(f'[iut]\nurl = "{url}"\n')
    done = _pytest(tmp_path, *(word.replace("URL", url) for word in where), "--iut-report-dir", "report", *FEW)
    assert "verdict: INCOMPLETE" in done.stdout, done.stdout + done.stderr
    assert (tmp_path / "ended").exists()
    entries = read_contents(tmp_path / "report" / "ledger.jsonl").entries
    assert {entry.supply for entry in entries} == {"python"}


@pytest.mark.proof
@pytest.mark.parametrize("where", [["--rootdir", "."], ["-c", "pytest.ini"]])
def test_with_a_fixture_as_the_supply_a_server_conforms(url: str, tmp_path: Path, where: list[str]) -> None:
    (tmp_path / "conftest.py").write_text(FIXTURE.format(url=url))
    (tmp_path / "conformance.toml").write_text(f'[iut]\nurl = "{url}"\n')
    done = _pytest(tmp_path, "--iut", "conformance.toml", *where)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict: CONFORMANT" in done.stdout


def test_a_fixture_that_raises_is_one_message_and_no_traceback(url: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest\ndef start():\n    raise LookupError('no quota left')\n"
        '@pytest.fixture(scope="session")\ndef iut_operations():\n    return start\n'
    )
    done = _pytest(tmp_path, "--iut-url", url, *FEW)
    assert done.returncode == 2
    assert "the function start that starts operations raised LookupError: no quota left" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_fixture_without_a_target_does_not_accuse_the_embedded_server(url: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(FIXTURE.format(url=url))
    done = _pytest(tmp_path, *FEW)
    assert done.returncode == 2
    assert "nothing says on which server they are" in done.stdout
    assert "remedy: give --iut-url" in done.stdout


FEW = ("-k", "test_outcome")
"""Checks enough to need an operation."""

FIXTURE = "import pytest\n" + STARTING + '@pytest.fixture(scope="session")\ndef iut_operations():\n    return start\n'


def _pytest(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (directory / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        plain_pytest(*options), capture_output=True, text=True, cwd=directory, timeout=120, check=False
    )


MODULES = {
    "missing": (None, "cannot be imported: ModuleNotFoundError: No module named 'supply_missing'"),
    "broken": ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero"),
    "wrong": ("def (", "cannot be imported: SyntaxError: "),
    "empty": ("", "supply_empty has no function 'start'"),
    "value": ("start = 1", "supply_value has no function 'start'"),
}


@pytest.mark.parametrize(("name", "source", "said"), [(name, *what) for name, what in MODULES.items()], ids=MODULES)
def test_what_cannot_be_imported(name: str, source: str | None, said: str, tmp_path: Path) -> None:
    if source is not None:
        (tmp_path / f"supply_{name}.py").write_text(source)
    with pytest.raises(UsageError) as caught:
        load(f"supply_{name}:start", tmp_path)
    assert said in caught.value.message
    assert "operations.python" in caught.value.message
    assert caught.value.remedy


def _raise(error: BaseException) -> Callable[[], str]:
    def start() -> str:
        raise error

    return start


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (
            _raise(RuntimeError("no quota\n\x1b[2Jverdict: CONFORMANT")),
            r"raised RuntimeError: no quota\n\x1b[2Jverdict",
        ),
        (_raise(KeyError()), "raised KeyError"),
        (_raise(SystemExit(0)), "raised SystemExit: 0"),
        (lambda: None, "returned None, which is no name"),
        (lambda: "", "returned '', which is no name"),
        (lambda: "a\nb", r"returned 'a\nb', which is no name"),
        (lambda: 7, "returned 7, which is no name"),
    ],
    ids=["raises", "raises without a text", "exits", "nothing", "empty", "two lines", "a number"],
)
def test_a_function_that_starts_nothing(start: Callable[[], str], said: str) -> None:
    with pytest.raises(TargetError) as caught:
        call(start)
    assert said in caught.value.message
    assert caught.value.remedy


def test_a_function_that_never_returns_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(python_supply, "SUPPLY", 0.05)
    began = time.monotonic()
    with pytest.raises(TargetError, match=r"has not returned after 0\.05 s"):
        call(lambda: str(never.wait()))
    assert time.monotonic() - began < 5
    never.set()


def test_one_that_fails_among_several_loses_none_of_the_others() -> None:
    names = iter([f"{PARENT}/operations/a", f"{PARENT}/operations/b"])

    def start() -> str:
        try:
            return next(names)
        except StopIteration:
            raise RuntimeError("enough") from None

    iut = iut_with(SupplyForm(function=start))
    with pytest.raises(TargetError, match="enough"):
        iut.running(3)
    assert sorted(iut.supply.handed_out) == [f"{PARENT}/operations/a", f"{PARENT}/operations/b"]


@pytest.mark.parametrize(
    ("each", "count", "said"),
    [
        (1.0, 3, None),
        (11.0, 1, "1 operations took 11.0 s, the slowest 11.0 s"),
        (8.0, 8, "8 operations took 64.0 s, the slowest 8.0 s"),
    ],
    ids=["fast", "one is slow", "all are slow"],
)
def test_a_slow_supply_is_told(each: float, count: int, said: str | None) -> None:
    clock = VirtualClock()
    names = (f"{PARENT}/operations/{number}" for number in range(99))

    def start() -> str:
        clock.sleep(each)
        return next(names)

    iut = iut_with(SupplyForm(function=start), clock)
    for _ in range(count):
        iut.running(1)
    warnings = iut.supply_warnings()
    assert len(warnings) == (said is not None)
    assert all(str(said) in warning for warning in warnings)


def test_operations_that_end_too_soon_are_told_with_the_time_they_ran(url: str, tmp_path: Path) -> None:
    file = tmp_path / "conformance.toml"
    file.write_text(
        f'[iut]\nurl = "{url}"\n[operations]\n'
        f'start = {{method = "POST", path = "/v1/{PARENT}/operations:start", json = {{mode = "done"}}}}\n'
    )
    report = run_quietly(Options(config=str(file)))
    reasons = {entry["reason"] for entry in report["requirements"] if entry["verdict"] == "not-tested"}
    told = [reason for reason in reasons if "already done when it is first looked at, at most 0." in reason]
    assert told
    assert all("let [operations] start operations that run for about 30 s" in reason for reason in told)
    assert report["verdict"] == "incomplete"


def test_a_second_operation_that_ends_before_its_cancel_accuses_nobody(url: str, tmp_path: Path) -> None:
    """The first runs until it is cancelled, the others end at once; this server refuses to cancel what is done."""
    (tmp_path / "short_ones.py").write_text(
        STARTING.format(url=url)
        + f"""
number = 0

def start_short():
    global number
    number += 1
    if number <= 2:
        return start()
    return httpx.post("{url}/v1/{PARENT}/operations:start", json={{"mode": "done"}}).json()["name"]
"""
    )
    file = tmp_path / "conformance.toml"
    file.write_text(f'[iut]\nurl = "{url}"\n[operations]\npython = "short_ones:start_short"\n')
    report = run_quietly(Options(config=str(file)))
    accused = [entry["id"] for entry in report["requirements"] if entry["verdict"] in ("fail", "warn", "error")]
    assert accused == []
    assert report["verdict"] == "incomplete"
