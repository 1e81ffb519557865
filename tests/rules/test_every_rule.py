"""Every rule, by cases: what it calls kept, what it calls a violation, and what it says nothing about."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from _pytest.mark import ParameterSet

import conformance.rules.server
from conformance.rules import Complaint
from conformance.rules.server import all_rules, authorisation, outcome, routing
from tests.rules import (
    cases_bare_name,
    cases_errors,
    cases_lifecycle,
    cases_lists,
    cases_operation,
    cases_reading,
    cases_response,
    cases_traces,
    test_rules_answers,
    test_rules_authorisation,
    test_rules_effects,
    test_rules_outcome,
    test_rules_routing,
    test_rules_unsupported,
)
from tests.rules.cases import Cases, Story, traffic_of

CASES: dict[str, Cases] = {
    **cases_response.CASES,
    **cases_errors.CASES,
    **cases_operation.CASES,
    **cases_reading.CASES,
    **cases_lifecycle.CASES,
    **cases_traces.CASES,
    **cases_lists.CASES,
    **cases_bare_name.CASES,
}


def _each(kind: str) -> list[ParameterSet]:
    return [
        pytest.param(requirement, story, id=f"{requirement}: {title}")
        for requirement, cases in CASES.items()
        for title, story in getattr(cases, kind).items()
    ]


def judgements(requirement: str, story: Story) -> list[Complaint | None]:
    return list(all_rules()[requirement].judgements(traffic_of(story).exchanges))


def test_cases_are_for_rules_that_exist() -> None:
    idle = sorted(set(CASES) - set(all_rules()))
    assert not idle, (
        f"cases in tests/rules/cases_*.py are for {', '.join(idle)}, which has no rule: correct the id or delete them"
    )


@pytest.mark.parametrize("kind", ["kept", "violated", "silent"])
@pytest.mark.parametrize("requirement", sorted(all_rules()))
def test_every_rule_has_a_case_of_every_kind(requirement: str, kind: str) -> None:
    stories = getattr(CASES[requirement], kind) if requirement in CASES else {}
    assert stories, (
        f"{requirement} has no case that is {kind}: give CASES in tests/rules/cases_*.py stories of all three kinds "
        f"(kept, violated, silent) and run `python -m pytest tests/rules/test_every_rule.py -k {requirement}`"
    )


@pytest.mark.parametrize(
    ("oracles", "tests"),
    [
        (authorisation, [test_rules_authorisation]),
        (outcome, [test_rules_outcome, test_rules_answers, test_rules_unsupported, test_rules_effects]),
        (routing, [test_rules_routing]),
    ],
    ids=["authorisation", "outcome", "routing"],
)
def test_every_oracle_has_tests(oracles: ModuleType, tests: list[ModuleType]) -> None:
    """An oracle is a function that carries no decorator; a file of its module's tests uses it by its name."""
    rules = {rule.judge.__name__ for rule in all_rules().values()}
    public = {
        name
        for name, function in vars(oracles).items()
        if inspect.isfunction(function) and function.__module__ == oracles.__name__ and not name.startswith("_")
    }
    used = {name for module in tests for name in vars(module)}
    untested = sorted(public - rules - {"described"} - used)
    assert not untested, f"no test calls {', '.join(untested)} of {oracles.__name__}: write one in {tests[0].__name__}"


@pytest.mark.parametrize(("requirement", "story"), _each("kept"))
def test_kept(requirement: str, story: Story) -> None:
    """The rule has something to say, and nothing to complain about."""
    found = judgements(requirement, story)
    assert found
    assert [violation for violation in found if violation is not None] == []


@pytest.mark.parametrize(("requirement", "story"), _each("violated"))
def test_violated(requirement: str, story: Story) -> None:
    """The complaint says something, and shows exchanges of the traffic."""
    violations = [violation for violation in judgements(requirement, story) if violation is not None]
    assert violations
    for violation in violations:
        assert violation.message.strip()
        assert violation.exchanges
        assert set(violation.exchanges) <= set(traffic_of(story).exchanges)


@pytest.mark.parametrize(("requirement", "story"), _each("silent"))
def test_silent(requirement: str, story: Story) -> None:
    """Neither kept nor violated: traffic that shows nothing must not make a requirement look tested."""
    assert judgements(requirement, story) == []


def test_whoever_judges_has_every_rule() -> None:
    """A process that runs no check, such as that of an audit, has loaded no more than the package loads."""
    program = "from conformance.rules.server import all_rules; print(len(all_rules()))"
    alone = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    written = sum(
        len(re.findall(r"^@(?:exchange|history|traffic)_rule\(", path.read_text(encoding="utf-8"), re.MULTILINE))
        for path in Path(conformance.rules.server.__file__).parent.glob("*.py")
    )
    assert int(alone.stdout) == written
