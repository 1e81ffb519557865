"""The kill matrix: the proof that every check can fail, and fails for its own reason.

The suite is run against every fault of the reference server and against every correct variant. A fault is *killed
exactly* when the requirements that fail or warn are those that it declares, no more and no fewer; a variant must stay
green. Each run happens in a process of its own, so that none leaves anything behind for the next.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.server.reference.faults import all_faults
from conformance.server.reference.faults.registry import GENERAL
from conformance.server.reference.variants import all_variants
from conformance.server.reference.worlds import AT_ONCE

SubjectKind = Literal["fault", "variant"]
Actor = Literal["server", "client"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Something to judge, a server or a client, and the requirements that have to fail or warn.

    What fails or warns in one run and not in another is `by_chance`; `held_up` is what a busy machine may leave
    untested. Of a variant everything that is said is declared: the `verdict` of the run, and what is `not_tested` in it
    although some check tried.
    """

    kind: SubjectKind
    name: str
    breaks: frozenset[str] = frozenset()
    at_least: bool = False
    profile: str = "quick"
    actor: Actor = "server"
    verdict: str = "conformant"
    not_tested: frozenset[str] = frozenset()
    world: str = AT_ONCE.name
    by_chance: frozenset[str] = frozenset()
    held_up: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MatrixResult:
    """What was said of a subject.

    `broken` maps each requirement that failed or warned to a sentence that says why. `first_at` is the number of the
    request with which the first violation was complete; 0 when there was none. `not_tested` are the requirements that
    a check tried and could not judge. `verdicts` has every requirement.
    """

    subject: Subject
    broken: Mapping[str, str]
    errors: Sequence[str]
    verdict: str
    first_at: int
    requests: int
    seconds: float
    not_tested: frozenset[str] = frozenset()
    verdicts: Mapping[str, str] = field(default_factory=dict)

    @property
    def missed(self) -> frozenset[str]:
        return self.subject.breaks - self.broken.keys() - (self.subject.held_up & self.not_tested)

    @property
    def unexpected(self) -> frozenset[str]:
        if self.subject.at_least:
            return frozenset()
        return frozenset(self.broken.keys() - self.subject.breaks - self.subject.by_chance - GENERAL)

    @property
    def is_exact(self) -> bool:
        """Whether the suite found what the subject declares, and nothing else."""
        as_expected = not self.missed and not self.unexpected and not self.errors
        return as_expected and (self.subject.kind == "fault" or not self.undeclared)

    @property
    def undeclared(self) -> list[str]:
        """What was found about a variant and is not declared, and what is declared and was not found."""
        subject = self.subject
        return [
            *([f"verdict {self.verdict} instead of {subject.verdict}"] if self.verdict != subject.verdict else []),
            *(f"not tested: {name}" for name in sorted(self.not_tested - subject.not_tested - subject.held_up)),
            *(f"tested after all: {name}" for name in sorted(subject.not_tested - self.not_tested)),
        ]


_SAID_BY_THE_OTHER = ("target.only-its-cancel-cancels", "outcome.not-deleted")
"""What a worker says of an operation of its own that the request of another one has hit, which it does not know."""


def subjects(world: str = AT_ONCE.name) -> list[Subject]:
    """Every fault of the reference server, then every variant of it, as they are in a world."""
    faults = [
        Subject(
            "fault",
            fault.name,
            frozenset(fault.breaks_in(world)),
            fault.at_least,
            fault.profile,
            world=world,
            by_chance=frozenset((*fault.breaks, *_SAID_BY_THE_OTHER) if world in fault.by_chance else ()),
        )
        for fault in all_faults().values()
    ]
    return faults + [
        Subject(
            "variant",
            one.name,
            one.warns,
            verdict=one.verdict_in(world),
            not_tested=one.not_tested_in(world),
            world=world,
        )
        for one in all_variants().values()
    ]


def faults_by_requirement(chosen: Iterable[Subject]) -> dict[str, tuple[str, ...]]:
    """The faults among some subjects that break each requirement, as they declare it."""
    found: dict[str, list[str]] = {}
    for subject in chosen:
        if subject.kind == "variant":
            continue
        for requirement in subject.breaks:
            found.setdefault(requirement, []).append(subject.name)
    return {requirement: tuple(faults) for requirement, faults in found.items()}


def run_matrix(chosen: Sequence[Subject], seed: int = 0, workers: int | None = None) -> Iterator[MatrixResult]:
    """Run the suite against each subject, once; the outcomes come in the order of the subjects."""
    _preload(chosen)
    count = workers or os.cpu_count() or 1
    context = multiprocessing.get_context(start_method())
    with ProcessPoolExecutor(count, mp_context=context, initializer=_collect_less_garbage) as pool:
        yield from pool.map(_run_one, [(subject, seed) for subject in chosen])


def _collect_less_garbage() -> None:
    """Imported modules stay, and a run ends before it leaves much garbage."""
    end_at_ctrl_c()
    gc.freeze()
    gc.set_threshold(100_000)


def end_at_ctrl_c() -> None:
    """A worker of a matrix ends without a traceback: the process that was told says that it was interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start_method() -> str:
    """How workers are started: a forked one has everything imported already; without fork, each imports for itself."""
    return "fork" if "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin" else "spawn"


def _preload(chosen: Sequence[Subject]) -> None:
    """Import what each worker would import for itself, also what only the checks of ci import, when they use it."""
    import conformance.server.plugin
    import conformance.server.reference.build
    import conformance.server.reference.in_process
    import conformance.server.run_suite
    import conformance.server.target.connect
    import conformance.suite.conftest

    assert conformance.server.plugin
    if any(subject.profile == "ci" for subject in chosen):
        import hypothesis.stateful
        import schemathesis.specs.openapi.checks

        assert hypothesis.stateful
        assert schemathesis.specs.openapi.checks


def _run_one(task: tuple[Subject, int]) -> MatrixResult:
    from conformance.proof.reached import Mutant, report_of

    subject, seed = task
    began = time.perf_counter()
    report = report_of(Mutant(subject.kind, subject.name, subject.world, subject.profile, seed))
    return outcome_of(subject, report, time.perf_counter() - began)


def outcome_of(subject: Subject, report: Mapping[str, Any], seconds: float) -> MatrixResult:
    """What a report says of a subject: its verdict, requirements, requests, and the messages of what went wrong."""
    broken: dict[str, str] = {}
    errors: list[str] = list(report["messages"])
    first_at: list[int] = []
    for entry in report["requirements"]:
        if entry["verdict"] in ("fail", "warn"):
            broken[entry["id"]] = entry["reason"]
            first_at += [
                max(exchange["number"] for exchange in violation["exchanges"])
                for violation in entry["evidence"]
                if violation["exchanges"]
            ]
        elif entry["verdict"] == "error":
            errors.append(f"{entry['id']}: {entry['reason']}")
    first = min(first_at, default=0)
    verdict, requests = report["verdict"], report["requests"]
    verdicts = {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    return MatrixResult(subject, broken, errors, verdict, first, requests, seconds, _not_tested(report), verdicts)


def _not_tested(report: Mapping[str, Any]) -> frozenset[str]:
    """What some check tried and could not judge."""
    return frozenset(
        entry["id"] for entry in report["requirements"] if entry["verdict"] == "not-tested" and entry["checks"]
    )
