"""The conformance statement: what is declared wins, what is found out fills the rest, once."""

from __future__ import annotations

import pytest

from conformance.judging.statement import UNDECLARED, Statement, StatementSection
from conformance.spec.catalogue import Level, Requirement, Source, catalogue


def requirement(**when: tuple[object, ...]) -> Requirement:
    return Requirement("x.y", Level.MUST, "server", "It is so.", Source("d", "t", "s", "u"), when)


def test_nothing_said_rules_nothing_out() -> None:
    statement = Statement(StatementSection())
    needs = requirement(cancel=("guaranteed", "best-effort"), list=(True,))
    assert statement.value("cancel") is None
    assert statement.rules_out(needs) is None
    assert statement.open_condition(needs) == "cancel"
    assert statement.open_condition(requirement()) is None
    assert statement.as_json() == {"declared": {}, "found": {}}


def test_what_is_declared_rules_out_and_says_so() -> None:
    statement = Statement(StatementSection(cancel="unimplemented", list=False))
    assert statement.rules_out(requirement(cancel=("guaranteed", "best-effort"))) == (
        "the conformance statement says cancel = unimplemented"
    )
    assert statement.rules_out(requirement(list=(True,))) == "the conformance statement says list = false"
    assert statement.rules_out(requirement(cancel=("unimplemented",))) is None
    assert statement.rules_out(requirement(list=(False, True))) is None


def test_what_is_found_out_rules_out_and_says_why() -> None:
    statement = Statement(StatementSection(list=True))
    statement.find("delete", False, "a delete is answered with 501")
    assert statement.rules_out(requirement(delete=(True,))) == (
        "found out that delete = false: a delete is answered with 501"
    )
    assert not statement.is_declared("delete")
    assert statement.is_declared("list")
    assert statement.as_json() == {
        "declared": {"list": True},
        "found": {"delete": {"value": False, "because": "a delete is answered with 501"}},
    }


def test_what_only_the_statement_can_tell_is_not_found_out() -> None:
    statement = Statement(StatementSection())
    statement.find("unknown_fields", UNDECLARED, "the statement does not say")
    said = "the conformance statement does not declare unknown_fields"
    assert statement.rules_out(requirement(unknown_fields=("refused",))) == said


def test_a_finding_never_overrules_a_declaration() -> None:
    """An implementation that says it does and does not is not conformant; the statement must not adapt to it."""
    statement = Statement(StatementSection(cancel="guaranteed"))
    statement.find("cancel", "unimplemented", "501")
    assert statement.value("cancel") == "guaranteed"
    assert statement.rules_out(requirement(cancel=("guaranteed",))) is None


def test_the_first_finding_stays() -> None:
    statement = Statement(StatementSection())
    statement.find("auth", True, "the first look")
    statement.find("auth", False, "the second look")
    assert statement.value("auth") is True
    assert "the first look" in (statement.rules_out(requirement(auth=(False,))) or "")


@pytest.mark.parametrize("declared", [True, False])
def test_false_is_a_value_and_not_silence(declared: bool) -> None:
    statement = Statement(StatementSection(auth=declared))
    assert statement.value("auth") is declared
    assert statement.open_condition(requirement(auth=(True,))) is None


def test_every_condition_of_the_catalogue_is_a_key_of_the_statement_with_values_that_it_can_have() -> None:
    possible: dict[str, set[object]] = {
        "cancel": {"guaranteed", "best-effort", "unimplemented"},
        "list": {True, False},
        "delete": {True, False},
        "auth": {True, False},
        "errors": {"aip-193", "status"},
        "auth_order": {"first"},
        "unknown_fields": {"refused", "ignored", "undeclared"},
    }
    assert set(possible) == set(StatementSection.__dataclass_fields__)
    for entry in catalogue():
        for key, values in entry.when.items():
            assert set(values) <= possible[key], entry.id
        assert entry.declared in {"", *possible}, entry.id
