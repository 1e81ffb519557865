"""The kill matrix of the gate: every client fault breaks exactly what it declares, and every honest client nothing."""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from urllib.parse import quote

import pytest

from conformance.reports.verdict import Verdict
from conformance.sdk.faults import client_faults
from conformance.sdk.honest_driver import Client, headers, path

from .in_process import driven, judged, not_kept

PROCESSES = 2
THREADS = 4

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs share the interpreter's state by fork")


def _query(text: str) -> Client:
    return Client(path=lambda method, name: path(method, name) + text)


def _routed(safe: str) -> Client:
    def routed(method: str, name: str) -> dict[str, str]:
        return headers(method, name) | {"x-goog-request-params": f"name={quote(name, safe=safe)}"}

    return Client(headers=routed)


def _lower_case(target: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), target)


HONEST = {
    "as it is": Client(),
    "no body": Client(body=lambda _name: None),
    "a line of JSON": Client(body=lambda _name: b"{}\n"),
    "alt": _query("?alt=json"),
    "alt and prettyPrint": _query("?alt=json&prettyPrint=false"),
    "dollar alt": _query("?$alt=json%3Benum-encoding=int"),
    "dollar alt escaped": _query("?%24alt=json%3Benum-encoding%3Dint"),
    "empty query": _query("?"),
    "colon as it is": Client(path=lambda method, name: path(method, name).replace("%3A", ":")),
    "lower-case escapes": Client(path=lambda method, name: _lower_case(path(method, name))),
    "routing header": _routed(""),
    "routing header with slashes": _routed("/"),
    "no credentials": Client(headers=lambda _method, _name: {}),
}


def _client(subject: str) -> Client:
    return HONEST[subject] if subject in HONEST else client_faults()[subject].apply(Client())


def _broken(subject: str) -> tuple[str, dict[str, str], int]:
    """What of a client is not kept, or an error, each with its reason; and how many requirements passed."""
    judgements = judged(driven(_client(subject)))
    errors = {name: judgement.reason for name, judgement in judgements.items() if judgement.verdict is Verdict.ERROR}
    passed = [judgement for judgement in judgements.values() if judgement.verdict is Verdict.PASS]
    return subject, not_kept(judgements) | errors, len(passed)


def _several(subjects: list[str]) -> list[tuple[str, dict[str, str], int]]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(_broken, subjects))


def _all(subjects: Iterable[str]) -> Iterator[tuple[str, dict[str, str], int]]:
    """Every subject against every scenario. A run mostly waits, so several of them share a processor."""
    everyone = list(subjects)
    shares = [everyone[start::PROCESSES] for start in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("fork")) as pool:
        for share in pool.map(_several, shares):
            yield from share


@needs_fork
def test_every_fault_breaks_exactly_what_it_declares() -> None:
    wrong = {
        fault: {"declared": sorted(client_faults()[fault].breaks), "found": broken}
        for fault, broken, _ in _all(client_faults())
        if set(broken) != set(client_faults()[fault].breaks)
    }
    # Deadlines are real here. What differs on a busy machine is tried again alone, and only that counts.
    wrong = {
        fault: {**first, "again": broken}
        for fault, first in wrong.items()
        for _, broken, _ in [_broken(fault)]
        if set(broken) != set(client_faults()[fault].breaks)
    }
    assert wrong == {}


@needs_fork
def test_an_honest_client_breaks_nothing_however_it_writes_its_requests() -> None:
    for subject, broken, passed in _all(HONEST):
        assert (subject, broken) == (subject, {})
        assert passed >= 50, subject


def test_there_are_enough_liars() -> None:
    assert len(client_faults()) >= 25
