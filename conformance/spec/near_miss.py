"""Near misses: paths that differ from a valid path in one way, and so do not mean the same.

Each is one tiny function with its family, its label and the reason why the path is not the method on that name.
Labels are stable: reports and baselines quote them. Each family belongs to one requirement.

What a family promises. No near miss of any family matches the template with the name of the good path. Most match
nothing at all; these match with *another* name (`other_name`), so that a server may route them but must not act on
the operation of the good path:

    encoded-slash     `o%2Fx` is one segment, the id `o%2Fx`
    doubled-verb      `o:cancel:cancel` is the verb `:cancel` on the id `o:cancel`
    encoded-way-back  `x%2F..%2Fo` is one segment, too, and so is `.%2Fo` (encoded-dot); these are contested
    segments          only under an open end (`**`), where more or fewer segments are another name

The family "contested" has paths that reputable servers treat differently, because they normalise the path first (`//`,
`/./`, `/../`, `%3A`, an encoded separator) or match leniently (a line end). They only warn.
"""

from __future__ import annotations

import re

from conformance.spec import near_miss_verbs  # noqa: F401 - the first that are registered
from conformance.spec.good_path import GoodPath, NearMiss
from conformance.spec.near_miss_registry import LETTER, NEAR_MISSES, near_miss, other_case
from conformance.spec.template import PathTemplate


def near_misses(template: PathTemplate, value: str) -> tuple[NearMiss, ...]:
    """Every near miss of the path of `value`, one per label, always in the same order.

    A label without a meaning for the template (it has no verb, or no version) is left out, and so is a second label for
    the same path.
    Raises UsageError when `value` is no name of the template.
    """
    good = GoodPath.of(template, value)
    paths = [(label, family, make(good), why) for label, family, why, make in NEAR_MISSES]
    different = {path: (label, family, why) for label, family, path, why in reversed(paths) if path is not None}
    return tuple(
        good.near_miss(label, family, path, why)
        for label, family, path, why in paths
        if path is not None and different[path] == (label, family, why)
    )


# The segments: "The syntax `*` matches a single URL path segment."


@near_miss("segment-added", "segments", "`*` is one segment, not two")
def _(good: GoodPath) -> str | None:
    return good.inserted(len(good.segments), "x")


@near_miss("segment-before-id", "segments", "`*` is one segment, and not the last one of several")
def _(good: GoodPath) -> str | None:
    at = len(good.segments) - 1
    return good.inserted(at, "x") if at > 0 else None


@near_miss("segment-prepended", "segments", "the template begins with its first segment")
def _(good: GoodPath) -> str | None:
    return good.inserted(0, "x")


@near_miss("segment-missing", "segments", "a collection is not an operation in it")
def _(good: GoodPath) -> str | None:
    return good.without(len(good.segments) - 1, len(good.segments)) if len(good.segments) > 1 else None


@near_miss("backslash", "segments", "%5C is a character of the segment and separates nothing")
def _(good: GoodPath) -> str | None:
    return good.joined(len(good.segments) - 2, "%5C") if len(good.segments) > 1 else None


@near_miss("version-missing", "segments", "the version is a part of the path")
def _(good: GoodPath) -> str | None:
    return good.without(0, 1) if good.version else None


@near_miss("pair-missing", "segments", "a name has all its collections")
def _(good: GoodPath) -> str | None:
    return good.without(good.pairs[-2], good.pairs[-2] + 2) if len(good.pairs) > 1 else None


@near_miss("pairs-missing", "segments", "a name begins with its first collection")
def _(good: GoodPath) -> str | None:
    return good.without(good.pairs[0], good.pairs[-1]) if len(good.pairs) > 2 else None


# The literals: "The syntax `LITERAL` matches literal text in the URL path."


@near_miss("literal-case-first", "literals", "literals are case-sensitive")
def _(good: GoodPath) -> str | None:
    return _with_other_case(good, good.literals[0]) if good.literals else None


@near_miss("literal-case-last", "literals", "literals are case-sensitive")
def _(good: GoodPath) -> str | None:
    return _with_other_case(good, good.literals[-1]) if len(good.literals) > 1 else None


@near_miss("literal-other", "literals", "another collection is another resource")
def _(good: GoodPath) -> str | None:
    return good.replaced(good.literals[-1], "frobnications") if good.literals else None


@near_miss("literal-longer", "literals", "a literal is compared whole, not by its beginning")
def _(good: GoodPath) -> str | None:
    return good.replaced(good.literals[-1], f"{good.segments[good.literals[-1]]}x") if good.literals else None


@near_miss("literal-parameter", "literals", "a semicolon and what follows are characters of the segment")
def _(good: GoodPath) -> str | None:
    return good.replaced(good.literals[-1], f"{good.segments[good.literals[-1]]};v=1") if good.literals else None


@near_miss("literal-parameter-first", "literals", "a semicolon and what follows are characters of the segment")
def _(good: GoodPath) -> str | None:
    return good.replaced(good.literals[0], f"{good.segments[good.literals[0]]};v=1") if len(good.literals) > 1 else None


@near_miss("literal-escaped-twice", "literals", "a path is decoded once (RFC 3986, section 2.4)")
def _(good: GoodPath) -> str | None:
    return _with_an_escape_escaped(good, good.literals[-1]) if good.literals else None


@near_miss("version-parameter", "literals", "a semicolon and what follows are characters of the version")
def _(good: GoodPath) -> str | None:
    return good.replaced(0, f"{good.version};v=1") if good.version else None


@near_miss("version-case", "literals", "the version is a literal, and literals are case-sensitive")
def _(good: GoodPath) -> str | None:
    return _with_other_case(good, 0) if good.version else None


@near_miss("version-longer", "literals", "a version is compared whole, not by its beginning")
def _(good: GoodPath) -> str | None:
    return good.replaced(0, f"{good.version}x") if good.version else None


@near_miss("version-other", "literals", "another version is another path")
def _(good: GoodPath) -> str | None:
    # Version 0 is nobody's; the next one might be served, and rightly so.
    other = re.sub(r"\d+", lambda number: "0" if number.group() != "0" else "99", good.version or "", count=1)
    return good.replaced(0, other) if good.version else None


@near_miss("pairs-swapped", "literals", "a name is no set of pairs: its collections come in their order")
def _(good: GoodPath) -> str | None:
    return good.with_pairs_swapped()


# Slashes that make a segment of nothing.


@near_miss("trailing-slash", "trailing-slash", "the verb ends the template; a slash begins another segment")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}/") if good.suffix else None


@near_miss("trailing-slashes", "trailing-slash", "nor do two slashes end it")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}//") if good.suffix else None


@near_miss("empty-segment-last", "empty-segment", "an id has one or more characters")
def _(good: GoodPath) -> str | None:
    return good.replaced(good.single_wildcards[-1], "") if good.single_wildcards else None


@near_miss("empty-segment-first", "empty-segment", "an id has one or more characters")
def _(good: GoodPath) -> str | None:
    return good.replaced(good.single_wildcards[0], "") if len(good.single_wildcards) > 1 else None


@near_miss("empty-segment-between", "empty-segment", "an id has one or more characters")
def _(good: GoodPath) -> str | None:
    return good.replaced(good.single_wildcards[1], "") if len(good.single_wildcards) > 2 else None


# An encoded slash is data: 'except "%2F" and "%2f" are left unchanged'. The path is bound to another name.


@near_miss("encoded-slash", "encoded-slash", "%2F is a character of the id: this is another operation")
def _(good: GoodPath) -> str | None:
    return good.replaced(good.wildcards[-1], f"{good.segments[good.wildcards[-1]]}%2Fx") if good.wildcards else None


@near_miss("encoded-slash-lower-case", "encoded-slash", "%2f is a character of the id: this is another operation")
def _(good: GoodPath) -> str | None:
    return good.replaced(good.wildcards[-1], f"{good.segments[good.wildcards[-1]]}%2fx") if good.wildcards else None


@near_miss("doubled-verb", "doubled-verb", "the last colon separates the verb, so the first is a part of the id")
def _(good: GoodPath) -> str | None:
    return good.ending(good.suffix * 2) if good.suffix else None


# Contested: reputable servers differ.


@near_miss("slash-before-verb", "contested", "Envoy drops slashes before the verb; others do not match")
def _(good: GoodPath) -> str | None:
    return good.ending(f"/{good.suffix}") if good.suffix and not good.has_open_end else None


@near_miss("encoded-verb-separator", "contested", "some servers decode the path before they look for the verb")
def _(good: GoodPath) -> str | None:
    return good.ending(f"%3A{good.suffix[1:]}") if good.suffix else None


@near_miss("encoded-separator", "contested", "some servers decode the path before they split it")
def _(good: GoodPath) -> str | None:
    return good.joined(len(good.segments) - 2) if len(good.segments) > 1 else None


@near_miss("encoded-separator-first", "contested", "some servers decode the path before they split it")
def _(good: GoodPath) -> str | None:
    return good.joined(good.pairs[0]) if len(good.pairs) > 1 else None


@near_miss("verb-line-end", "contested", "the `$` of some patterns matches before a line end, as Starlette's does")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}%0A") if good.suffix else None


@near_miss("double-slash", "contested", "some servers and proxies merge slashes")
def _(good: GoodPath) -> str | None:
    return good.inserted(len(good.segments) - 1, "")


@near_miss("double-slash-first", "contested", "some servers and proxies merge slashes")
def _(good: GoodPath) -> str | None:
    return good.inserted(0, "")


@near_miss("encoded-way-back", "contested", "some servers decode the path, and then remove dot segments")
def _(good: GoodPath) -> str | None:
    return (
        good.replaced(good.wildcards[-1], f"x%2F..%2F{good.segments[good.wildcards[-1]]}") if good.wildcards else None
    )


@near_miss("encoded-dot", "contested", "some servers decode the path, and then remove dot segments")
def _(good: GoodPath) -> str | None:
    return good.replaced(good.wildcards[-1], f".%2F{good.segments[good.wildcards[-1]]}") if good.wildcards else None


@near_miss("dot-segment", "contested", "some servers and proxies remove dot segments (RFC 3986, section 5.2.4)")
def _(good: GoodPath) -> str | None:
    return good.inserted(len(good.segments) - 1, ".")


@near_miss("dot-dot-segment", "contested", "some servers and proxies remove dot segments (RFC 3986, section 5.2.4)")
def _(good: GoodPath) -> str | None:
    return good.inserted(len(good.segments) - 1, "x", "..")


def _with_other_case(good: GoodPath, at: int) -> str | None:
    changed = other_case(good.segments[at])
    return good.replaced(at, changed) if changed else None


def _with_an_escape_escaped(good: GoodPath, at: int) -> str | None:
    segment = good.segments[at]
    letter = LETTER.search(segment)
    if letter is None:
        return None
    return good.replaced(at, f"{segment[: letter.start()]}%25{ord(letter.group()):02X}{segment[letter.end() :]}")
