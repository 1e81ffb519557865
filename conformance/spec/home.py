"""Where the operations of a cancel binding live, read from its path template.

    /v1/{name=projects/*/locations/*/operations/*}:cancel

    parent      projects/*/locations/*, such as projects/demo/locations/us
    collection  operations
    start       /v1/{parent=projects/*/locations/*}/operations:start, the hook of the reference server

The parent may be nothing (`operations/**`), have literal ids (`locations/global`), and stand behind any prefix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.errors import UsageError
from conformance.exchange import Method
from conformance.spec.template import Kind, PathTemplate, Segment

if TYPE_CHECKING:
    from conformance.spec.contract import Contract

_EXAMPLES = {"projects": "demo", "locations": "us"}
_ANYTHING = "demo"


@dataclass(frozen=True, slots=True)
class Home:
    """The place of the operations of one cancel binding; `prefix` is what stands before the name, `parent` in it."""

    prefix: tuple[Segment, ...]
    parent: tuple[Segment, ...]
    collection: str

    @classmethod
    def of(cls, cancel: PathTemplate) -> Home:
        """The home of the operations that a cancel template names; its last segment is the id."""
        name = cancel.variables[0]
        collection = name.segments[-2:-1]
        is_named = bool(collection) and collection[0].kind is Kind.LITERAL
        return cls(cancel.segments[: name.start], name.segments[:-2], collection[0].text if is_named else "operations")

    @property
    def example(self) -> str:
        """A parent that fits; empty where the operations have none."""
        segments: list[str] = []
        for segment in self.parent:
            if segment.kind is Kind.LITERAL:
                segments.append(segment.text)
            else:
                before = segments[-1] if segments else ""
                segments.append(_EXAMPLES.get(before, f"{before.lower()}-1" if before else _ANYTHING))
        return "/".join(segments)

    @property
    def start(self) -> PathTemplate:
        """The path of the hook with which the reference server starts operations here."""
        written = "/".join(segment.written for segment in self.parent)
        parts = [segment.written for segment in self.prefix]
        parts += [f"{{parent={written}}}"] if written else []
        return PathTemplate.parse("/" + "/".join([*parts, f"{self.collection}:start"]))

    def start_path(self, parent: str) -> str:
        """The hook's path for one parent."""
        return self.start.expand(**({"parent": parent} if self.parent else {}))

    def below(self, parent: str, identifier: str) -> str:
        """The name of an operation here."""
        return "/".join([*([parent] if parent else []), self.collection, identifier])


def homes(contract: Contract) -> tuple[Home, ...]:
    """The homes of all cancel bindings of a contract, in its order, each once."""
    return tuple(dict.fromkeys(Home.of(binding.template) for binding in contract.bindings_of(Method.CANCEL)))


def home_below(contract: Contract, parent: str) -> Home:
    """The first home whose operations can have this parent. Raises UsageError when there is none."""
    for home in homes(contract):
        if contract.binds(Method.CANCEL, home.below(parent, "1")) and _fits(home, parent):
            return home
    templates = ", ".join(binding.template.text for binding in contract.bindings_of(Method.CANCEL))
    raise UsageError(
        f"{contract.file}: operations below {parent!r} have no cancel",
        f"give what stands before the collection in their names; the spec has {templates}",
    )


def _fits(home: Home, parent: str) -> bool:
    """Whether the hook of a home has a path for a parent."""
    return home.start.variables[0].accepts(parent) if home.parent else not parent
