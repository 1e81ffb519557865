"""What the reference server stands on: neither the rules it will be judged by, nor anything slow to import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import conformance

PACKAGE = Path(conformance.__file__).parent
FILES = sorted(path.stem for path in (PACKAGE / "server" / "reference").glob("*.py") if path.stem != "__init__")


def modules_after(statement: str) -> set[str]:
    program = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    return set(json.loads(done.stdout))


@pytest.fixture(scope="module")
def everything() -> set[str]:
    return modules_after("import " + ", ".join(f"conformance.server.reference.{name}" for name in FILES))


@pytest.mark.parametrize(
    "part", ["rules", "suite", "server.target", "server.plugin", "sdk", "judging", "reports", "cli"]
)
def test_reference_server_does_not_know(everything: set[str], part: str) -> None:
    assert not {name for name in everything if name.startswith(f"conformance.{part}")}


@pytest.mark.parametrize("heavy", ["uvicorn", "hypothesis", "schemathesis", "pytest", "pydantic", "starlette", "yaml"])
def test_nothing_heavy_is_imported_before_it_is_needed(everything: set[str], heavy: str) -> None:
    assert heavy not in everything


def test_the_service_alone_needs_no_http_client() -> None:
    assert not {"httpx", "respx", "asyncio"} & modules_after("import conformance.server.reference.build")
