"""Names that are almost that of an operation: cancels of them must leave it alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from unicodedata import normalize

from conformance.exchange import Method
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import is_drawn, nonce
from conformance.suite.refusals import Situation, refusal


@refusal
def similar_names(given: Situation) -> list[Outgoing]:
    """The id under another project or location; a shorter, longer or differently written id."""
    return [
        _with_plain_plus(given.iut.cancel_request(other, note=f"cancel of {what}", may_be_unrouted=True))
        for other, what in names_like(given.iut, given.name)
    ]


def _with_plain_plus(outgoing: Outgoing) -> Outgoing:
    """A `+` need not be escaped in a path, where it is one (RFC 3986, section 3.3); only forms read it as a blank."""
    request = outgoing.request
    return replace(outgoing, request=replace(request, target=request.target.replace("%2B", "+")))


def names_like(iut: Iut, name: str) -> list[tuple[str, str]]:
    """Names that are almost that of an operation, each with what is different; none of them is an operation.

    A name that cannot be anybody's, for nobody has what was drawn for it, needs no proof of that. Any other is left out
    unless a get finds nothing by it, or, where only the id differs, the operation itself.
    """
    asked = _to_be_proved(iut, name)
    iut.nobodys(_get_path(iut, one.name) for one in asked)
    kept = {one.name for one in asked if iut.nobodys([_get_path(iut, one.name)], or_of=name if one.may_be_ours else "")}
    bound = (one for one in _similar(iut, name) if iut.contract.binds(Method.CANCEL, one.name))
    return [(one.name, one.what) for one in bound if one.is_nobodys or one.name in kept]


def paths_to_be_proved(iut: Iut, name: str) -> list[str]:
    """The paths of all similar names at which there may be an operation, unless a get shows that there is none."""
    return [_get_path(iut, one.name) for one in _to_be_proved(iut, name)]


def _to_be_proved(iut: Iut, name: str) -> list[_Similar]:
    binds = iut.contract.binds
    return [
        one
        for one in _similar(iut, name)
        if not one.is_nobodys and binds(Method.CANCEL, one.name) and binds(Method.GET, one.name)
    ]


def _get_path(iut: Iut, name: str) -> str:
    return iut.contract.path(Method.GET, name)


@dataclass(frozen=True, slots=True)
class _Similar:
    """A similar name, and what is different. It may be that nobody can have it, or that a server takes it for ours."""

    name: str
    what: str
    is_nobodys: bool = False
    may_be_ours: bool = False


def _similar(iut: Iut, name: str) -> Iterator[_Similar]:
    head, _, identifier = name.rpartition("/")
    segments = name.split("/")
    # A neighbour of an id that was drawn is nobody's.
    like_it = {"is_nobodys": True} if is_drawn(identifier) else {"may_be_ours": True}
    yield _Similar(f"{head}/{identifier[:-1]}", "the id without its last character", **like_it)
    more = nonce(name, "more")
    yield _Similar(f"{head}/{identifier}{more}", "the id with more after it", is_nobodys=True)
    if identifier.swapcase() != identifier and not _UUID.fullmatch(identifier):
        yield _Similar(f"{head}/{identifier.swapcase()}", "the id in the other case", **like_it)
    twice = f"%{ord(identifier[0]):02X}{identifier[1:]}"
    yield _Similar(f"{head}/{twice}", "the id with its first character escaped twice", **like_it)
    for position, segment in enumerate(segments[:-1]):
        if position % 2:
            nobodys = f"{segment}-{nonce(name, segment)}"
            other = "/".join([*segments[:position], nobodys, *segments[position + 1 :]])
            yield _Similar(other, f"another {segments[position - 1].rstrip('s')}", is_nobodys=True)
        if position % 2 and not iut.is_quick:
            with_parameter = "/".join([*segments[:position], f"{segment};v=1", *segments[position + 1 :]])
            yield _Similar(with_parameter, f"{segments[position - 1]} with a parameter after it", **like_it)
        if position % 2 and not iut.is_quick and (alias := _ALIASES.get(segments[position - 1])) not in (None, segment):
            aliased = "/".join([*segments[:position], str(alias), *segments[position + 1 :]])
            yield _Similar(aliased, f"{segments[position - 1]}/{alias} before it", may_be_ours=True)
    if not iut.is_quick:
        for other, what in _below_almost_the_same(segments):
            yield _Similar(other, what, **like_it)
    for collection in _COLLECTIONS:
        if collection != segments[0]:
            yield _Similar("/".join([collection, *segments[1:]]), f"the same ids below {collection}", **like_it)
    otherwise = _written_otherwise(identifier)
    for other, what in otherwise[:1] if iut.is_quick else otherwise:
        yield _Similar(f"{head}/{other}", what, may_be_ours=True)
    if not iut.is_quick:
        yield _Similar(f"{head}/{identifier}+", "the id with a plus after it, which forms read as a blank", **like_it)
        # Of a number, so many digits more that a server which counts will not get there while this run lasts.
        zeros = "0" * max(1, _FAR_AHEAD - len(identifier)) if identifier.isdigit() else "0"
        yield _Similar(f"{head}/{identifier}{zeros}", f"the id with {zeros} after it", **like_it)
        for other, what in _less_likely(identifier):
            yield _Similar(f"{head}/{other}", what, **like_it)


def _below_almost_the_same(segments: list[str]) -> Iterator[tuple[str, str]]:
    """The id below parents of which one is cut short or in the other case, and what is different."""
    for position in range(1, len(segments) - 1, 2):
        parent = segments[position]
        for almost, how in ((parent[:-1], "without its last character"), (parent.swapcase(), "in the other case")):
            if almost not in ("", parent):
                other = "/".join([*segments[:position], almost, *segments[position + 1 :]])
                yield other, f"the id of {segments[position - 1]} {how}"


_FAR_AHEAD = 12
_UUID = re.compile(r"[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
"""The case of its letters says nothing to whoever takes it for a number (RFC 9562, section 4)."""

_COLLECTIONS = ("projects", "organizations", "folders")
"""What names may begin with; those that the contract does not bind are left out."""

_ALIASES = {"projects": "999999999937", "locations": "global"}
"""Ids that a server may take for whatever it has: a project number that nobody has, the location that is everywhere."""

_AFTER = (".", " ", ",x", ".json", "@1", "#x", "?x", "\0", "\n", ";v=1", "\u200b")
_PATTERNS = ("%", "*")
_TOO_LONG_FOR_A_NEIGHBOUR = 8
"""Characters of an id beside which there are few others: a pattern of a shorter one fits those of strangers as well."""
_FULL_WIDTH = ord("\uff01") - ord("!")
"""How far the full-width form of an ASCII character is from it (Unicode, Halfwidth and Fullwidth Forms)."""


def _less_likely(identifier: str) -> list[tuple[str, str]]:
    """Ids that a server takes for another one if it trims, cuts, splits, decodes twice, folds, or knows wildcards."""
    similar = [(identifier + after, f"the id with {after!r} after it") for after in _AFTER]
    if len(identifier) >= _TOO_LONG_FOR_A_NEIGHBOUR:
        similar += [(identifier + after, f"the id with {after!r} after it") for after in _PATTERNS]
        similar.append((f"{identifier[:-1]}_", "the id with a wildcard of SQL for its last character"))
    if identifier.isascii() and identifier.isprintable():
        wide = chr(ord(identifier[0]) + _FULL_WIDTH)
        similar.append((f"{wide}{identifier[1:]}", "the id with its first character in full width"))
    accented = _accented(identifier)
    if accented != identifier:
        similar.append((accented, "the id with an accent on its first letter that may have one"))
    similar.append((f" {identifier}", "the id with a space before it"))
    similar.append((identifier[1:], "the id without its first character"))
    return [(other, what) for other, what in similar if other]


def _accented(identifier: str) -> str:
    """The id with an acute accent in it; itself, where no letter of it may have one that is one character."""
    accented = ((at, normalize("NFC", f"{letter}\u0301")) for at, letter in enumerate(identifier))
    found = next(((at, letter) for at, letter in accented if len(letter) == 1), None)
    return f"{identifier[: found[0]]}{found[1]}{identifier[found[0] + 1 :]}" if found else identifier


def _written_otherwise(identifier: str) -> list[tuple[str, str]]:
    """An id that a server may read as a number or a UUID, in other words for it; the first has most in it.

    They may name the operation itself and nobody else's; what is unique is the name as it is written.
    """
    if identifier.isascii() and identifier.isdigit():
        others = [(f"+0{identifier}", "the number with a sign and a zero before it")]
        others += [(f"0{identifier}", "the id with a zero before it"), (f"+{identifier}", "the number with its sign")]
        others.append((f"{identifier}.0", "the number with a fraction"))
        if len(identifier) > 1:
            others.append((f"{identifier[0]}_{identifier[1:]}", "the number with an underscore in it"))
        return others
    if _UUID.fullmatch(identifier):
        without = (identifier.replace("-", ""), "the UUID without hyphens")
        return [without, (f"{{{identifier}}}", "the UUID in braces"), (f"urn:uuid:{identifier}", "the UUID as a URN")]
    return []
