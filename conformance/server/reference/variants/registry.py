"""The registry of correct variants: servers that differ wherever the contract leaves the choice.

A fault proves that a check can fail; a variant proves that it does not fail what the contract allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from conformance.errors import named
from conformance.server.reference.faults.registry import RUN, Apply
from conformance.server.reference.flavour import DEFAULT, FLAVOURS, Flavour
from conformance.server.reference.service import Service

NOTHING: Mapping[str, object] = MappingProxyType({})

NOTHING_IS_KNOWN_OF = frozenset(
    {
        "routing.verb-is-exact",
        "routing.only-post-cancels",
        "routing.encoded-slash-is-data",
        "routing.last-colon-separates-the-verb",
        "target.body-name-never-redirects",
        "target.query-name-never-redirects",
        "target.routing-header-never-redirects",
        "target.whole-name-counts",
        "target.other-operations-untouched",
        "target.only-its-cancel-cancels",
        "operation.reading-changes-nothing",
        "body.refused-cancel-changes-nothing",
        "auth.refused-cancel-changes-nothing",
    }
)
"""What cannot be judged if no cancel has a visible effect: whether a cancel affected another operation."""

ONLY_RUNNING_OPERATIONS_SHOW = frozenset(
    {
        "liveness.refused-body-is-no-request",
        "outcome.cancel-is-asynchronous",
        "outcome.cancelled-is-code-1",
        "outcome.running-can-be-cancelled",
        "outcome.still-listed",
        "repeat.is-accepted",
        "lifecycle.some-order-explains",
        "list.done-stays-listed",
        "routing.additional-bindings-are-bound",
        "routing.escaped-colon-is-data",
        "routing.every-id-is-bound",
    }
)
"""Other requirements that only a cancel of a running operation shows."""

LATE_WITHOUT_A_TRACE = frozenset({"late", "very-late"})
"""Worlds in which a cancel that does not win has no visible effect."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One correct server: `why` it may differ, and what the supply and the conformance statement say differently.

    The usual statement is: cancel guaranteed, with list, delete and authorisation, errors as in AIP-193. A variant
    declares what a run says of it: the `verdict`, the requirements it `warns` about, and those that are `not_tested`.
    In the worlds of `without_effect` none of its cancels has a visible effect.
    """

    name: str
    why: str
    apply: Apply
    start: Mapping[str, object] = field(default_factory=lambda: RUN)
    statement: Mapping[str, object] = field(default_factory=lambda: NOTHING)
    verdict: str = "conformant"
    warns: frozenset[str] = frozenset()
    not_tested: frozenset[str] = frozenset()
    without_effect: frozenset[str] = frozenset()

    def verdict_in(self, world: str) -> str:
        """The verdict of a run in a world."""
        return "incomplete" if world in self.without_effect else self.verdict

    def not_tested_in(self, world: str) -> frozenset[str]:
        """The requirements that a run in a world tries to test and cannot."""
        return self.not_tested | (NOTHING_IS_KNOWN_OF if world in self.without_effect else frozenset())


_VARIANTS: dict[str, Variant] = {}


def all_variants() -> dict[str, Variant]:
    """Every variant by its name."""
    return dict(_VARIANTS)


def variant_named(name: str) -> Variant:
    """The variant of this name. Raises UsageError, which names the nearest one."""
    return named(name, _VARIANTS, "variant", "`lro-conformance faults` lists them all")


def variant(
    *,
    start: Mapping[str, object] = RUN,
    statement: Mapping[str, object] = NOTHING,
    verdict: str = "conformant",
    warns: frozenset[str] = frozenset(),
    not_tested: frozenset[str] = frozenset(),
    without_effect: frozenset[str] = frozenset(),
) -> Callable[[Apply], Apply]:
    """Registers a function as a variant: its name with hyphens, the reason its docstring."""

    def registered(apply: Apply) -> Apply:
        name = apply.__name__.replace("_", "-")
        why = (apply.__doc__ or "").strip()
        _add(Variant(name, why, apply, start, statement, verdict, warns, not_tested, without_effect))
        return apply

    return registered


def flavour(
    name: str,
    why: str,
    start: Mapping[str, object] = RUN,
    statement: Mapping[str, object] = NOTHING,
    without_effect: frozenset[str] = frozenset(),
) -> None:
    """Registers a named flavour as a variant: its own settings, on top of those of a world."""
    settings = FLAVOURS[name]
    fields = {key: getattr(settings, key) for key in Flavour.__dataclass_fields__}
    changes = {key: value for key, value in fields.items() if value != getattr(DEFAULT, key)}

    def apply(honest: Service) -> Service:
        return flavoured(honest, **changes)

    _add(Variant(name, why, apply, start, statement, without_effect=without_effect))


def _add(new: Variant) -> None:
    if new.name in _VARIANTS:
        raise ValueError(f"two variants are named {new.name}")
    _VARIANTS[new.name] = new


def flavoured(honest: Service, **flavour: Any) -> Service:
    return replace(honest, flavour=replace(honest.flavour, **flavour))
