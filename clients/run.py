"""Runs real SDKs through `lro-conformance sdk`, each against what is known of it.

    python clients/run.py [NAME...] [--report-dir DIR] [--require NAME...]

A client is a folder here: a driver, the versions it is pinned to in the manner of its ecosystem, and a baseline for
each transport it speaks, `baseline.toml` for REST and `baseline-grpc.toml` for gRPC. What it needs is installed or
built once, in `.interop/clients/`.

Exit status: 0 every run was as its baseline says (and there was one), 1 a difference, 2 something could not be run.
A client whose toolchain this machine lacks is skipped, aloud, unless it is required.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CLIENTS: Final = Path(__file__).resolve().parent
CHECKOUT: Final = CLIENTS.parent
CACHE: Final = CHECKOUT / ".interop" / "clients"
TRANSPORTS: Final = {"rest": "baseline.toml", "grpc": "baseline-grpc.toml"}
KNOWN: Final = tuple(sorted({file.parent.name for file in CLIENTS.glob("*/baseline*.toml")}))

SETUP_SECONDS: Final = 1800.0
RUN_SECONDS: Final = 900.0

VERDICTS: Final = {0: ("conformant", "conformant-except"), 1: ("not conformant",), 3: ("incomplete",)}
"""What the exit statuses of the gate may mean; any other is a failure to find anything."""

LINES_OF_CONSOLE: Final = 60

AS_BASELINE: Final = 0
DIFFERENT: Final = 1
FAILED: Final = 2


class Missing(Exception):
    """This machine lacks the toolchain of a client."""


class CannotSetUp(Exception):
    """The toolchain is there, and what the client needs could not be installed or built."""


@dataclass(frozen=True, slots=True)
class Driver:
    """How a driver is started."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Toolchain:
    """An ecosystem: the programs it needs, the files that say what is built, how that is done, and what comes of it."""

    programs: tuple[str, ...]
    inputs: tuple[str, ...]
    build: Callable[[Path, Path], None]
    driver: Callable[[Path, Path], Driver]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the table, and where the gate said more."""

    client: str
    transport: str
    verdict: str
    failed: str
    seconds: float
    status: int | None
    console: Path | None = None


# --- Toolchains: `build` takes the client's folder and its place in the cache, which is empty -------------------------


def _build_python(client: Path, place: Path) -> None:
    _run([sys.executable, "-m", "venv", place])
    pip = [_python(place), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    _run([*pip, "-r", client / "requirements.txt"])


def _build_node(client: Path, place: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(client / name, place)
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], place)


def _build_go(client: Path, place: Path) -> None:
    _run(["go", "build", "-trimpath", "-o", place / "driver", "."], client)


def _build_java(client: Path, place: Path) -> None:
    shutil.copy(client / "pom.xml", place)
    shutil.copytree(client / "src", place / "src")
    _run(["mvn", "-q", "-B", "compile", "dependency:copy-dependencies"], place)


def _build_rust(client: Path, place: Path) -> None:
    shutil.copy(client / "Cargo.toml", place)
    shutil.copytree(client / "src", place / "src")
    _run(["cargo", "build", "--quiet"], place)


def _build_nothing(_client: Path, _place: Path) -> None:
    """What it needs are the programs of the machine."""


def _python(place: Path) -> str:
    return str(place / "bin" / "python")


def _java(place: Path) -> Driver:
    # A short life: what a JVM would gain by compiling well it would not live to see.
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
    return Driver(["java", *quick, "-cp", f"{place / 'target' / 'classes'}:{place / 'target' / 'lib'}/*", "Driver"])


TOOLCHAINS: Final = {
    "python": Toolchain(
        (sys.executable,),
        ("requirements.txt",),
        _build_python,
        lambda client, place: Driver([_python(place), str(client / "driver.py")]),
    ),
    "node": Toolchain(
        ("node", "npm"),
        ("package.json", "package-lock.json"),
        _build_node,
        lambda client, place: Driver(["node", str(client / "driver.js")], {"NODE_PATH": str(place / "node_modules")}),
    ),
    "go": Toolchain(
        ("go",), ("go.mod", "go.sum", "main.go"), _build_go, lambda _, place: Driver([str(place / "driver")])
    ),
    "java": Toolchain(("java", "mvn"), ("pom.xml", "src"), _build_java, lambda _, place: _java(place)),
    "rust": Toolchain(
        ("cargo",),
        ("Cargo.toml", "src"),
        _build_rust,
        lambda _, place: Driver([str(place / "target" / "debug" / "driver")]),
    ),
    "bash": Toolchain(
        ("bash", "curl", "jq"),
        ("driver.sh",),
        _build_nothing,
        lambda client, _: Driver(["bash", str(client / "driver.sh")]),
    ),
}
"""By the first word of a client's name."""


# --- One client -------------------------------------------------------------------------------------------------------


def set_up(name: str) -> Driver:
    """The client's driver, with all that it needs. Raises Missing or CannotSetUp."""
    client, toolchain, place, complete = _whereabouts(name)
    lacking = [program for program in toolchain.programs if shutil.which(program) is None]
    if lacking:
        raise Missing(f"{name}: this machine has no {' and no '.join(lacking)}")
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            print(f"{name}: making {place.relative_to(CHECKOUT)} (once)", file=sys.stderr, flush=True)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            toolchain.build(client, place)
            complete.touch()
    return toolchain.driver(client, place)


def set_up_already(name: str) -> Driver | None:
    """The client's driver if an earlier run has set it up."""
    client, toolchain, place, complete = _whereabouts(name)
    return toolchain.driver(client, place) if complete.exists() else None


def gate(name: str, transport: str, driver: Driver, report_dir: Path, baseline: Path) -> Outcome:
    """Run the gate; its exit status decides, its report says how it went."""
    shutil.rmtree(report_dir, ignore_errors=True)  # an old report must never pass for this run's
    report_dir.mkdir(parents=True)
    command = [sys.executable, "-m", "conformance", "sdk", "--transport", transport]
    command += ["--baseline", str(baseline), "--report-dir", str(report_dir)]
    environment = {**os.environ, **driver.environment, "PYTHONPATH": str(CHECKOUT)}
    started = time.monotonic()
    said = report_dir / "console.txt"
    with said.open("w", encoding="utf-8") as console:
        try:
            done = subprocess.run(
                [*command, "--", *driver.command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                timeout=RUN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome(name, transport, "failed", f"took longer than {RUN_SECONDS:g} s", RUN_SECONDS, FAILED, said)
    seconds = time.monotonic() - started
    if done.returncode not in VERDICTS or not (report_dir / "report.json").exists():
        return Outcome(name, transport, "failed", f"see {said}", seconds, FAILED, said)
    report = json.loads((report_dir / "report.json").read_text("utf-8"))
    unexpected = ("fail", "unexpected-pass", "error")
    found = [
        f"{entry['id']} ({entry['verdict']})" for entry in report["requirements"] if entry["verdict"] in unexpected
    ]
    known = sum(entry["verdict"] == "known-failure" for entry in report["requirements"])
    words = ", ".join([*found, *report["messages"], *([f"{known} known"] if known else [])])
    if report["verdict"] not in VERDICTS[done.returncode]:
        return Outcome(name, transport, "failed", f"exit status {done.returncode}; see {said}", seconds, FAILED, said)
    status = DIFFERENT if done.returncode else AS_BASELINE
    return Outcome(name, transport, report["verdict"], words, seconds, status, said)


def outcomes(name: str, report_dir: Path, is_required: bool) -> Iterator[Outcome]:
    """The client over every transport that it has a baseline for."""
    try:
        driver = set_up(name)
    except Missing as why:
        yield Outcome(name, "", "missing", str(why), 0.0, FAILED if is_required else None)
        return
    except CannotSetUp as why:
        yield Outcome(name, "", "not set up", str(why), 0.0, FAILED)
        return
    for transport, file in TRANSPORTS.items():
        baseline = CLIENTS / name / file
        if baseline.exists():
            yield gate(name, transport, driver, report_dir / f"{name}-{transport}", baseline)


def _run(command: Sequence[str | Path], directory: Path | None = None) -> None:
    """A step of a build. Raises CannotSetUp, with the last it said, when it does not succeed."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SETUP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotSetUp(f"{' '.join(words[:3])} … took longer than {SETUP_SECONDS:g} s") from None
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()[-15:]
        raise CannotSetUp("\n    ".join([f"{' '.join(words[:3])} … ended with status {done.returncode}", *said]))


def _whereabouts(name: str) -> tuple[Path, Toolchain, Path, Path]:
    """The folder of a client, its toolchain, its place in the cache, and the file that says that it is complete.

    The file is written last: a place without it was left half-way and is made again.
    """
    client, toolchain = CLIENTS / name, TOOLCHAINS[name.partition("-")[0]]
    place = CACHE / f"{name}-{_fingerprint(client, toolchain)}"
    return client, toolchain, place, place / ".complete"


def _fingerprint(client: Path, toolchain: Toolchain) -> str:
    """Of what is built, and with which interpreter: whoever changes either gets a new place, and never a stale one."""
    digest = hashlib.sha256(sys.version.encode())
    for pattern in toolchain.inputs:
        for path in sorted([client / pattern, *(client / pattern).rglob("*")]):
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


# --- All of them ------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Run real SDKs through the gate, each against its baseline.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(KNOWN)}; all without any")
    parser.add_argument("--report-dir", type=Path, default=CHECKOUT / ".interop" / "reports" / "clients")
    parser.add_argument("--require", nargs="+", default=[], metavar="NAME", help="those that must not be missing")
    options = parser.parse_args(arguments)
    for name in (*options.names, *options.require):
        if name not in KNOWN:
            parser.error(f"there is no client {name!r}; choose from {', '.join(KNOWN)}")
    names = dict.fromkeys([*options.names, *options.require] if options.names else KNOWN)
    table: list[Outcome] = []
    for name in names:
        for outcome in outcomes(name, options.report_dir.resolve(), name in options.require):
            table.append(outcome)
            print(_line(outcome), *_end_of_console(outcome), sep="\n", flush=True)
    return overall([outcome.status for outcome in table])


def overall(statuses: Sequence[int | None]) -> int:
    """The exit status for those of the runs (None: missing). Nothing run is never a success."""
    ran = [status for status in statuses if status is not None]
    if not ran:
        print("no client was run", file=sys.stderr)
        return FAILED
    return max(ran)


def _line(outcome: Outcome) -> str:
    name, seconds = f"{outcome.client} {outcome.transport}".strip(), f"{outcome.seconds:.1f} s"
    return f"{name:<28} {outcome.verdict:<16} {seconds:>7}  {outcome.failed}".rstrip()


def _end_of_console(outcome: Outcome) -> list[str]:
    """What the gate said last of a run that was not as its baseline says; the machine that ran it may be gone soon."""
    if outcome.status == AS_BASELINE or outcome.console is None:
        return []
    lines = outcome.console.read_text("utf-8", "replace").splitlines()
    return [f"    {line}" for line in lines[-LINES_OF_CONSOLE:]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
