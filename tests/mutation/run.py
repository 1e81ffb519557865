"""Mutates our own oracles, model and templates with mutmut, and prints a table by module and every survivor.

    python -m tests.mutation.run                              everything; about 40 minutes of one core
    python -m tests.mutation.run conformance.rules.server.errors     one module, or several

It works in a copy under build/mutation (see `tests.mutation.rewrite` for what is done to it there), which stays until
the next run: `cd build/mutation && mutmut show NAME` shows a survivor. What is mutated, and which tests judge it,
stands in pyproject.toml. The exit status says nothing of the score, for a survivor is a question to a person; the
answers are in docs/mutation.md.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.mutation.rewrite import reachable

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutation"
_COPIED = ("conformance", "specs", "tests", "conftest.py", "pyproject.toml", "README.md")
_ALIVE = {"survived", "no tests", "suspicious"}
"""What mutmut says of a mutant that no test noticed; one that ran into the time limit was noticed."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("modules", nargs="*", metavar="MODULE", help="a dotted name; all if none is given")
    arguments.add_argument("--processes", type=int, default=1, help="mutants that are tested at once (1)")
    chosen = arguments.parse_args()
    unknown = set(chosen.modules) - {_dotted(file.relative_to(ROOT)) for file in _mutated_files(ROOT)}
    if unknown:
        arguments.error(f"not mutated: {', '.join(sorted(unknown))}; pyproject.toml, [tool.mutmut] says what is")
    prepare()
    patterns = [f"{module}.*__mutmut_*" for module in chosen.modules]
    subprocess.run(
        [*_mutmut("run"), "--max-children", str(chosen.processes), *patterns], cwd=COPY, check=True, env=_env()
    )
    results = subprocess.run(
        [*_mutmut("results"), "--all", "true"], cwd=COPY, check=True, env=_env(), capture_output=True, text=True
    )
    print(table(verdicts(results.stdout.splitlines(), patterns)))


def prepare() -> None:
    """Make the copy anew: what mutmut remembers of an earlier run is true of other tests than today's."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in _COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, COPY / name)
    for file in _mutated_files(COPY):
        file.write_text(reachable(file.read_text(encoding="utf-8")), encoding="utf-8")


def _mutated_files(root: Path) -> list[Path]:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return sorted(file for pattern in configuration["tool"]["mutmut"]["only_mutate"] for file in root.glob(pattern))


def _dotted(file: Path) -> str:
    return ".".join(file.with_suffix("").parts)


def _mutmut(command: str) -> list[str]:
    return [sys.executable, "-m", "mutmut", command]


def _env() -> dict[str, str]:
    """Without PYTHONPATH: the copy that mutmut makes must be imported, not the checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def verdicts(lines: Iterable[str], patterns: Iterable[str] = ()) -> dict[str, str]:
    """What `mutmut results` says of each mutant: its lines are `NAME: VERDICT`."""
    found = dict(line.strip().split(": ", 1) for line in lines if "__mutmut_" in line)
    chosen = list(patterns) or ["*"]
    return {name: verdict for name, verdict in found.items() if any(fnmatch.fnmatch(name, one) for one in chosen)}


def table(found: Mapping[str, str]) -> str:
    """Mutants, survivors and score by module, and the names of the survivors."""
    mutants = Counter(_module(name) for name in found)
    survivors = [name for name, verdict in found.items() if verdict in _ALIVE]
    alive = Counter(_module(name) for name in survivors)
    rows = [(module, mutants[module], alive[module]) for module in sorted(mutants)]
    rows.append(("together", mutants.total(), alive.total()))
    lines = ["| module | mutants | survivors | score |", "|---|---:|---:|---:|"]
    lines += [f"| {name} | {all_} | {left} | {100 * (all_ - left) / max(1, all_):.1f} % |" for name, all_, left in rows]
    return "\n".join([*lines, "", *survivors])


def _module(mutant: str) -> str:
    return mutant.rpartition(".")[0]


if __name__ == "__main__":
    main()
