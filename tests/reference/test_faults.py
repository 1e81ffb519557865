"""What the registry of faults promises, and that no fault is one in name only."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache

import pytest

from conformance.errors import UsageError
from conformance.server.reference.faults import GENERAL, Fault, all_faults, fault_named, overlap
from conformance.server.reference.flavour import DEFAULT, Flavour
from conformance.server.reference.service import Service
from conformance.server.reference.variants import Variant, all_variants, registry
from conformance.spec.catalogue import Level, catalogue

from .transcript import Answer, differs, hold_the_first, overlapping_transcript, service_for_scripts, transcript

FAULTS = all_faults()
VARIANTS = all_variants()
STATEMENT: dict[str, object] = {
    "cancel": "guaranteed",
    "list": True,
    "delete": True,
    "auth": True,
    "errors": "aip-193",
    "unknown_fields": None,
}

OF_SERVERS = {each.id: each for each in catalogue().of("server")}
JUDGED = {name for name, each in OF_SERVERS.items() if each.level is not Level.MAY}

NEEDS_OVERLAP = {name for name, each in FAULTS.items() if inspect.getmodule(each.apply) is overlap}

LIKE_THE_DEFAULT = {"default", "says-that-unknown-fields-are-refused"}
"""Variants that answer as the server does by itself; what differs of the second is what is said of it."""

STATE = {"store", "flavour", "auth", "bindings", "log", "scratch"}
STEPS = [each.name for each in fields(Service) if each.name not in STATE]


@cache
def honest_transcript(start: tuple[tuple[str, object], ...], flavour: Flavour) -> list[Answer]:
    return transcript(replace(service_for_scripts(), flavour=flavour), dict(start))


def honestly(start: Mapping[str, object], flavour: Flavour = DEFAULT) -> list[Answer]:
    return honest_transcript(tuple(sorted(start.items())), flavour)


def tells_by_flavour_alone(honest: Service, liar: Service) -> bool:
    """Whether no step of the service was exchanged: then the lie is that this flavour is not what was stated."""
    return all(getattr(honest, step) is getattr(liar, step) for step in STEPS)


def test_faults_are_many() -> None:
    assert len(FAULTS) >= 100


def test_every_judged_requirement_has_a_fault() -> None:
    assert not JUDGED - {requirement for fault in FAULTS.values() for requirement in fault.breaks}


def test_the_general_requirements_exist() -> None:
    assert GENERAL <= JUDGED


def test_every_fault_is_well_described() -> None:
    for fault in FAULTS.values():
        assert fault.name == fault.apply.__name__.replace("_", "-")
        assert fault.lie == inspect.getdoc(fault.apply), f"{fault.name}: the lie is one line"
        assert fault.lie.endswith((".", '."')), fault.name
        assert fault.breaks, fault.name
        assert set(fault.breaks) <= JUDGED, fault.name
        assert len(set(fault.breaks)) == len(fault.breaks), fault.name


def test_every_fault_applies_where_its_requirements_do() -> None:
    """A requirement whose condition the fault's own statement rules out could never be seen broken."""
    for fault in FAULTS.values():
        assert set(fault.statement) <= set(STATEMENT), fault.name
        stated = STATEMENT | dict(fault.statement)
        for requirement in fault.breaks:
            for key, values in OF_SERVERS[requirement].when.items():
                assert stated[key] in (None, *values), f"{fault.name}: {requirement} needs {key} in {values}"


def as_stated(fault: Fault) -> Flavour:
    """The flavour of an honest service of which is said what is said of this one."""
    return replace(DEFAULT, unknown_body=fault.statement.get("unknown_fields", DEFAULT.unknown_body))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fault", [each for name, each in FAULTS.items() if name not in NEEDS_OVERLAP], ids=lambda fault: fault.name
)
def test_fault_changes_an_answer(fault: Fault) -> None:
    """Where a lie comes with a flavour, it is compared with an honest service of that flavour."""
    honest = service_for_scripts()
    liar = fault.apply(honest)
    flavour = as_stated(fault) if tells_by_flavour_alone(honest, liar) else liar.flavour
    assert differs(liar, fault.start, honestly(fault.start, flavour))


@pytest.mark.parametrize("name", sorted(NEEDS_OVERLAP))
def test_overlap_changes_an_answer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "hold", hold_the_first)
    fault = FAULTS[name]
    lies = overlapping_transcript(fault.apply(service_for_scripts()), fault.start)
    assert lies != overlapping_transcript(service_for_scripts(), fault.start)


def test_unknown_fault_is_told_the_nearest() -> None:
    assert fault_named("query-name-wins").breaks == ("target.query-name-never-redirects",)
    with pytest.raises(UsageError, match="did you mean query-name-wins"):
        fault_named("query-nam-wins")


def test_no_two_variants_have_one_name() -> None:
    def default(honest: Service) -> Service:
        """Differs in nothing."""
        return honest

    with pytest.raises(ValueError, match="two variants are named default"):
        registry.variant()(default)


def test_variants_are_many() -> None:
    assert len(VARIANTS) >= 14


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
def test_variant_answers_properly(variant: Variant) -> None:
    """It says why it may differ, and it differs; and it never breaks down."""
    assert variant.why
    assert "\n" not in variant.why
    assert set(variant.statement) <= set(STATEMENT)
    answers = transcript(variant.apply(service_for_scripts()), variant.start)
    assert not [answer for answer in answers if answer[2:3] == (500,)]
    run = honestly({"mode": "run"})
    assert (answers == run) is (variant.name in LIKE_THE_DEFAULT)
