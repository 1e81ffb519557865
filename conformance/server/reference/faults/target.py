"""Faults of a cancel that hits the wrong operation.

Operations have no metadata here, because `requestedCancellation` would show the same defect a second time. If the named
operation is not cancelled, the statement is best-effort, so that this is no second defect.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import parse_qs, unquote

from conformance.exchange import Request, Response
from conformance.server.reference.faults.lies import (
    body_ignored,
    cancel_if_there,
    cancel_meant_for,
    cancel_preceded,
    flavoured,
    remembering,
    resembling,
    started,
    without_metadata,
)
from conformance.server.reference.faults.registry import BEST_EFFORT, fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Snapshot


@fault(breaks="target.body-name-never-redirects", statement=BEST_EFFORT)
def body_name_wins(honest: Service) -> Service:
    """Cancels the operation that the body names, as Envoy does by default."""
    return cancel_meant_for(
        flavoured(honest, body_name="ignored"), lambda _, call: str(call.body.get("name") or call.name)
    )


@fault(breaks="target.body-name-never-redirects")
def body_name_too(honest: Service) -> Service:
    """Cancels the operation of the path, and the one that the body names as well."""

    def act(service: Service, call: Invocation) -> None:
        cancel_if_there(service, str(call.body.get("name")))

    return cancel_preceded(without_metadata(flavoured(honest, body_name="ignored")), act)


@fault(breaks="target.query-name-never-redirects", statement=BEST_EFFORT)
def query_name_wins(honest: Service) -> Service:
    """Cancels the operation that `?name=` says, as Envoy and vanguard do."""
    return cancel_meant_for(
        flavoured(honest, unknown_query="ignored"), lambda _, call: call.query.get("name") or call.name
    )


@fault(breaks="target.query-name-never-redirects")
def query_name_too(honest: Service) -> Service:
    """Cancels the operation of the path, and the one that `?name=` says as well."""

    def act(service: Service, call: Invocation) -> None:
        cancel_if_there(service, call.query.get("name", ""))

    return cancel_preceded(without_metadata(flavoured(honest, unknown_query="ignored")), act)


@fault(breaks="target.routing-header-never-redirects", statement=BEST_EFFORT)
def routing_header_wins(honest: Service) -> Service:
    """Cancels the operation that `x-goog-request-params` names, as a load balancer's backend might."""
    return cancel_meant_for(honest, lambda _, call: _routed_name(call) or call.name)


def _routed_name(call: Invocation) -> str:
    return parse_qs(call.request.header("x-goog-request-params") or "").get("name", [""])[0]


@fault(breaks="target.whole-name-counts")
def short_id_is_enough(honest: Service) -> Service:
    """Finds an operation by the beginning of its id, as container tools do."""
    return resembling(honest, lambda asked, name: len(_id(asked)) >= 4 and name.startswith(asked))


@fault(breaks="target.whole-name-counts")
def longer_id_is_cut(honest: Service) -> Service:
    """Cuts an id that is too long to the length of its database column."""
    return resembling(honest, lambda asked, name: asked.startswith(name) and asked[len(name) :].isalnum())


@fault(breaks="target.whole-name-counts")
def case_of_the_id_is_ignored(honest: Service) -> Service:
    """Compares ids without regard to case, as MySQL does by default."""
    return resembling(honest, lambda asked, name: asked.lower() == name.lower())


@fault(breaks="target.whole-name-counts", profile="ci")
def id_is_trimmed(honest: Service) -> Service:
    """Trims blanks and full stops off an id, as forms and file systems do."""
    return resembling(honest, lambda sent, known: sent.rstrip(". ") == known)


@fault(breaks="target.whole-name-counts", profile="ci")
def plus_is_a_trimmed_blank(honest: Service) -> Service:
    """Decodes a path as a form, in which a plus is a blank, and trims the id."""
    return resembling(honest, lambda sent, known: sent.replace("+", " ").strip() == known)


@fault(breaks="target.whole-name-counts")
def id_is_decoded_twice(honest: Service) -> Service:
    """Decodes the id once more than it was escaped: first the router, then the handler."""
    return resembling(honest, lambda sent, known: unquote(sent) == known)


@fault(breaks="target.whole-name-counts", profile="ci")
def id_is_a_pattern(honest: Service) -> Service:
    """Looks an id up with LIKE, to which `%` and `_` are wildcards."""
    return resembling(honest, _like)


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace("%", ".*").replace("_", "."), text) is not None


@fault(breaks="target.whole-name-counts", profile="ci")
def id_ends_at_nul(honest: Service) -> Service:
    """Hands the id to a library in C, for which a NUL ends it."""
    return resembling(honest, lambda sent, known: sent.partition("\0")[0] == known)


@fault(breaks="target.whole-name-counts", profile="ci")
def id_may_end_in_a_newline(honest: Service) -> Service:
    """Matches the id with a regular expression whose `$` also matches before a line end."""
    return resembling(honest, lambda sent, known: re.match(f"{re.escape(known)}$", sent) is not None)


@fault(breaks="target.whole-name-counts", profile="ci")
def invisible_characters_are_dropped(honest: Service) -> Service:
    """Drops characters without a width from an id, as a form for people does."""
    return resembling(honest, lambda asked, name: asked.replace("\u200b", "") == name)


@fault(breaks="target.whole-name-counts", profile="ci")
def id_is_normalised(honest: Service) -> Service:
    """Normalises ids (NFKC), so that full-width letters are plain ones."""
    return resembling(honest, lambda sent, known: unicodedata.normalize("NFKC", sent) == known)


@fault(breaks="target.whole-name-counts", profile="ci")
def global_is_every_location(honest: Service) -> Service:
    """Looks for an operation of `locations/global` in every location."""
    return resembling(honest, lambda sent, known: "/locations/global/" in sent and _id(sent) == _id(known))


@fault(breaks="target.whole-name-counts", profile="ci")
def parents_have_no_case(honest: Service) -> Service:
    """Keeps its parents in a table whose collation knows no case."""
    return resembling(honest, lambda sent, known: _id(sent) == _id(known) and sent.lower() == known.lower())


@fault(breaks="target.whole-name-counts", profile="ci")
def parent_need_only_begin_alike(honest: Service) -> Service:
    """Looks for a project that begins with what was sent, as a search box does."""

    def is_alike(sent: str, known: str) -> bool:
        (_, sent_project, *sent_rest), (_, project, *rest) = sent.split("/"), known.split("/")
        return sent_rest == rest and sent_project != "" and project.startswith(sent_project)

    return resembling(honest, is_alike)


@fault(breaks="target.whole-name-counts", profile="ci")
def any_number_is_the_project(honest: Service) -> Service:
    """Takes every project number for that of its only project."""
    return resembling(honest, lambda sent, known: re.sub(r"projects/\d+/", "projects/demo/", sent) == known)


@fault(breaks="routing.wildcard-parent", profile="ci")
def dash_is_every_parent(honest: Service) -> Service:
    """Reads `-` in place of every parent as any of them, for a cancel as well as for a get."""
    return resembling(honest, lambda sent, known: sent.count("/-/") > 1 and _id(sent) == _id(known))


@fault(breaks="target.other-operations-untouched", profile="ci")
def dash_cancels_all(honest: Service) -> Service:
    """Reads `operations/-` as all operations, as lists read `-`, and cancels them."""
    known = remembering(without_metadata(honest))

    def act(service: Service, call: Invocation) -> None:
        if call.name.endswith("/-"):
            for name in list(started(service)):
                cancel_if_there(service, name)

    return cancel_preceded(known, act)


@fault(breaks="target.routing-header-never-redirects", statement=BEST_EFFORT)
def original_url_wins(honest: Service) -> Service:
    """Routes by `X-Original-URL`, as frameworks do that expect a rewriting proxy before them."""

    def meant(_: Service, call: Invocation) -> str:
        original = call.request.header("x-original-url")
        return call.name if original is None else unquote(original.removeprefix("/v1/").removesuffix(":cancel"))

    return cancel_meant_for(honest, meant)


@fault(breaks="target.query-name-never-redirects", statement=BEST_EFFORT, profile="ci")
def last_query_name_wins(honest: Service) -> Service:
    """Takes the name from the query when it is there twice, since that is a list and none of its business."""

    def meant(_: Service, call: Invocation) -> str:
        names = parse_qs(call.request.query).get("name", [])
        return names[-1] if len(names) > 1 else call.name

    return cancel_meant_for(flavoured(honest, unknown_query="ignored"), meant)


@fault(breaks="target.body-name-never-redirects", statement=BEST_EFFORT)
def form_name_wins(honest: Service) -> Service:
    """Mixes the members of a form with the variables of the path, as web frameworks do."""

    def is_form(request: Request) -> bool:
        return "form" in (request.header("content-type") or "")

    def meant(_: Service, call: Invocation) -> str:
        form = parse_qs(call.request.body.decode("latin-1")) if is_form(call.request) else {}
        return form.get("name", [call.name])[0]

    return cancel_meant_for(body_ignored(honest, is_form), meant)


@fault(breaks="target.body-name-never-redirects", statement={**BEST_EFFORT, "unknown_fields": "ignored"})
def another_member_wins(honest: Service) -> Service:
    """Cancels the operation of the member `operationId`, which its first client sent beside the path."""
    ignoring = flavoured(honest, body_name="ignored", unknown_body="ignored")
    return cancel_meant_for(ignoring, lambda _, call: _sibling(call.name, call.body.get("operationId")))


@fault(breaks="target.query-name-never-redirects", statement=BEST_EFFORT)
def another_parameter_wins(honest: Service) -> Service:
    """Cancels the operation of `?operationsId=`, as discovery documents call the last part of the path."""
    ignoring = flavoured(honest, unknown_query="ignored")
    return cancel_meant_for(ignoring, lambda _, call: _sibling(call.name, call.query.get("operationsId")))


def _sibling(name: str, identifier: object) -> str:
    """The operation with another id beside the one of this name; that itself, where there is none."""
    return f"{_parent(name)}/operations/{identifier}" if isinstance(identifier, str) else name


@fault(breaks="target.query-name-never-redirects", profile="ci")
def query_name_is_the_last_resort(honest: Service) -> Service:
    """Takes the name from the query when nothing has the name in the path."""
    known = remembering(flavoured(honest, unknown_query="ignored"))

    def chosen(service: Service, call: Invocation) -> str:
        return call.name if call.name in started(service) else call.query.get("name") or call.name

    return cancel_meant_for(known, chosen)


@fault(breaks="target.whole-name-counts")
def parent_is_ignored(honest: Service) -> Service:
    """Finds an operation by its id alone, whatever project and location the path names."""
    return resembling(honest, lambda asked, name: _id(asked) == _id(name))


@fault(breaks="target.whole-name-counts")
def project_is_ignored(honest: Service) -> Service:
    """Keeps operations by location and id, so that every project reaches those of all others."""
    return resembling(honest, lambda asked, name: asked.split("/")[2:] == name.split("/")[2:])


@fault(breaks="target.whole-name-counts")
def location_is_ignored(honest: Service) -> Service:
    """Keeps operations by project and id, as a server does that was global once."""
    return resembling(honest, lambda asked, name: (asked.split("/")[1], _id(asked)) == (name.split("/")[1], _id(name)))


_HITS_THE_OTHER_WORKERS = {"workers": "what another worker has just started may be cancelled before it was seen to run"}


@fault(breaks="target.other-operations-untouched", by_chance=_HITS_THE_OTHER_WORKERS)
def cancels_all(honest: Service) -> Service:
    """Cancels every operation of the location, as a cancel flag does that a whole worker pool shares."""
    return _hitting(honest, lambda _, others: others)


@fault(breaks="target.other-operations-untouched")
def cancels_the_next_too(honest: Service) -> Service:
    """Cancels the operation that was started next, too: a range that is one too long."""
    return _hitting(honest, lambda named, others: [each for each in others if each.number == named.number + 1])


@fault(breaks="target.other-operations-untouched")
def cancels_the_one_before_too(honest: Service) -> Service:
    """Cancels the operation that was started just before, too: a queue that counts from the wrong end."""
    return _hitting(honest, lambda named, others: [each for each in others if each.number == named.number - 1])


@fault(
    breaks="target.other-operations-untouched",
    statement=BEST_EFFORT,
    by_chance=_HITS_THE_OTHER_WORKERS,
)
def cancels_the_newest_instead(honest: Service) -> Service:
    """Cancels whatever was started last, as a server does that knows one current operation."""
    return _hitting(honest, lambda _, others: others[-1:], spared=True)


@fault(breaks="target.other-operations-untouched", statement=BEST_EFFORT)
def cancels_the_oldest_instead(honest: Service) -> Service:
    """Cancels the oldest operation that runs, as a server does that pops its queue."""
    return _hitting(honest, lambda _, others: others[:1], spared=True)


Others = Callable[[Snapshot, list[Snapshot]], Iterable[Snapshot]]


def _hitting(honest: Service, chosen: Others, *, spared: bool = False) -> Service:
    """A cancel hits those running operations of the location, besides or instead of the one it names.

    A request that names a second operation in its header is served honestly: nobody could tell whether the header
    had chosen.
    """

    def lie(service: Service, call: Invocation) -> Message:
        named = service.look_up(service, call.target)
        if call.request.header("x-goog-request-params"):
            return honest.cancel(service, call)
        running = list(service.store.running(_parent(named.name)))
        hit = list(chosen(named, running if spared else [each for each in running if each.name != named.name]))
        for other in hit:
            service.store.cancel(other.name)
        return {} if spared and hit else honest.cancel(service, call)

    return without_metadata(replace(honest, cancel=lie))


def _parent(name: str) -> str:
    return name.rpartition("/operations/")[0]


def _id(name: str) -> str:
    return name.rpartition("/")[2]


@fault(breaks="target.only-its-cancel-cancels")
def refusals_add_up(honest: Service) -> Service:
    """Cancels an operation when a dozen requests that name it were refused: what is asked for so often is suspect."""

    def respond(service: Service, request: Request, response: Response) -> Response:
        for name in started(service) if 400 <= response.status < 500 else []:
            if _id(name) in request.path and service.count(f"refusals of {name}") == _SUSPECT:
                cancel_if_there(service, name)
        return honest.respond(service, request, response)

    return replace(without_metadata(remembering(honest)), respond=respond)


_SUSPECT = 12
"""Refused requests; more than there are in any family of near misses."""


@fault(breaks="target.other-operations-untouched")
def delete_cancels_the_others(honest: Service) -> Service:
    """Cancels, on the delete of an operation, those that run in the same place: it was the last of its kind, surely."""
    known = remembering(without_metadata(honest))

    def delete(service: Service, call: Invocation) -> Message:
        message = honest.delete(service, call)
        for name in list(started(service)):
            cancel_if_there(service, name)
        return message

    return replace(known, delete=delete)


@fault(breaks="target.whole-name-counts")
def organization_is_ignored(honest: Service) -> Service:
    """Finds an operation of an organization by what comes after the organization: there was only one so far."""

    def similar(asked: str, known: str) -> bool:
        ours, theirs = asked.split("/", 2), known.split("/", 2)
        return ours[0] == theirs[0] == "organizations" and ours[2:] == theirs[2:]

    return resembling(honest, similar)


@fault(breaks="target.whole-name-counts")
def organization_is_a_project(honest: Service) -> Service:
    """Finds an operation by what comes after the first collection: projects and organizations are tenants alike."""
    return resembling(honest, lambda asked, known: asked.partition("/")[2] == known.partition("/")[2])


@fault(breaks="target.whole-name-counts", profile="ci")
def location_of_an_organization_is_ignored(honest: Service) -> Service:
    """Finds an operation of an organization by the organization and its id."""

    def similar(asked: str, known: str) -> bool:
        ours, theirs = asked.split("/"), known.split("/")
        return ours[0] == theirs[0] == "organizations" and (ours[1], ours[-1]) == (theirs[1], theirs[-1])

    return resembling(honest, similar)
