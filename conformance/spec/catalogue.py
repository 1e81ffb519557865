"""The catalogue of requirements, read from `specs/requirements.yaml`, and its client half beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

from conformance.errors import UsageError
from conformance.spec.files import read_yaml, spec_path


class Level(Enum):
    """The keyword of a requirement, as RFC 2119 has it: what happens when it is not kept."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a requirement is written: a document, the place in it, and the address of that place.

    `anchor` is the fragment that leads to the section; empty where the document has none.
    """

    document: str
    title: str
    section: str
    page: str
    anchor: str = ""

    @property
    def url(self) -> str:
        """The address of the section, or of the document where that has no anchors."""
        return f"{self.page}#{self.anchor}" if self.anchor else self.page


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence that the contract makes true or false.

    `when` maps keys of the conformance statement to the values under which the requirement applies at all.
    """

    id: str
    level: Level
    actor: str
    statement: str
    source: Source
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    condition: str = ""
    derived: str = ""
    contested: str = ""
    not_tested_reason: str = ""
    declared: str = ""
    """The key of the conformance statement that has to be declared for a violation to be more than a warning."""
    needs: str = ""
    """What a target must have so that this can be tested: "socket", or nothing."""

    @property
    def chapter(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All requirements, in the order of the file; chapters map their key to their title."""

    requirements: Mapping[str, Requirement]
    chapters: Mapping[str, str]

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self.requirements.values())

    def __getitem__(self, requirement: str) -> Requirement:
        return self.requirements[requirement]

    def of(self, actor: str) -> tuple[Requirement, ...]:
        """The requirements that `actor` (server or client) has to keep."""
        return tuple(requirement for requirement in self if requirement.actor == actor)


@cache
def catalogue() -> Catalogue:
    """The catalogue this version of the suite carries: what servers are checked for.

    Raises UsageError when the file is damaged: then the installation is.
    """
    return _read("requirements")


@cache
def client_catalogue() -> Catalogue:
    """The client half of the catalogue, `specs/client-requirements.yaml`: what the SDK gate checks.

    Raises UsageError when the file is damaged: then the installation is.
    """
    return _read("client-requirements")


def _read(name: str) -> Catalogue:
    path = spec_path(name)
    document = read_yaml(path)
    try:
        sources = document["sources"]
        requirements = [_requirement(entry, sources) for entry in document["requirements"]]
        chapters = dict(document["chapters"])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: the catalogue is damaged: {error!r}", "reinstall lro-conformance") from error
    return Catalogue({requirement.id: requirement for requirement in requirements}, chapters)


def _requirement(entry: Mapping[str, Any], sources: Mapping[str, Mapping[str, str]]) -> Requirement:
    said = entry["source"]
    document = sources[said["document"]]
    source = Source(said["document"], document["title"], said["section"], document["url"], said.get("anchor", ""))
    when = {key: tuple(value) if isinstance(value, list) else (value,) for key, value in entry.get("when", {}).items()}
    return Requirement(
        id=entry["id"],
        level=Level(entry["level"]),
        actor=entry["actor"],
        statement=entry["statement"],
        source=source,
        when=when,
        condition=entry.get("condition", ""),
        derived=entry.get("derived", ""),
        contested=entry.get("contested", ""),
        not_tested_reason=entry.get("not_tested_reason", ""),
        declared=entry.get("declared", ""),
        needs=entry.get("needs", ""),
    )
