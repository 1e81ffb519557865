"""Path templates of gRPC transcoding: one grammar, read in two directions.

Rules of this file

1. Whatever decides which request path belongs to which template lives here, and nothing else does: no HTTP method,
   no binding, no idea what an operation is.
2. The two directions share one definition of "fits" (`_fits`), so that what `expand` writes `match` reads.
3. A path is matched as it came over the wire. It is split first and decoded afterwards; it is never normalised.

Theory

The grammar is that of google/api/http.proto, "Path template syntax":

    Template  = "/" Segments [ Verb ] ;
    Segments  = Segment { "/" Segment } ;
    Segment   = "*" | "**" | LITERAL | Variable ;
    Variable  = "{" FieldPath [ "=" Segments ] "}" ;
    FieldPath = IDENT { "." IDENT } ;
    Verb      = ":" LITERAL ;

Variables do not nest, and `**` "must be the last part of the URL path except the `Verb`". Those two sentences make
a template a flat row of segments with an optional open end, and variables mere spans of that row:

    /v1/{name=projects/*/operations/*}:cancel

    segments    v1   projects  *  operations  *        verb  cancel
    name             [------------------------)

So matching needs no search: cut off the verb, split at the slashes, compare segment by segment, read the spans.

Words the grammar leaves open, and how they are read here

* A segment is one or more characters, for `*` and for each segment that `**` takes (a Discovery pattern says
  `[^/]+`, and a resource name has no empty segments, AIP-122). `**` itself may take none.
* `.` and `..` are no segments, in any spelling: URI normalisation removes them (RFC 3986, section 5.2.4), so no name
  that contains one can be addressed reliably. google-api-core refuses to expand them, too.
* LITERAL is unreserved characters, percent-escapes, and those reserved characters that mean nothing in the grammar.
  It is compared after decoding: `proj%65cts` is `projects` (RFC 3986, section 6.2.2.2), but `Projects` is not.
  So is the verb.
* The verb begins at the last `:` of the last segment, and that colon must be a plain one: `%3A` is data.
  A template without a verb takes the last segment whole, colons included; whether a trailing `:cancel` could have
  been meant as a verb is for the caller to know, who has all the bindings (`conformance.spec.contract`).
* A variable of one segment is decoded completely. One of several segments keeps `%2F` and `%2f` as they are, for a
  decoded slash would look like a separator ("The server side does the reverse decoding, except "%2F" and "%2f" are
  left unchanged"). Decoding happens once: `%252F` becomes `%2F`. Two paths can hence have one name; one name has
  one path, the one that `expand` writes.
* A path with a malformed escape (`%zz`, `%4`), or with escapes that are not UTF-8 (a protobuf string must be),
  is no URI path of any name and matches nothing. Neither does a string with a raw `?` or `#`: it is not a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn
from urllib.parse import quote, unquote

from conformance.errors import UsageError

_IDENT = r"[A-Za-z_][A-Za-z0-9_]*"
_FIELD_PATH = re.compile(rf"{_IDENT}(?:\.{_IDENT})*")
_LITERAL = re.compile(r"(?:[-_.~0-9A-Za-z!$&'()+,;@]|%[0-9A-Fa-f]{2})+")
_MALFORMED_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODED_SLASH = re.compile(r"(%2[Ff])")
_NOT_SEGMENTS = frozenset({"", ".", ".."})


class TemplateSyntaxError(UsageError):
    """A text is not a path template. Cause: a typo in a spec. Remedy: the grammar of google/api/http.proto."""


class ExpansionError(UsageError):
    """A template has no path for these values. Cause: a name of another shape. Remedy: a name that fits."""


class Kind(Enum):
    """What a segment of a template matches; the value is how it is written."""

    LITERAL = "LITERAL"
    ONE = "*"
    REST = "**"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a template, as written, and for a literal the text it stands for (escapes decoded)."""

    kind: Kind
    written: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A named span of a template's segments, from index `start`. `name` is a field path such as `name` or `a.b`."""

    name: str
    start: int
    segments: tuple[Segment, ...]

    @property
    def is_multi_segment(self) -> bool:
        """Whether its value can hold several segments (`{+name}` in a Discovery document), not just one (`{name}`)."""
        return len(self.segments) > 1 or self.segments[0].kind is Kind.REST

    def accepts(self, value: str) -> bool:
        """Whether some path binds this variable to `value`."""
        texts = self.split(value)
        return _takes(self.segments, len(texts)) and _fits(self.segments, texts)

    def split(self, value: str) -> list[str]:
        """The segments that `value` stands for, decoded; in a variable of one segment a slash is data."""
        if not self.is_multi_segment:
            return [value]
        return value.split("/") if value else []

    def _read(self, raw: Sequence[str]) -> str:
        """The value in the raw segments of a path that fits."""
        if not self.is_multi_segment:
            return unquote(raw[self.start])
        stop = None if self.segments[-1].kind is Kind.REST else self.start + len(self.segments)
        return "/".join(_decode_all_but_slashes(segment) for segment in raw[self.start : stop])


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """A parsed path template; equal to any other template with the same text.

    `segments` are all its segments with the variables' braces taken off, `variables` the spans with a name,
    `verb` the decoded custom verb without its colon, or None.
    """

    text: str
    segments: tuple[Segment, ...] = field(compare=False, repr=False)
    variables: tuple[Variable, ...] = field(compare=False, repr=False)
    verb: str | None = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> PathTemplate:
        """The template that `text` writes.

        Raises TemplateSyntaxError with the position of the first character that the grammar does not allow.
        """
        return _Parser(text).template()

    def variable(self, name: str) -> Variable:
        """The variable of this name. Raises KeyError when the template has none."""
        return {variable.name: variable for variable in self.variables}[name]

    def match(self, path: str) -> dict[str, str] | None:
        """The values of the variables when the raw `path` (percent-encoded, without query) fits, else None."""
        if not path.startswith("/") or "?" in path or "#" in path:
            return None
        raw = path[1:].split("/")
        if self.verb is not None:
            raw[-1], colon, verb = raw[-1].rpartition(":")
            if not colon or _decode(verb) != self.verb:
                return None
        if raw == [""]:
            raw = []
        if not _takes(self.segments, len(raw)) or not _fits(self.segments, map(_decode, raw)):
            return None
        return {variable.name: variable._read(raw) for variable in self.variables}

    def expand(self, /, **values: str) -> str:
        """The canonical path of these values: every character but `[-_.~0-9a-zA-Z]` of a segment percent-encoded.

        Raises ExpansionError when a value does not fit its variable, is missing or is of no variable, and when the
        template has a wildcard outside its variables, which no value can fill.
        """
        names = [variable.name for variable in self.variables]
        if set(names) != set(values):
            raise ExpansionError(
                f"template {self.text} has the variables {names}, not {sorted(values)}",
                "give each variable of the template one value",
            )
        spans = {variable.start: variable for variable in self.variables}
        raw: list[str] = []
        at = 0
        while at < len(self.segments):
            if variable := spans.get(at):
                raw += _encode(self, variable, values[variable.name])
                at += len(variable.segments)
            elif self.segments[at].kind is Kind.LITERAL:
                raw.append(self.segments[at].written)
                at += 1
            else:
                raise ExpansionError(
                    f"template {self.text} has a wildcard outside its variables", "bind the wildcard to a variable"
                )
        return "/" + "/".join(raw) + self.suffix

    @property
    def suffix(self) -> str:
        """The verb as written, with its colon; empty when there is none."""
        return self.text[self.text.rindex(":") :] if self.verb is not None else ""

    def __str__(self) -> str:
        return self.text


def _takes(pattern: Sequence[Segment], count: int) -> bool:
    """Whether a row of template segments takes so many segments."""
    open_ended = pattern[-1].kind is Kind.REST
    fixed = len(pattern) - open_ended
    return count == fixed or (open_ended and count > fixed)


def _fits(pattern: Sequence[Segment], texts: Iterable[str | None]) -> bool:
    """Whether decoded segments, as many as it takes, fit a row of template segments; None is one that has no text."""
    for place, text in enumerate(texts):
        if text is None or text in _NOT_SEGMENTS:
            return False
        if place < len(pattern) and pattern[place].kind is Kind.LITERAL and pattern[place].text != text:
            return False
    return True


def _decode(raw: str) -> str | None:
    """`raw` with its percent-escapes decoded once, or None when an escape is malformed or the bytes are not UTF-8."""
    if "%" not in raw:
        return raw
    if _MALFORMED_ESCAPE.search(raw):
        return None
    try:
        return unquote(raw, errors="strict")
    except UnicodeDecodeError:
        return None


def _decode_all_but_slashes(raw: str) -> str:
    """`raw`, which `_decode` can decode, decoded but for `%2F` and `%2f` (no slash is part of a UTF-8 sequence)."""
    if "%" not in raw:
        return raw
    # With one capturing group, `split` puts what it split at, the encoded slashes, at the odd places.
    parts = _ENCODED_SLASH.split(raw)
    return "".join(part if place % 2 else unquote(part) for place, part in enumerate(parts))


def _encode(template: PathTemplate, variable: Variable, value: str) -> list[str]:
    """The raw segments of `value`. Raises ExpansionError when it does not fit."""
    if not variable.accepts(value):
        pattern = "/".join(segment.written for segment in variable.segments)
        raise ExpansionError(
            f"{value!r} does not fit {variable.name}={pattern} of the template {template.text}",
            f"give a value of the form {pattern}; a segment is one or more characters, and neither '.' nor '..'",
        )
    try:
        return [quote(text, safe="") for text in variable.split(value)]
    except UnicodeEncodeError as error:
        raise ExpansionError(f"{value!r} cannot be written in UTF-8", "take the lone surrogate out") from error


class _Parser:
    """Recursive descent over one text; each method reads one production of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.row: list[Segment] = []
        self.variables: list[Variable] = []

    def template(self) -> PathTemplate:
        if not self.accept("/"):
            self.fail("a template begins with '/'")
        self.segments(in_variable=False)
        verb = self.literal("a verb").text if self.accept(":") else None
        if self.at < len(self.text):
            self.fail("'/', ':' and a verb, or the end was expected" if verb is None else "a verb ends the template")
        return PathTemplate(self.text, tuple(self.row), tuple(self.variables), verb)

    def segments(self, *, in_variable: bool) -> None:
        self.segment(in_variable=in_variable)
        while self.accept("/"):
            self.segment(in_variable=in_variable)

    def segment(self, *, in_variable: bool) -> None:
        if self.row and self.row[-1].kind is Kind.REST:
            self.fail("'**' must be the last segment")
        if self.accept("**"):
            self.row.append(Segment(Kind.REST, "**"))
        elif self.accept("*"):
            self.row.append(Segment(Kind.ONE, "*"))
        elif not self.accept("{"):
            self.row.append(self.literal("a segment"))
        elif in_variable:
            self.fail("a variable cannot stand in a variable")
        else:
            self.variable()

    def variable(self) -> None:
        field_path = _FIELD_PATH.match(self.text, self.at)
        if field_path is None:
            self.fail("a field path was expected")
        name = field_path.group()
        if any(variable.name == name for variable in self.variables):
            self.fail(f"the variable {name} is already there")
        self.at = field_path.end()
        start = len(self.row)
        if self.accept("="):
            self.segments(in_variable=True)
        else:
            self.row.append(Segment(Kind.ONE, "*"))
        if not self.accept("}"):
            self.fail("'}' was expected")
        self.variables.append(Variable(name, start, tuple(self.row[start:])))

    def literal(self, what: str) -> Segment:
        found = _LITERAL.match(self.text, self.at)
        if found is None:
            self.fail(f"{what} was expected")
        text = _decode(found.group())
        if text is None or "/" in text or text in _NOT_SEGMENTS:
            self.fail(f"{found.group()} cannot be {what}")
        self.at = found.end()
        return Segment(Kind.LITERAL, found.group(), text)

    def accept(self, token: str) -> bool:
        if not self.text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True

    def fail(self, why: str) -> NoReturn:
        raise TemplateSyntaxError(
            f"path template {self.text!r}, at character {self.at}: {why}",
            "write it by the grammar of google/api/http.proto; percent-encode reserved characters of a literal",
        )
