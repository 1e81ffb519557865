"""The registry of faults.

A fault is a named defect: the honest service with one behaviour exchanged, and the requirements which that behaviour
makes false. What stands in `breaks` obeys three rules:

1. The sentence in the catalogue decides. A requirement that merely cannot be tested any more is not broken.
2. A special requirement takes its case out of a general one: a malformed body without credentials belongs to
   `auth.precedes-validation`, and so not to `auth.credentials-are-required`.
3. The requirements in `GENERAL` are about every answer. They stand in `breaks` only if no other requirement is broken;
any fault may break them in addition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from conformance.errors import named
from conformance.server.reference.service import Service

Apply = Callable[[Service], Service]
ProfileName = Literal["quick", "ci"]

RUN: Mapping[str, object] = MappingProxyType({"mode": "run"})
LATER: Mapping[str, object] = MappingProxyType({"mode": "cancel-later", "delay": 2})
"""Start bodies of the supply: operations that a cancel ends at once, or after a while in which one can look at them."""

BEST_EFFORT: Mapping[str, object] = MappingProxyType({"cancel": "best-effort"})
UNSUPPORTED: Mapping[str, object] = MappingProxyType({"cancel": "unimplemented"})
BARE: Mapping[str, object] = MappingProxyType({"errors": "status"})
"""Conformance statements that differ from the usual one: guaranteed, with list, delete and authorisation, AIP-193."""

GENERAL = frozenset({"lifecycle.some-order-explains", "schema.answers-conform"})
"""The requirements that say of every answer what others say of one."""

_NOTHING: Mapping[str, object] = MappingProxyType({})
_EVERYWHERE: Mapping[str, str] = MappingProxyType({})
NO_METADATA: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("late", "very-late"), "operations have no metadata there")
)
"""Worlds in which a defect of metadata cannot be seen, and why."""
NOT_KNOWN_BY_WHAT: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        ("late", "very-late", "with-trace"),
        "where a cancel is best effort and late, nothing shows that it was the cancel that ended the operation",
    )
)
"""Worlds in which a defect of the end of a cancelled operation cannot be seen, and why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One defect.

    `breaks` are the requirements that it makes false, and no others; with `at_least`, it may break more than these.
    `lie` says how. `apply` puts the fault into an honest service. `start` is the body with which the start hook is
    asked for operations, `statement` what the conformance statement says differently, `profile` the smallest that finds
    it. `unseen` maps worlds to the reason why the fault, or a part of `breaks`, cannot be seen there. `by_chance` maps
    worlds to the reason why one run sees it there and another does not.
    """

    name: str
    breaks: tuple[str, ...]
    lie: str
    apply: Apply
    start: Mapping[str, object] = field(default_factory=lambda: RUN)
    statement: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    profile: ProfileName = "quick"
    at_least: bool = False
    unseen: Mapping[str, str] = field(default_factory=lambda: _EVERYWHERE)
    unseen_part: tuple[str, ...] = ()
    by_chance: Mapping[str, str] = field(default_factory=lambda: _EVERYWHERE)

    def breaks_in(self, world: str) -> tuple[str, ...]:
        """The requirements that the fault visibly breaks in a world, in every run."""
        if world in self.by_chance:
            return ()
        if world not in self.unseen:
            return self.breaks
        return tuple(each for each in self.breaks if self.unseen_part and each not in self.unseen_part)


_FAULTS: dict[str, Fault] = {}


def fault(
    *,
    breaks: str | tuple[str, ...],
    start: Mapping[str, object] = RUN,
    statement: Mapping[str, object] = _NOTHING,
    profile: ProfileName = "quick",
    at_least: bool = False,
    unseen: Mapping[str, str] = _EVERYWHERE,
    unseen_part: tuple[str, ...] = (),
    by_chance: Mapping[str, str] = _EVERYWHERE,
) -> Callable[[Apply], Apply]:
    """Registers a function as a fault: its name with hyphens, its lie the first line of its docstring."""

    def registered(apply: Apply) -> Apply:
        name = apply.__name__.replace("_", "-")
        if name in _FAULTS:
            raise ValueError(f"two faults are named {name}")
        lie = (apply.__doc__ or "").strip().partition("\n")[0]
        of = (breaks,) if isinstance(breaks, str) else breaks
        _FAULTS[name] = Fault(name, of, lie, apply, start, statement, profile, at_least, unseen, unseen_part, by_chance)
        return apply

    return registered


def all_faults() -> dict[str, Fault]:
    """Every fault by its name, theme by theme."""
    return dict(_FAULTS)


def fault_named(name: str) -> Fault:
    """The fault of this name. Raises UsageError, which names the nearest one."""
    return named(name, _FAULTS, "fault", "`lro-conformance faults` lists them all")
