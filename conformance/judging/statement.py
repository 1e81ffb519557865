"""The conformance statement: what the implementation says it supports, and what was found out where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from conformance.spec.catalogue import Requirement

UNDECLARED = "undeclared"
"""The value of a key that nothing but the statement can tell, where it does not."""

CancelStatement = Literal["guaranteed", "best-effort", "unimplemented"]
ErrorsStatement = Literal["aip-193", "status"]
UnknownFieldsStatement = Literal["refused", "ignored"]
AuthOrder = Literal["first"]


@dataclass(frozen=True, slots=True)
class StatementSection:
    """`[statement]`: the conformance statement; None is "not said"."""

    cancel: CancelStatement | None = None
    list: bool | None = None
    delete: bool | None = None
    auth: bool | None = None
    errors: ErrorsStatement | None = None
    unknown_fields: UnknownFieldsStatement | None = None
    auth_order: AuthOrder | None = None

    def over(self, default: StatementSection) -> StatementSection:
        """The default, but for what is said here."""
        said = {key.name: value for key in fields(self) if (value := getattr(self, key.name)) is not None}
        return replace(default, **said)


@dataclass(frozen=True, slots=True)
class FoundOut:
    """The value of a key that the statement leaves open, and what showed it."""

    value: Any
    because: str


class Statement:
    """Declared values win; a finding fills what is not declared, once."""

    def __init__(self, declared: StatementSection) -> None:
        self._declared = {
            key.name: value for key in fields(declared) if (value := getattr(declared, key.name)) is not None
        }
        self._found: dict[str, FoundOut] = {}

    def find(self, key: str, value: Any, because: str) -> None:
        """Note what was found out about `key`; the first finding stays."""
        self._found.setdefault(key, FoundOut(value, because))

    def is_declared(self, key: str) -> bool:
        return key in self._declared

    def value(self, key: str) -> Any | None:
        """The declared value, else the finding, else None."""
        if key in self._declared:
            return self._declared[key]
        finding = self._found.get(key)
        return finding.value if finding is not None else None

    def rules_out(self, requirement: Requirement) -> str | None:
        """Why the statement makes the requirement inapplicable, or None when it applies or nothing is known yet."""
        for key, values in requirement.when.items():
            value = self.value(key)
            if value is not None and value not in values:
                return self._reason(key, value)
        return None

    def softened(self, requirement: Requirement) -> str:
        """Why a violation is only a warning: the statement does not declare what the requirement depends on."""
        key = requirement.declared
        if not key or key in self._declared:
            return ""
        if key in self._found:
            return f"{key} was found out, not declared: a warning"
        return f"{key} is not declared: a warning"

    def open_condition(self, requirement: Requirement) -> str | None:
        """The key of the statement on which the requirement depends and about which nothing is known, or None."""
        return next((key for key in requirement.when if self.value(key) is None), None)

    def as_json(self) -> Mapping[str, Any]:
        """Both parts, for the report."""
        return {
            "declared": dict(self._declared),
            "found": {
                key: {"value": finding.value, "because": finding.because} for key, finding in self._found.items()
            },
        }

    def _reason(self, key: str, value: Any) -> str:
        shown = str(value).lower() if isinstance(value, bool) else value
        if key in self._declared:
            return f"the conformance statement says {key} = {shown}"
        if value == UNDECLARED:
            return f"the conformance statement does not declare {key}"
        return f"found out that {key} = {shown}: {self._found[key].because}"
