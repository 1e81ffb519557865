"""Hypothesis strategies made from a path template: names that fit it, and paths that almost do.

Built from alphabets, not from regular expressions, so that every draw is a name and hardly anything is filtered out.
This module imports Hypothesis, which takes a while; import it where it is used, not at the top of a module that
everything imports.
"""

from __future__ import annotations

import string
from collections.abc import Callable

from hypothesis import strategies as st

from conformance.spec.good_path import FAMILIES, Family, GoodPath, NearMiss
from conformance.spec.near_miss import near_misses as canonical_near_misses
from conformance.spec.near_miss_registry import LETTER
from conformance.spec.template import Kind, PathTemplate

# What ids look like (AIP-122), and what they may contain besides: everything that is one segment.
PLAIN = string.ascii_lowercase + string.digits + "-"
AWKWARD = PLAIN + string.ascii_uppercase + "._~" + "!$&'()*+,;=:@" + '%?#[]{}|\\^`"<> ' + "éßλЖ中\u00a0\u200b😀"

# Ids with a history: each has broken a router, a client or an escaping function.
NOTORIOUS = (
    "o:cancel",
    "a:b",
    "example.com:p",
    "-",
    "...",
    "%2F",
    "a%2Fb",
    "%",
    "%%",
    "%zz",
    "a b",
    "a+b",
    "a?b",
    "a#b",
    "a;b=c",
    "cancel",
    ":",
    "é",
    "😀",
)
_NOT_IDS = frozenset({".", ".."})


def words(alphabet: str, min_size: int = 1, max_size: int = 12) -> st.SearchStrategy[str]:
    """Texts of an alphabet of at most 256 characters.

    What `st.text(alphabet)` draws, without the table of all Unicode that it makes first: half a second, 100 megabytes.
    """
    return st.binary(min_size=min_size, max_size=max_size).map(
        lambda drawn: "".join(alphabet[byte % len(alphabet)] for byte in drawn)
    )


def ids(alphabet: str = AWKWARD, max_size: int = 24) -> st.SearchStrategy[str]:
    """Texts that are one segment: one or more characters, no slash, and neither `.` nor `..`. Plain ones first."""
    plain = words(PLAIN, max_size=max_size)
    awkward = words(alphabet, max_size=max_size).filter(lambda text: text not in _NOT_IDS)
    return st.one_of(plain, awkward, st.sampled_from(NOTORIOUS))


def names(template: PathTemplate, variable: str = "name") -> st.SearchStrategy[str]:
    """Values of a variable: literals as they are, awkward ids for `*`, one to three of them for `**`.

    In a variable of one segment, an id may contain a slash. Raises KeyError when the template has no such variable.
    """
    found = template.variable(variable)
    if not found.is_multi_segment:
        (only,) = found.segments
        return st.just(only.text) if only.kind is Kind.LITERAL else ids(f"{AWKWARD}/")
    parts: list[st.SearchStrategy[str]] = []
    for segment in found.segments:
        if segment.kind is Kind.LITERAL:
            parts.append(st.just(segment.text))
        elif segment.kind is Kind.ONE:
            parts.append(ids())
        else:
            parts.append(st.lists(ids(), min_size=1, max_size=3).map("/".join))
    return st.tuples(*parts).map("/".join)


def near_misses(template: PathTemplate, name: str) -> st.SearchStrategy[NearMiss]:
    """Near misses of the path of `name`: the canonical ones, and their families at random places, letters and ids.

    The labels of the random ones are `<family>-random`. What the families promise is said in
    `conformance.spec.near_miss` and holds for these, too. Raises UsageError when `name` is no name of the template.
    """
    good = GoodPath.of(template, name)
    canonical = canonical_near_misses(template, name)
    sources: list[st.SearchStrategy[NearMiss]] = [st.sampled_from(canonical)]
    for family in FAMILIES:
        paths = _PATHS[family](good)
        if not paths.is_empty:
            label, why = f"{family}-random", f"differs from {good.ending(good.suffix)} in the {family}"
            sources.append(paths.map(_labelled(good, label, family, why)))
    # The source is drawn first, so that a family with many shapes is not drawn more often than one with few.
    return st.sampled_from(sources).flatmap(lambda source: source).filter(lambda miss: miss.other_name != name)


def near_misses_of(template: PathTemplate, name: str, family: Family) -> st.SearchStrategy[NearMiss]:
    """Random near misses of one family; nothing when the template has none. Raises as `near_misses`."""
    good = GoodPath.of(template, name)
    label, why = f"{family}-random", f"differs from {good.ending(good.suffix)} in the {family}"
    return _PATHS[family](good).map(_labelled(good, label, family, why)).filter(lambda miss: miss.other_name != name)


def _labelled(good: GoodPath, label: str, family: Family, why: str) -> Callable[[str], NearMiss]:
    return lambda path: good.near_miss(label, family, path, why)


_Paths = st.SearchStrategy[str]
_WORDS = words(string.ascii_letters + string.digits + "-_.")
_NOBODYS = 12
"""So many random characters make a word that names no collection and no operation."""
_LONG_WORDS = words(string.ascii_letters + string.digits + "-_.", min_size=_NOBODYS, max_size=2 * _NOBODYS)
_PLAIN_IDS = words(PLAIN, min_size=_NOBODYS, max_size=2 * _NOBODYS)


def _verbs(good: GoodPath) -> _Paths:
    """Another word, the verb with letters of another case, or the verb with one character more or less."""
    verb = good.suffix[1:]
    if not verb:
        return st.nothing()
    places = st.integers(0, len(verb) - 1)
    edited = st.one_of(
        _WORDS,
        _case_changes(verb),
        places.map(lambda at: verb[:at] + verb[at + 1 :]),
        st.tuples(places, _WORDS).map(lambda drawn: verb[: drawn[0]] + drawn[1] + verb[drawn[0] :]),
    )
    return edited.map(lambda word: good.ending(f":{word}"))


def _segments(good: GoodPath) -> _Paths:
    """One to three segments more anywhere, or one or more less."""
    last = len(good.segments)
    more = st.tuples(st.integers(0, last), st.lists(_PLAIN_IDS, min_size=1, max_size=3)).map(
        lambda drawn: good.inserted(drawn[0], *drawn[1])
    )
    spans = st.lists(st.integers(0, last), min_size=2, max_size=2, unique=True).map(sorted)
    return st.one_of(more, spans.map(lambda span: good.without(span[0], span[1])))


def _literals(good: GoodPath) -> _Paths:
    """A literal of the name, or the version, with letters of another case, or replaced by another word."""
    places = ([0] if good.version else []) + good.literals
    changes = [st.one_of(_case_changes(good.segments[at]), _LONG_WORDS).map(_replacing(good, at)) for at in places]
    return st.one_of(changes)


def _trailing_slashes(good: GoodPath) -> _Paths:
    return st.integers(1, 3).map(lambda count: good.ending(good.suffix + "/" * count)) if good.suffix else st.nothing()


def _empty_segments(good: GoodPath) -> _Paths:
    places = good.single_wildcards
    return st.sampled_from(places).map(lambda at: good.replaced(at, "")) if places else st.nothing()


def _encoded_slashes(good: GoodPath) -> _Paths:
    """An encoded slash and an id before or after any of the name's ids."""
    if not good.wildcards:
        return st.nothing()
    return st.tuples(st.sampled_from(good.wildcards), st.sampled_from(["%2F", "%2f"]), _PLAIN_IDS, st.booleans()).map(
        lambda drawn: _with_encoded_slash(good, *drawn)
    )


def _doubled_verbs(good: GoodPath) -> _Paths:
    return st.integers(2, 4).map(lambda count: good.ending(good.suffix * count)) if good.suffix else st.nothing()


def _contested(good: GoodPath) -> _Paths:
    """Empty and dot segments between segments anywhere, slashes before the verb, an encoded colon before it."""
    between = st.integers(1, len(good.segments) - 1) if len(good.segments) > 1 else st.nothing()
    inserted = st.tuples(between, st.sampled_from([("",), ("", ""), (".",), ("x", "..")])).map(
        lambda drawn: good.inserted(drawn[0], *drawn[1])
    )
    if not good.suffix:
        return inserted
    endings = [f"/{good.suffix}", f"//{good.suffix}", f"%3A{good.suffix[1:]}", f"%3a{good.suffix[1:]}"]
    return st.one_of(inserted, st.sampled_from(endings).map(good.ending))


_PATHS: dict[Family, Callable[[GoodPath], _Paths]] = {
    "verb": _verbs,
    "segments": _segments,
    "literals": _literals,
    "trailing-slash": _trailing_slashes,
    "empty-segment": _empty_segments,
    "encoded-slash": _encoded_slashes,
    "doubled-verb": _doubled_verbs,
    "contested": _contested,
}


def _case_changes(word: str) -> _Paths:
    """The raw word with the case of some of its letters changed; nothing when it has none."""
    letters = [letter.start() for letter in LETTER.finditer(word)]
    if not letters:
        return st.nothing()
    return st.sets(st.sampled_from(letters), min_size=1).map(
        lambda chosen: "".join(letter.swapcase() if at in chosen else letter for at, letter in enumerate(word))
    )


def _replacing(good: GoodPath, at: int) -> Callable[[str], str]:
    return lambda word: good.replaced(at, word)


def _with_encoded_slash(good: GoodPath, at: int, slash: str, word: str, before: bool) -> str:
    segment = good.segments[at]
    return good.replaced(at, word + slash + segment if before else segment + slash + word)
