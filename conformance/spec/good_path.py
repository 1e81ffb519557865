"""The canonical path of a name, in pieces that can be changed, and what such a change is: a near miss."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from conformance.errors import UsageError
from conformance.spec.template import Kind, PathTemplate

Family = Literal[
    "verb",
    "segments",
    "literals",
    "trailing-slash",
    "empty-segment",
    "encoded-slash",
    "doubled-verb",
    "contested",
]
FAMILIES: tuple[Family, ...] = get_args(Family)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A raw path (without query) that is almost that of a name, in the one way that `label` says.

    `why` is a sentence for the report. `other_name` is the name that the template binds to the path instead; None
    when the path does not match.
    """

    label: str
    family: Family
    path: str
    why: str
    other_name: str | None = None


@dataclass(frozen=True, slots=True)
class GoodPath:
    """The canonical path of a name, in pieces to be changed: raw segments, and the suffix `:verb` (or nothing).

    Indexes count the segments of the path from 0. Under an open end (`**`) there may be more of them than in the
    template; the ones beyond it are wildcards.
    """

    template: PathTemplate
    name: str
    segments: tuple[str, ...]
    suffix: str

    @classmethod
    def of(cls, template: PathTemplate, name: str) -> GoodPath:
        """The path of `name`, the value of the template's only variable.

        Raises UsageError when the template has another number of variables or the name does not fit.
        """
        if len(template.variables) != 1:
            raise UsageError(f"template {template} has not just one variable", "take a template like /v1/{name=…}")
        path = template.expand(**{template.variables[0].name: name})
        segments = path.removesuffix(template.suffix)[1:].split("/")
        return cls(template, name, tuple(segments), template.suffix)

    @property
    def literals(self) -> list[int]:
        """Where the name's own literals (`projects`, `operations`) stand."""
        return [at for at in range(self._name_at, len(self.segments)) if self._kind(at) is Kind.LITERAL]

    @property
    def wildcards(self) -> list[int]:
        """Where the name's ids stand."""
        return [at for at in range(self._name_at, len(self.segments)) if self._kind(at) is not Kind.LITERAL]

    @property
    def single_wildcards(self) -> list[int]:
        """Where ids stand that are one segment: under an open end, an empty segment may be a part of another name."""
        return [at for at in self.wildcards if self._kind(at) is Kind.ONE]

    @property
    def has_open_end(self) -> bool:
        return self.template.segments[-1].kind is Kind.REST

    @property
    def pairs(self) -> list[int]:
        """Where the name's pairs of collection and id begin."""
        return [at for at in self.literals if at + 1 in self.wildcards]

    @property
    def version(self) -> str | None:
        """The first segment when it is a literal that looks like a version (`v1`, `v1beta1`)."""
        first = self.segments[0]
        return first if self._name_at > 0 and re.fullmatch(r"v\d+\w*", first) else None

    def replaced(self, at: int, *by: str) -> str:
        """The path with the segment at an index replaced by any number of raw segments."""
        return self._path((*self.segments[:at], *by, *self.segments[at + 1 :]), self.suffix)

    def inserted(self, at: int, *raw: str) -> str:
        """The path with raw segments put in before the segment at an index (or after the last one)."""
        return self._path((*self.segments[:at], *raw, *self.segments[at:]), self.suffix)

    def joined(self, at: int, by: str = "%2F") -> str:
        """The path with something else, such as an escaped slash, in place of the one after a segment."""
        both = f"{self.segments[at]}{by}{self.segments[at + 1]}"
        return self._path((*self.segments[:at], both, *self.segments[at + 2 :]), self.suffix)

    def without(self, start: int, stop: int) -> str:
        """The path without its segments from `start` to before `stop`."""
        return self._path((*self.segments[:start], *self.segments[stop:]), self.suffix)

    def with_pairs_swapped(self) -> str | None:
        """The path with its first two pairs of collection and id in the other order; None when they are not two."""
        if len(self.pairs) < 2:
            return None
        first, second = self.pairs[:2]
        between = self.segments[first + 2 : second]
        pairs = (*self.segments[second : second + 2], *between, *self.segments[first : first + 2])
        return self._path((*self.segments[:first], *pairs, *self.segments[second + 2 :]), self.suffix)

    def ending(self, suffix: str) -> str:
        """The path with another suffix in place of the verb."""
        return self._path(self.segments, suffix)

    def near_miss(self, label: str, family: Family, path: str, why: str) -> NearMiss:
        """A path made of this one, with the name that the template binds to it, if any."""
        values = self.template.match(path)
        return NearMiss(label, family, path, why, values[self.template.variables[0].name] if values else None)

    @property
    def _name_at(self) -> int:
        return self.template.variables[0].start

    def _kind(self, at: int) -> Kind:
        return self.template.segments[at].kind if at < len(self.template.segments) else Kind.REST

    @staticmethod
    def _path(segments: tuple[str, ...], suffix: str) -> str:
        return "/" + "/".join(segments) + suffix
