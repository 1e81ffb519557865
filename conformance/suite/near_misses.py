"""Near misses: paths that are almost that of a cancel, but are not in the contract or belong to another operation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from conformance.exchange import Method
from conformance.server.target.iut import Iut
from conformance.server.target.requests import JSON
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import is_drawn
from conformance.spec.good_path import Family, NearMiss
from conformance.spec.near_miss import near_misses
from conformance.suite.refusals import Situation, named_refusal, refusal
from conformance.suite.similar_names import paths_to_be_proved
from conformance.suite.stimuli import stimulus


def canonical(iut: Iut, name: str, family: str) -> list[NearMiss]:
    """The canonical near misses of one family for the cancel path of an operation."""
    return [miss for miss in near_misses(iut.contract.cancel_template(name), name) if miss.family == family]


def near_miss_refusal(name: str, of: Family, again: Collection[str] = ()) -> Any:
    """Declare the near misses of one family as requests that must leave an operation alone, by a name of their own.

    The larger profiles send those once more whose labels are to be sent `again`: one of two routers may take them.
    """

    def make(given: Situation) -> list[Outgoing]:
        misses = [miss for miss in canonical(given.iut, given.name, of) if _is_sent(given.iut, miss)]
        misses = harmless(given.iut, given.name, misses)
        repeated = [miss for miss in misses if miss.label in again and not given.iut.is_quick]
        return [posted(given.iut, miss.path, f"{miss.label}: {miss.why}") for miss in (*misses, *repeated)]

    return named_refusal(name, make)


def _is_sent(iut: Iut, miss: NearMiss) -> bool:
    """Whether the profile sends a near miss."""
    return not (iut.is_quick and miss.label in LEFT_OUT_OF_QUICK)


MAY_BE_ANOTHER = frozenset({"pair-missing", "pairs-missing", "pairs-swapped", "segments-random"})
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
    """Gets of all that may be hit instead of the oldest operation: to be aimed at, nobody may be there."""
    misses = [
        miss for miss in near_misses(iut.contract.cancel_template(oldest_name), oldest_name) if _is_sent(iut, miss)
    ]
    iut.nobodys([*_asked_first(iut, oldest_name, misses).values(), *paths_to_be_proved(iut, oldest_name)])


def _is_list(iut: Iut, path: str) -> bool:
    call = iut.contract.identify("GET", path)
    return call is not None and call.method is Method.LIST


def posted(iut: Iut, path: str, note: str) -> Outgoing:
    """A request on a raw path with the method and the body of a plain cancel."""
    return iut.request(iut.cancel_method, path, body=iut.plain_body, content_type=JSON, note=note, may_be_unrouted=True)


LEFT_OUT_OF_QUICK = frozenset(
    {
        *(
            "verb-other",
            "verb-shorter",
            "verb-empty",
            "verb-extension",
            "verb-tab",
            "verb-too-early",
            "verb-before-more",
        ),
        *("verb-blank-before", "verb-escaped-slash", "verb-escaped-question-mark", "verb-escaped-number-sign"),
        *("verb-separator-escaped-twice", "verb-parameter-empty", "verb-other"),
        *("literal-parameter-first", "literal-escaped-twice", "version-parameter"),
        *("segment-before-id", "segment-missing", "version-missing", "pair-missing", "backslash"),
        *("encoded-slash-lower-case", "verb-unanchored", "verb-missing"),
        *("trailing-slashes", "literal-longer", "literal-other", "literal-case-first", "version-case"),
        *("empty-segment-between", "version-other", "pairs-swapped"),
    }
)
"""Labels that only the larger profiles send: each has a sibling that finds nearly the same."""


@refusal
def verb_in_the_query(given: Situation) -> list[Outgoing]:
    """A POST on the bare name with the verb at the end of its query, in a parameter that every method has."""
    verb = given.iut.contract.cancel_template(given.name).suffix
    bare = given.iut.contract.path(Method.CANCEL, given.name).removesuffix(verb)
    return [posted(given.iut, f"{bare}?quotaUser={verb}", "no verb in the path, but one in the query")] if verb else []
