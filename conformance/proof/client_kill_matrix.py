"""The kill matrix of the gate: every lying client breaks exactly what it declares, every correct one nothing.

It does with clients what `kill_matrix` does with servers. A run against a client mostly waits for real deadlines, so
several share a processor.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from conformance.judging.report import judgement_as_json
from conformance.proof.kill_matrix import MatrixResult, Subject, end_at_ctrl_c, outcome_of, start_method
from conformance.sdk.credentials import TOKEN, TOKEN_VARIABLE
from conformance.sdk.faults import client_faults
from conformance.sdk.gate import CONTRACT
from conformance.sdk.honest_driver import Client
from conformance.sdk.in_process import InProcess, driven
from conformance.sdk.judging import judge_performance
from conformance.sdk.naming import Naming
from conformance.sdk.play import perform
from conformance.sdk.scenarios import SCENARIOS
from conformance.sdk.variants import client_variants
from conformance.spec.contract import Contract

_THREADS = 4

_HELD_UP = frozenset({"client-wait.backs-off", "client-retry.pauses-are-made"})
"""Judged by pauses of some milliseconds: where the machine stands still as long, they say nothing of the client."""


def client_subjects() -> list[Subject]:
    """Every client fault, then every correct client."""
    faults = [
        Subject("fault", fault.name, frozenset(fault.breaks), actor="client", held_up=_HELD_UP)
        for fault in client_faults().values()
    ]
    return faults + [Subject("variant", name, actor="client", held_up=_HELD_UP) for name in client_variants()]


def run_client_matrix(chosen: Sequence[Subject], workers: int | None = None) -> Iterator[MatrixResult]:
    """Play all scenarios against each client; the outcomes come in the order of the subjects."""
    count = min(workers or os.cpu_count() or 1, len(chosen)) or 1
    # Each worker gets every n-th subject: those that wait long stand side by side in the list.
    shares = [list(chosen[start::count]) for start in range(count)]
    context = multiprocessing.get_context(start_method())
    with ProcessPoolExecutor(count, mp_context=context, initializer=_give_token) as pool:
        done = {outcome.subject: outcome for share in pool.map(_run_several, shares) for outcome in share}
    yield from (done[subject] for subject in chosen)


def _give_token() -> None:
    end_at_ctrl_c()
    os.environ[TOKEN_VARIABLE] = TOKEN


def _run_several(subjects: Sequence[Subject]) -> list[MatrixResult]:
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(_run_one, subjects))


def _run_one(subject: Subject) -> MatrixResult:
    began = time.perf_counter()
    performance = perform(lambda: InProcess(driven(_client(subject))), SCENARIOS, _naming())
    judged = judge_performance(performance)
    report = {
        "messages": performance.faults,
        "requirements": [judgement_as_json(judgement) for judgement in judged.judgements],
        "verdict": judged.verdict.value,
        "requests": performance.requests,
    }
    return outcome_of(subject, report, time.perf_counter() - began)


@functools.cache
def _naming() -> Naming:
    return Naming.of(Contract.load(CONTRACT))


def _client(subject: Subject) -> Client:
    if subject.kind == "fault":
        return client_faults()[subject.name].apply(Client())
    return client_variants()[subject.name].client
