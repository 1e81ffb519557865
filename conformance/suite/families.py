"""The families of requests that must leave an operation alone, and how each is made.

A family is what one requirement speaks about. Each maker gets the name of a bystander and returns requests that must
not touch it: paths that are almost its path, names that are almost its name, cancels of a decoy that name it elsewhere,
and cancels of it by somebody who may not.
"""

from __future__ import annotations

import re

from conformance.exchange import Method
from conformance.server.target.credentials import Credential
from conformance.server.target.iut import JSON, Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import unknown_name
from conformance.spec.near_miss import NearMiss, near_misses
from conformance.suite.elsewhere import named_elsewhere
from conformance.suite.refusals import Aim, MakeFamily


def canonical(iut: Iut, name: str, family: str) -> list[NearMiss]:
    """The canonical near misses of one family for the cancel path of an operation."""
    return [miss for miss in near_misses(iut.contract.cancel_template(name), name) if miss.family == family]


def _near_misses_of(family: str) -> MakeFamily:
    def make(aim: Aim) -> list[Outgoing]:
        return [
            posted(aim.iut, miss.path, f"{miss.label}: {miss.why}")
            for miss in canonical(aim.iut, aim.name, family)
            if not (aim.iut.is_quick and miss.label in LEFT_OUT_OF_QUICK)
        ]

    return make


def _malformed_escape(aim: Aim) -> list[Outgoing]:
    path = aim.iut.contract.path(Method.CANCEL, aim.name)
    head, colon, verb = path.rpartition(":")
    return [posted(aim.iut, f"{head}%zz{colon}{verb}", "malformed percent-escape")]


def _other_methods(aim: Aim) -> list[Outgoing]:
    path = aim.iut.contract.path(Method.CANCEL, aim.name)
    bodies = {"GET": b"", "PUT": b"{}", "DELETE": b"", "PATCH": b"{}", "HEAD": b"", "OPTIONS": b""}
    return [
        aim.iut.request(
            method, path, body=body, content_type=JSON if body else None, note=f"{method} on the cancel path"
        )
        for method, body in bodies.items()
        if not (aim.iut.is_quick and method in LEFT_OUT_OF_QUICK)
    ]


def posted(iut: Iut, path: str, note: str) -> Outgoing:
    """A POST on a raw path with the body of a plain cancel."""
    return iut.request("POST", path, body=iut.plain_body, content_type=JSON, note=note, is_odd=True)


def similar_names(iut: Iut, name: str) -> list[tuple[str, str]]:
    """Names that are almost that of an operation, each with what is different; none of them is an operation."""
    head, _, identifier = name.rpartition("/")
    segments = name.split("/")
    similar = [
        (f"{head}/{identifier[:-1]}", "the id without its last character"),
        (f"{head}/{identifier}0", "the id with a character more"),
    ]
    if identifier.swapcase() != identifier and not _UUID.fullmatch(identifier):
        similar.append((f"{head}/{identifier.swapcase()}", "the id in the other case"))
    for position, segment in enumerate(segments[:-1]):
        if position % 2:
            other = "/".join([*segments[:position], f"{segment}-other", *segments[position + 1 :]])
            similar.append((other, f"another {segments[position - 1].rstrip('s')}"))
        if position % 2 and not iut.is_quick and (alias := _ALIASES.get(segments[position - 1])) not in (None, segment):
            aliased = "/".join([*segments[:position], str(alias), *segments[position + 1 :]])
            similar.append((aliased, f"{segments[position - 1]}/{alias} before it"))
    if not iut.is_quick:
        similar += [(f"{head}/{other}", what) for other, what in _less_likely(identifier)]
    binds = iut.contract.bindings_of(Method.CANCEL)
    return [(other, what) for other, what in similar if any(binding.accepts(other) for binding in binds)]


_UUID = re.compile(r"[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
"""The case of its letters says nothing to whoever takes it for a number (RFC 9562, section 4)."""

_ALIASES = {"projects": "999999999937", "locations": "global"}
"""Ids that a server may take for whatever it has: a project number that nobody has, the location that is everywhere."""

_AFTER = (".", " ", ",x", ".json", "#x", "?x", "%", "*", "\0", "\n")
_FULL_WIDTH = ord("\uff01") - ord("!")
"""How far the full-width form of an ASCII character is from it (Unicode, Halfwidth and Fullwidth Forms)."""


def _less_likely(identifier: str) -> list[tuple[str, str]]:
    """Ids that a server takes for another one if it trims, cuts, splits, decodes twice, folds, or knows wildcards."""
    similar = [(identifier + after, f"the id with {after!r} after it") for after in _AFTER]
    similar.append((f"{identifier[:-1]}_", "the id with a wildcard of SQL for its last character"))
    if identifier.isascii() and identifier.isprintable():
        wide = chr(ord(identifier[0]) + _FULL_WIDTH)
        similar.append((f"{wide}{identifier[1:]}", "the id with its first character in full width"))
    similar.append((f" {identifier}", "the id with a space before it"))
    similar.append((identifier[1:], "the id without its first character"))
    similar.append((f"%{ord(identifier[0]):02X}{identifier[1:]}", "the id with its first character escaped twice"))
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
        ]
    if not iut.is_quick:
        cases.append((name, b"", Credential.NONE, WITHOUT_ANYTHING))
    if not iut.is_quick and iut.has_credential(Credential.MAIN):
        cases.append((name, b"{}", Credential.ALTERED, ALTERED_CREDENTIALS))
    requests = [iut.cancel_request(aim, body=body, credential=who, note=note) for aim, body, who, note in cases]
    return requests if iut.is_quick else requests + _pretended(iut, name)


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
    return by_query + by_header


WITHOUT_CREDENTIALS = "cancel without credentials"
UNKNOWN_WITHOUT_CREDENTIALS = "cancel of an unknown operation without credentials"
MALFORMED_WITHOUT_CREDENTIALS = "malformed cancel without credentials"
INVALID_CREDENTIALS = "cancel with a token that nobody issued"
ALTERED_CREDENTIALS = "cancel with the right token and something after it"
WITHOUT_ANYTHING = "cancel without credentials and without a body"
QUERY_ALONE = "cancel without credentials and with a query"
PRETENDED_ORIGIN = "cancel without credentials that says it comes from this machine"
OTHER_SCHEME = "cancel with credentials of another scheme, which nobody issued"
WITHOUT_PERMISSION = "cancel without permission"
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
    "similar-names": _similar_names,
    "body-name": named_elsewhere("body"),
    "query-name": named_elsewhere("query"),
    "routing-header": named_elsewhere("header"),
    "unauthorised": _unauthorised,
}
"""Every family of requests that must not touch the operation they are about, by the key that checks use."""

LEFT_OUT_OF_QUICK = frozenset(
    {
        *("verb-shorter", "verb-empty", "verb-extension", "verb-space", "verb-too-early", "verb-before-more"),
        *("segment-before-id", "segment-missing", "segment-prepended", "version-missing", "pair-missing"),
        *("trailing-slashes", "literal-longer", "literal-other", "literal-case-first", "version-case"),
        *("encoded-slash-lower-case", "verb-unanchored"),
        *("HEAD", "PATCH", "OPTIONS"),
    }
)
"""Labels and methods that only the larger profiles send: each has a sibling that finds nearly the same."""
