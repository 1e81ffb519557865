"""Faults of a name that finds an operation of a similar name: by a part of its id, another spelling, another parent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import (
    cancel_if_there,
    cancel_meant_for,
    cancel_preceded,
    remembering,
    resembling,
    started,
    without_metadata,
)
from conformance.server.reference.faults.registry import BEST_EFFORT, fault
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.naming import id_of, parent_of, takes_names_of_dns
from conformance.server.reference.service import Service

# --- The id -----------------------------------------------------------------------------------------------------------


@fault(breaks="target.whole-name-counts")
def short_id_is_enough(honest: Service) -> Service:
    """Finds an operation by the beginning of its id, as container tools do."""
    return resembling(honest, lambda asked, known: len(id_of(asked)) >= 4 and known.startswith(asked))


@fault(breaks="target.whole-name-counts")
def longer_id_is_cut(honest: Service) -> Service:
    """Cuts an id that is too long to the length of its database column."""
    return resembling(honest, lambda asked, known: asked.startswith(known) and asked[len(known) :].isalnum())


@fault(breaks="target.whole-name-counts")
def case_of_the_id_is_ignored(honest: Service) -> Service:
    """Compares ids without regard to case, as MySQL does by default."""
    return resembling(honest, lambda asked, known: asked.lower() == known.lower())


@fault(breaks="target.whole-name-counts", profile="ci")
def id_is_trimmed(honest: Service) -> Service:
    """Trims blanks and full stops off an id, as forms and file systems do."""
    return resembling(honest, lambda asked, known: asked.rstrip(". ") == known)


@fault(breaks="target.whole-name-counts", profile="ci")
def plus_is_a_trimmed_blank(honest: Service) -> Service:
    """Decodes a path as a form, in which a plus is a blank, and trims the id."""
    return resembling(honest, lambda asked, known: asked.replace("+", " ").strip() == known)


@fault(breaks="target.whole-name-counts")
def id_is_decoded_twice(honest: Service) -> Service:
    """Decodes the id once more than it was escaped: first the router, then the handler."""
    return resembling(honest, lambda asked, known: unquote(asked) == known)


@fault(breaks="target.whole-name-counts", profile="ci")
def id_is_a_pattern(honest: Service) -> Service:
    """Looks an id up with LIKE, to which `%` and `_` are wildcards."""
    return resembling(honest, _like)


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace("%", ".*").replace("_", "."), text) is not None


@fault(breaks="target.whole-name-counts", profile="ci")
def id_ends_at_nul(honest: Service) -> Service:
    """Hands the id to a library in C, for which a NUL ends it."""
    return resembling(honest, lambda asked, known: asked.partition("\0")[0] == known)


@fault(breaks="target.whole-name-counts", profile="ci")
def id_may_end_in_a_newline(honest: Service) -> Service:
    """Matches the id with a regular expression whose `$` also matches before a line end."""
    return resembling(honest, lambda asked, known: re.match(f"{re.escape(known)}$", asked) is not None)


@fault(breaks="target.whole-name-counts", profile="ci")
def invisible_characters_are_dropped(honest: Service) -> Service:
    """Drops characters without a width from an id, as a form for people does."""
    return resembling(honest, lambda asked, known: asked.replace("\u200b", "") == known)


@fault(breaks="target.whole-name-counts", profile="ci")
def id_is_normalised(honest: Service) -> Service:
    """Normalises ids (NFKC), so that full-width letters are plain ones."""
    return resembling(honest, lambda asked, known: unicodedata.normalize("NFKC", asked) == known)


@fault(breaks="target.whole-name-counts", profile="ci")
def accents_are_folded(honest: Service) -> Service:
    """Compares ids by a collation that knows no accents, as MySQL has by default."""
    return resembling(honest, lambda asked, known: _without_accents(asked) == known)


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


@fault(breaks="target.whole-name-counts", profile="ci")
def revision_is_cut_off(honest: Service) -> Service:
    """Takes what follows an `@` for the revision of an operation, of which it keeps the latest only."""
    return resembling(honest, lambda asked, known: asked.partition("@")[0] == known)


# --- Ids of other operations ------------------------------------------------------------------------------------------


def _too(honest: Service, similar: Callable[[str, str], bool]) -> Service:
    """A cancel of what is there hits all of its parent, too, whose ids (the second) are `similar` (to the first)."""

    def act(service: Service, call: Invocation) -> None:
        known = started(service)
        for name in known if call.name in known else ():
            is_other = name != call.name and parent_of(name) == parent_of(call.name)
            if is_other and similar(id_of(call.name), id_of(name)):
                cancel_if_there(service, name)

    return cancel_preceded(without_metadata(remembering(honest)), act)


@fault(breaks="target.whole-name-counts", profile="ci")
def all_that_begin_alike_are_cancelled(honest: Service) -> Service:
    """Scans its store by a prefix, which has no end after the id."""
    return _too(honest, lambda asked, known: known.startswith(asked))


@fault(breaks="target.whole-name-counts", profile="ci")
def all_that_are_like_it_are_cancelled(honest: Service) -> Service:
    """Updates the rows whose id is LIKE the one that was sent, to which an underscore is any character."""
    return _too(honest, _like)


@fault(breaks="target.whole-name-counts", profile="ci")
def all_that_end_alike_are_cancelled(honest: Service) -> Service:
    """Updates the rows whose name ends with the id, with no slash before it; ids are names of DNS."""
    return _too(takes_names_of_dns(honest), lambda asked, known: known.endswith(asked))


@fault(breaks="target.whole-name-counts", profile="ci")
def all_in_either_case_are_cancelled(honest: Service) -> Service:
    """Keeps ids as they are written, and compares them by a collation that knows no case."""
    return _too(honest, lambda asked, known: asked.lower() == known.lower())


@fault(breaks="target.whole-name-counts", profile="ci")
def key_is_as_long_as_its_column(honest: Service) -> Service:
    """Knows its workers' tasks by the first 60 characters of an id."""
    return _too(honest, lambda asked, known: asked[:60] == known[:60])


@fault(breaks="target.whole-name-counts", statement=BEST_EFFORT, profile="ci")
def last_that_begins_alike_is_cancelled(honest: Service) -> Service:
    """Cancels the latest operation whose id begins with the one that was sent."""

    def chosen(service: Service, call: Invocation) -> str:
        known = started(service)
        is_known = call.name in known
        return next((name for name in reversed(known) if is_known and name.startswith(call.name)), call.name)

    return cancel_meant_for(remembering(honest), chosen)


# --- The parent -------------------------------------------------------------------------------------------------------


@fault(breaks="target.whole-name-counts")
def parent_is_ignored(honest: Service) -> Service:
    """Finds an operation by its id alone, whatever project and location the path names."""
    return resembling(honest, lambda asked, known: id_of(asked) == id_of(known))


@fault(breaks="target.whole-name-counts")
def project_is_ignored(honest: Service) -> Service:
    """Keeps operations by location and id, so that every project reaches those of all others."""
    return resembling(honest, lambda asked, known: asked.split("/")[2:] == known.split("/")[2:])


@fault(breaks="target.whole-name-counts")
def location_is_ignored(honest: Service) -> Service:
    """Keeps operations by project and id, as a server does that was global once."""
    return resembling(
        honest, lambda asked, known: (asked.split("/")[1], id_of(asked)) == (known.split("/")[1], id_of(known))
    )


@fault(breaks="target.whole-name-counts", profile="ci")
def global_is_every_location(honest: Service) -> Service:
    """Looks for an operation of `locations/global` in every location."""
    return resembling(honest, lambda asked, known: "/locations/global/" in asked and id_of(asked) == id_of(known))


@fault(breaks="target.whole-name-counts", profile="ci")
def global_is_every_location_of_gets(honest: Service) -> Service:
    """Looks for it there for a get, too, which shows the operation of the other location."""
    lying = global_is_every_location(honest)

    def lie(service: Service, call: Invocation) -> str:
        if call.rpc is not Rpc.GET or "/locations/global/" not in call.name:
            return lying.choose_target(service, call)
        return next((name for name in started(service) if id_of(name) == id_of(call.name)), call.name)

    return replace(lying, choose_target=lie)


@fault(breaks="target.whole-name-counts", profile="ci")
def parents_have_no_case(honest: Service) -> Service:
    """Keeps its parents in a table whose collation knows no case."""
    return resembling(honest, lambda asked, known: id_of(asked) == id_of(known) and asked.lower() == known.lower())


@fault(breaks="target.whole-name-counts", profile="ci")
def parent_need_only_begin_alike(honest: Service) -> Service:
    """Looks for a project that begins with what was sent, as a search box does."""

    def is_alike(asked: str, known: str) -> bool:
        (_, asked_project, *asked_rest), (_, project, *rest) = asked.split("/"), known.split("/")
        return asked_rest == rest and asked_project != "" and project.startswith(asked_project)

    return resembling(honest, is_alike)


@fault(breaks="target.whole-name-counts", profile="ci")
def any_number_is_the_project(honest: Service) -> Service:
    """Takes every project number for that of its only project."""
    return resembling(honest, lambda asked, known: re.sub(r"projects/\d+/", "projects/demo/", asked) == known)


@fault(breaks="target.whole-name-counts")
def organization_is_ignored(honest: Service) -> Service:
    """Finds an operation of an organization by what comes after the organization: there was only one so far."""

    def is_alike(asked: str, known: str) -> bool:
        ours, theirs = asked.split("/", 2), known.split("/", 2)
        return ours[0] == theirs[0] == "organizations" and ours[2:] == theirs[2:]

    return resembling(honest, is_alike)


@fault(breaks="target.whole-name-counts")
def organization_is_a_project(honest: Service) -> Service:
    """Finds an operation by what comes after the first collection: projects and organizations are tenants alike."""
    return resembling(honest, lambda asked, known: asked.partition("/")[2] == known.partition("/")[2])


@fault(breaks="target.whole-name-counts", profile="ci")
def location_of_an_organization_is_ignored(honest: Service) -> Service:
    """Finds an operation of an organization by the organization and its id."""

    def is_alike(asked: str, known: str) -> bool:
        ours, theirs = asked.split("/"), known.split("/")
        return ours[0] == theirs[0] == "organizations" and (ours[1], ours[-1]) == (theirs[1], theirs[-1])

    return resembling(honest, is_alike)


@fault(breaks="routing.wildcard-parent", profile="ci")
def dash_is_every_parent(honest: Service) -> Service:
    """Reads `-` in place of every parent as any of them, for a cancel as well as for a get."""
    return resembling(honest, lambda asked, known: asked.count("/-/") > 1 and id_of(asked) == id_of(known))
