"""The families of requests that must leave an operation alone, and how each is made.

A family is what one requirement speaks about. Each maker gets the name of a bystander and returns requests that must
not touch it: paths that are almost its path, names that are almost its name, cancels of a decoy that name it elsewhere,
and cancels of it by somebody who may not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.exchange import Method
from conformance.server.target.connect import is_this_machine
from conformance.server.target.credentials import ALTERED, Credential
from conformance.server.target.iut import JSON, Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import is_drawn, nonce, unknown_name
from conformance.spec.good_path import NearMiss
from conformance.spec.near_miss import near_misses
from conformance.suite.bare_name import overridden, posted_on_the_name
from conformance.suite.blame import Blame
from conformance.suite.bystanders import Bystanders
from conformance.suite.callers import spellings
from conformance.suite.elsewhere import named_elsewhere
from conformance.suite.last_look import LastLook
from conformance.suite.refusals import Aim, MakeFamily, Refusals
from conformance.suite.stimuli import stimulus
from conformance.suite.stories import Stories


def canonical(iut: Iut, name: str, family: str) -> list[NearMiss]:
    """The canonical near misses of one family for the cancel path of an operation."""
    return [miss for miss in near_misses(iut.contract.cancel_template(name), name) if miss.family == family]


def _near_misses_of(family: str) -> MakeFamily:
    def make(aim: Aim) -> list[Outgoing]:
        misses = harmless(aim.iut, aim.name, _chosen(aim.iut, aim.name, family))
        return [posted(aim.iut, miss.path, f"{miss.label}: {miss.why}") for miss in misses]

    return make


def _chosen(iut: Iut, name: str, family: str) -> list[NearMiss]:
    """The near misses of one family that the profile sends."""
    misses = canonical(iut, name, family)
    return [miss for miss in misses if not (iut.is_quick and miss.label in LEFT_OUT_OF_QUICK)]


MAY_BE_ANOTHER = frozenset({"pair-missing", "pairs-missing", "segments-random"})
"""Near misses of which a server may have an operation, in another of its collections: with small ids, a stranger's."""


def harmless(iut: Iut, name: str, misses: Sequence[NearMiss]) -> list[NearMiss]:
    """The near misses that can hit nobody else: some of them only where a get finds no operation."""
    bare = _asked_first(iut, name, misses)
    free = iut.nobodys(bare.values(), or_of=name)
    return [miss for miss in misses if miss.path not in bare or bare[miss.path] in free]


def _asked_first(iut: Iut, name: str, misses: Sequence[NearMiss]) -> dict[str, str]:
    """The paths of operations that may be there, by those of the near misses that would cancel them.

    A collection is no operation, also where it can be listed. What contains an id that was drawn is nobody else's.
    """
    identifier = name.rpartition("/")[2]
    is_ours = is_drawn(identifier)
    suffix = iut.contract.cancel_template(name).suffix
    bare = {miss.path: miss.path.removesuffix(suffix) for miss in misses if miss.label in MAY_BE_ANOTHER}
    return {
        path: asked
        for path, asked in bare.items()
        if not _is_list(iut, asked) and not (is_ours and identifier in asked)
    }


@stimulus
def looked_first(iut: Iut, oldest_name: str) -> None:
    """Gets of all that the families may hit instead of the oldest operation: to be aimed at, nobody may be there."""
    misses = [miss for family in FAMILIES for miss in _chosen(iut, oldest_name, family)]
    similar = (_get_path(iut, one.name) for one in _to_be_proved(iut, oldest_name))
    iut.nobodys([*_asked_first(iut, oldest_name, misses).values(), *similar])


def _is_list(iut: Iut, path: str) -> bool:
    call = iut.contract.identify("GET", path)
    return call is not None and call.method is Method.LIST


def _malformed_escape(aim: Aim) -> list[Outgoing]:
    path = aim.iut.contract.path(Method.CANCEL, aim.name)
    head, colon, verb = path.rpartition(":")
    return [posted(aim.iut, f"{head}%zz{colon}{verb}", "malformed percent-escape")]


_CLOSING = (("Connection", "close"),)
"""Some servers send content in answer to HEAD; on the same connection it would be taken for the next answer."""


_SAYS_POST = "_method=POST&method=POST"
"""A link must not cancel, whatever its query asks for (RFC 9110, section 9.2.1)."""


def _other_methods(aim: Aim) -> list[Outgoing]:
    path = aim.iut.contract.path(Method.CANCEL, aim.name)
    bodies = {"GET": b"", "PUT": b"{}", "DELETE": b"", "PATCH": b"{}", "HEAD": b"", "OPTIONS": b""}
    if bodies.pop(aim.iut.cancel_method, None) is not None:  # one API binds its cancel to GET
        bodies["POST"] = b"{}"
    requests = [
        aim.iut.request(
            method,
            path,
            body=body,
            content_type=JSON if body else None,
            headers=_CLOSING if method == "HEAD" else (),
            note=f"{method} on the cancel path",
        )
        for method, body in bodies.items()
        if not (aim.iut.is_quick and method in LEFT_OUT_OF_QUICK)
    ]
    if "GET" in bodies:
        requests.append(
            aim.iut.request("GET", f"{path}?{_SAYS_POST}", note=f"GET on the cancel path with {_SAYS_POST}")
        )
    return requests


def posted(iut: Iut, path: str, note: str) -> Outgoing:
    """A request on a raw path with the method and the body of a plain cancel."""
    return iut.request(iut.cancel_method, path, body=iut.plain_body, content_type=JSON, note=note, is_odd=True)


def similar_names(iut: Iut, name: str) -> list[tuple[str, str]]:
    """Names that are almost that of an operation, each with what is different; none of them is an operation.

    A name that cannot be anybody's, for nobody has what was drawn for it, needs no proof of that. Any other is left out
    unless a get finds nothing by it, or, where only the id differs, the operation itself.
    """
    asked = _to_be_proved(iut, name)
    iut.nobodys(_get_path(iut, one.name) for one in asked)
    kept = {one.name for one in asked if iut.nobodys([_get_path(iut, one.name)], or_of=name if one.may_be_ours else "")}
    bound = (one for one in _similar(iut, name) if iut.contract.binds(Method.CANCEL, one.name))
    return [(one.name, one.what) for one in bound if one.is_nobodys or one.name in kept]


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
            yield _Similar(aliased, f"{segments[position - 1]}/{alias} before it")
    if not iut.is_quick:
        # Of a number, so many digits more that a server which counts will not get there while this run lasts.
        zeros = "0" * max(1, _FAR_AHEAD - len(identifier)) if identifier.isdigit() else "0"
        yield _Similar(f"{head}/{identifier}{zeros}", f"the id with {zeros} after it", **like_it)
        for other, what in _less_likely(identifier):
            yield _Similar(f"{head}/{other}", what, **like_it)


_FAR_AHEAD = 12
_UUID = re.compile(r"[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
"""The case of its letters says nothing to whoever takes it for a number (RFC 9562, section 4)."""

_ALIASES = {"projects": "999999999937", "locations": "global"}
"""Ids that a server may take for whatever it has: a project number that nobody has, the location that is everywhere."""

_AFTER = (".", " ", ",x", ".json", "#x", "?x", "\0", "\n", ";v=1", "\u200b")
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
    similar.append((f" {identifier}", "the id with a space before it"))
    similar.append((identifier[1:], "the id without its first character"))
    if identifier.isdigit():
        similar.append((f"0{identifier}", "the id with a zero before it"))
    return [(other, what) for other, what in similar if other]


def _similar_names(aim: Aim) -> list[Outgoing]:
    return [
        aim.iut.cancel_request(other, note=f"cancel of {what}", is_odd=True)
        for other, what in similar_names(aim.iut, aim.name)
    ]


def _unauthorised(aim: Aim) -> list[Outgoing]:
    """Cancels without the right credentials, of the bystander and of nothing; none where nobody asks for any."""
    iut, name = aim.iut, aim.name
    if iut.statement.value("auth") is not True or iut.configuration.auth.client_certificate:
        return []
    unknown = unknown_name(name, "auth")
    cases = [
        (name, b"{}", Credential.NONE, WITHOUT_CREDENTIALS),
        (unknown, b"{}", Credential.NONE, UNKNOWN_WITHOUT_CREDENTIALS),
        (name, b"{", Credential.NONE, MALFORMED_WITHOUT_CREDENTIALS),
    ]
    if iut.has_credential(Credential.MAIN):
        cases.append((name, b"{}", Credential.INVALID, INVALID_CREDENTIALS))
    if iut.has_credential(Credential.FORBIDDEN):
        cases += [
            (name, b"{}", Credential.FORBIDDEN, WITHOUT_PERMISSION),
            (unknown, b"{}", Credential.FORBIDDEN, UNKNOWN_WITHOUT_PERMISSION),
            (name, b"{", Credential.FORBIDDEN, MALFORMED_WITHOUT_PERMISSION),
        ]
    if not iut.is_quick:
        cases.append((name, b"", Credential.NONE, WITHOUT_ANYTHING))
    if not iut.is_quick and is_this_machine(iut.configuration):
        # Some accounts are locked after a few of those; elsewhere the check that is disruptive sends them.
        cases += [(name, b"{}", each, ALTERED_CREDENTIALS) for each in ALTERED if iut.has_credential(each)]
    requests = [iut.cancel_request(aim, body=body, credential=who, note=note) for aim, body, who, note in cases]
    requests += _spelled(iut, name)
    requests.append(_with_everything_else(iut, name))
    return requests if iut.is_quick else requests + _pretended(iut, name)


def _spelled(iut: Iut, name: str) -> list[Outgoing]:
    """Cancels without credentials on other spellings of their path."""
    none = Credential.NONE
    return [
        iut.request("POST", path, body=b"{}", content_type=JSON, credential=none, note=f"{_SPELLED}{what}", is_odd=True)
        for path, what in spellings(iut.contract.path(Method.CANCEL, name), few=iut.is_quick)
    ]


_ANYBODY = "access_token=nobody&key=nobody"


def _with_everything_else(iut: Iut, name: str) -> Outgoing:
    """A cancel without credentials that has at once all that a careless server may be content with."""
    headers = [("X-Forwarded-For", "127.0.0.1")]
    return iut.cancel_request(name, query=_ANYBODY, headers=headers, credential=Credential.NONE, note=PRETENDED)


def _pretended(iut: Iut, name: str) -> list[Outgoing]:
    """Cancels without the right credentials that have something else a careless server may be content with."""
    queries = ("alt=json", "foo=bar", "key=nobody", "access_token=nobody")
    headers = {
        PRETENDED_ORIGIN: ("X-Forwarded-For", "127.0.0.1"),
        OTHER_SCHEME: ("Authorization", "Basic bm9ib2R5Og=="),
    }
    by_query = [iut.cancel_request(name, query=each, credential=Credential.NONE, note=QUERY_ALONE) for each in queries]
    by_header = [
        iut.cancel_request(name, headers=[header], credential=Credential.NONE, note=note)
        for note, header in headers.items()
    ]
    requests = by_query + by_header
    if iut.has_credential(Credential.FORBIDDEN):
        project = [("X-Goog-User-Project", nonce(name, "project"))]
        requests.append(
            iut.cancel_request(name, headers=project, credential=Credential.FORBIDDEN, note=IN_ANOTHER_PROJECT)
        )
    return requests


WITHOUT_CREDENTIALS = "cancel without credentials"
UNKNOWN_WITHOUT_CREDENTIALS = "cancel of an unknown operation without credentials"
MALFORMED_WITHOUT_CREDENTIALS = "malformed cancel without credentials"
INVALID_CREDENTIALS = "cancel with a token that nobody issued"
ALTERED_CREDENTIALS = "cancel with almost the right token"
WITHOUT_ANYTHING = "cancel without credentials and without a body"
QUERY_ALONE = "cancel without credentials and with a query"
PRETENDED = "cancel without credentials, with a key and a token of nobody in its query, and from this machine"
PRETENDED_ORIGIN = "cancel without credentials that says it comes from this machine"
OTHER_SCHEME = "cancel with credentials of another scheme, which nobody issued"
IN_ANOTHER_PROJECT = "cancel without permission that names another project for its quota"
WITHOUT_PERMISSION = "cancel without permission"
MALFORMED_WITHOUT_PERMISSION = "malformed cancel without permission"
_SPELLED = "cancel without credentials of a path with "
SPELLED = tuple(f"{_SPELLED}{what}" for _, what in spellings("/v1/projects/p/operations/o:cancel"))
UNKNOWN_WITHOUT_PERMISSION = "cancel of an unknown operation without permission"

FAMILIES: dict[str, MakeFamily] = {
    "verb": _near_misses_of("verb"),
    "segments": _near_misses_of("segments"),
    "literals": _near_misses_of("literals"),
    "trailing-slash": _near_misses_of("trailing-slash"),
    "empty-segment": _near_misses_of("empty-segment"),
    "encoded-slash": _near_misses_of("encoded-slash"),
    "doubled-verb": _near_misses_of("doubled-verb"),
    "malformed-escape": _malformed_escape,
    "other-methods": _other_methods,
    "bare-name": posted_on_the_name,
    "method-override": overridden,
    "similar-names": _similar_names,
    "body-name": named_elsewhere("body"),
    "query-name": named_elsewhere("query"),
    "routing-header": named_elsewhere("header"),
    "unauthorised": _unauthorised,
}
"""Every family of requests that must not touch the operation they are about, by the key that checks use."""

LEFT_OUT_OF_QUICK = frozenset(
    {
        *("verb-shorter", "verb-empty", "verb-extension", "verb-tab", "verb-too-early", "verb-before-more"),
        *("verb-blank-before", "verb-escaped-slash", "verb-escaped-question-mark", "verb-escaped-number-sign"),
        *("verb-separator-escaped-twice", "verb-parameter-empty"),
        *("literal-parameter-first", "literal-escaped-twice", "version-parameter"),
        *("segment-before-id", "segment-missing", "version-missing", "pair-missing", "backslash"),
        *("encoded-slash-lower-case", "verb-unanchored"),
        *("trailing-slashes", "literal-longer", "literal-other", "literal-case-first", "version-case"),
        "PATCH",
    }
)
"""Labels and methods that only the larger profiles send: each has a sibling that finds nearly the same."""


@stimulus
def refusals(
    iut: Iut,
    bystanders: Bystanders,
    decoy_name: str,
    cancel_is_answered: None,
    aims: LastLook,
    blame: Blame,
    looked_first: None = None,
    known_auth: None = None,
    stories: Stories | None = None,
) -> Refusals:
    """Requests that must leave an operation alone, all sent at one bystander.

    The stories come first where there are any: they show how late an effect is.
    """
    return Refusals(iut, bystanders, decoy_name, FAMILIES, aims, blame)
