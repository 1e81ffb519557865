"""Faults of a cancel that hits the wrong operation.

Operations have no metadata here, because `requestedCancellation` would show the same defect a second time. If the named
operation is not cancelled, the statement is best-effort, so that this is no second defect.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
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
    started,
    without_metadata,
)
from conformance.server.reference.faults.registry import BEST_EFFORT, fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.naming import id_of, parent_of
from conformance.server.reference.service import Service
from conformance.server.reference.store import Behaviour, Snapshot, UnknownOperation

# --- The name in another place ----------------------------------------------------------------------------------------


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


@fault(breaks="target.body-name-never-redirects", statement={**BEST_EFFORT, "unknown_fields": "ignored"})
def body_is_mixed_with_the_path(honest: Service) -> Service:
    """Mixes the members of the body with the parameters of its route, of which `operation` is one, and they win."""
    ignoring = flavoured(honest, body_name="ignored", unknown_body="ignored")
    return cancel_meant_for(ignoring, lambda _, call: _sibling(call.name, call.body.get("operation")))


@fault(breaks="target.body-name-never-redirects", statement={"unknown_fields": "ignored"}, profile="ci")
def message_in_the_body_wins(honest: Service) -> Service:
    """Cancels the operation that a message `operation` in the body names: its other methods take one there."""

    def meant(service: Service, call: Invocation) -> str:
        message = call.body.get("operation")
        named = message.get("name") if isinstance(message, Mapping) else None
        return named if named in started(service) else call.name

    ignoring = flavoured(honest, body_name="ignored", unknown_body="ignored")
    return cancel_meant_for(remembering(ignoring), meant)


@fault(breaks="target.query-name-never-redirects")
def query_name_wins(honest: Service) -> Service:
    """Cancels the operation that `?name=` says, as Envoy and vanguard do."""
    return cancel_meant_for(
        flavoured(honest, unknown_query="ignored"), lambda _, call: call.query.get("name") or call.name
    )


@fault(
    breaks="target.query-name-never-redirects",
    statement=BEST_EFFORT,
    by_chance={"workers": "each worker may meet the server that is right, and never the other one"},
)
def query_name_wins_on_one_of_two_servers(honest: Service) -> Service:
    """Cancels the operation that `?name=` says, on every second request that says one: a balancer has two servers."""

    def meant(service: Service, call: Invocation) -> str:
        name = call.query.get("name")
        if not name:
            return call.name
        service.scratch["turn"] = not service.scratch.get("turn", False)
        return name if service.scratch["turn"] else call.name

    return cancel_meant_for(flavoured(honest, unknown_query="ignored"), meant)


@fault(breaks="target.query-name-never-redirects")
def query_name_too(honest: Service) -> Service:
    """Cancels the operation of the path, and the one that `?name=` says as well."""

    def act(service: Service, call: Invocation) -> None:
        cancel_if_there(service, call.query.get("name", ""))

    return cancel_preceded(without_metadata(flavoured(honest, unknown_query="ignored")), act)


@fault(breaks="target.query-name-never-redirects", statement=BEST_EFFORT, profile="ci")
def last_query_name_wins(honest: Service) -> Service:
    """Takes the name from the query when it is there twice, since that is a list and none of its business."""

    def meant(_: Service, call: Invocation) -> str:
        names = parse_qs(call.request.query).get("name", [])
        return names[-1] if len(names) > 1 else call.name

    return cancel_meant_for(flavoured(honest, unknown_query="ignored"), meant)


@fault(breaks="target.query-name-never-redirects", profile="ci")
def query_name_of_a_delete_wins(honest: Service) -> Service:
    """Deletes the operation that `?name=` says; a cancel is bound to its path."""
    honest = flavoured(honest, unknown_query="ignored")

    def lie(service: Service, call: Invocation) -> Message:
        return honest.delete(service, replace(call, target=call.query.get("name") or call.target))

    return replace(honest, delete=lie)


@fault(breaks="target.query-name-never-redirects", statement=BEST_EFFORT)
def another_parameter_wins(honest: Service) -> Service:
    """Cancels the operation of `?operationsId=`, as discovery documents call the last part of the path."""
    ignoring = flavoured(honest, unknown_query="ignored")
    return cancel_meant_for(ignoring, lambda _, call: _sibling(call.name, call.query.get("operationsId")))


@fault(breaks="target.query-name-never-redirects", statement=BEST_EFFORT)
def query_is_mixed_with_the_path(honest: Service) -> Service:
    """Mixes the parameters of the query with those of its route, of which `operation` is one, and they win."""
    ignoring = flavoured(honest, unknown_query="ignored")
    return cancel_meant_for(ignoring, lambda _, call: _sibling(call.name, call.query.get("operation")))


def _sibling(name: str, identifier: object) -> str:
    """The operation with another id beside the one of this name; that itself, where there is none."""
    return f"{parent_of(name)}/operations/{identifier}" if isinstance(identifier, str) else name


@fault(breaks="target.query-name-never-redirects", profile="ci")
def query_name_is_the_last_resort(honest: Service) -> Service:
    """Takes the name from the query when nothing has the name in the path."""
    known = remembering(flavoured(honest, unknown_query="ignored"))

    def chosen(service: Service, call: Invocation) -> str:
        return call.name if call.name in started(service) else call.query.get("name") or call.name

    return cancel_meant_for(known, chosen)


@fault(breaks="target.routing-header-never-redirects", statement=BEST_EFFORT)
def routing_header_wins(honest: Service) -> Service:
    """Cancels the operation that `x-goog-request-params` names, as a load balancer's backend might."""
    return cancel_meant_for(honest, lambda _, call: _routed_name(call) or call.name)


def _routed_name(call: Invocation) -> str:
    return parse_qs(call.request.header("x-goog-request-params") or "").get("name", [""])[0]


@fault(breaks="target.routing-header-never-redirects", statement=BEST_EFFORT)
def original_url_wins(honest: Service) -> Service:
    """Routes by `X-Original-URL`, as frameworks do that expect a rewriting proxy before them."""

    def meant(_: Service, call: Invocation) -> str:
        original = call.request.header("x-original-url")
        return call.name if original is None else unquote(original.removeprefix("/v1/").removesuffix(":cancel"))

    return cancel_meant_for(honest, meant)


# --- Other operations -------------------------------------------------------------------------------------------------


@fault(breaks="target.other-operations-untouched", profile="ci")
def dash_cancels_all(honest: Service) -> Service:
    """Reads `operations/-` as all operations, as lists read `-`, and cancels them."""
    known = remembering(without_metadata(honest))

    def act(service: Service, call: Invocation) -> None:
        if call.name.endswith("/-"):
            for name in list(started(service)):
                cancel_if_there(service, name)

    return cancel_preceded(known, act)


_HITS_THE_OTHER_WORKERS = {"workers": "what another worker has just started may be cancelled before it was seen to run"}


@fault(breaks="target.other-operations-untouched", by_chance=_HITS_THE_OTHER_WORKERS)
def cancels_all(honest: Service) -> Service:
    """Cancels every operation of the location, as a cancel flag does that a whole worker pool shares."""
    return _hitting(honest, lambda _, others: others)


@fault(breaks="target.other-operations-untouched", at_least=True)
def cancels_the_next_too(honest: Service) -> Service:
    """Cancels the operation that was started next, too: a range that is one too long."""
    return _hitting(honest, lambda named, others: [each for each in others if each.number == named.number + 1])


@fault(
    breaks=("target.only-its-cancel-cancels", "target.other-operations-untouched"),
    unseen={"lagging-list": "the list does not show what was hit before the cancel of its own"},
    unseen_part=("target.only-its-cancel-cancels",),
    by_chance={"workers": "the one that was started next may be another worker's"},
)
def cancels_the_next_of_what_runs(honest: Service) -> Service:
    """The same, but only for what runs and was not hit before: a list shows what was hit before its own cancel."""
    reckless = _hitting(honest, lambda named, others: [each for each in others if each.number == named.number + 1])

    def lie(service: Service, call: Invocation) -> Message:
        stored = service.store.get(call.name)
        return (honest if stored.done or stored.requested_cancellation else reckless).cancel(service, call)

    return replace(reckless, cancel=lie)


@fault(breaks="target.other-operations-untouched")
def cancels_the_one_before_too(honest: Service) -> Service:
    """Cancels the operation that was started just before, too: a queue that counts from the wrong end."""
    return _hitting(honest, lambda named, others: [each for each in others if each.number == named.number - 1])


@fault(
    breaks="target.other-operations-untouched",
    statement=BEST_EFFORT,
    at_least=True,
    by_chance=_HITS_THE_OTHER_WORKERS,
)
def cancels_the_newest_instead(honest: Service) -> Service:
    """Cancels whatever was started last, as a server does that knows one current operation."""
    return _hitting(honest, lambda _, others: others[-1:], spared=True)


@fault(breaks="target.other-operations-untouched", statement=BEST_EFFORT, by_chance=_HITS_THE_OTHER_WORKERS)
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
        running = list(service.store.running(parent_of(named.name)))
        hit = list(chosen(named, running if spared else [each for each in running if each.name != named.name]))
        for other in hit:
            service.store.cancel(other.name)
        return {} if spared and hit else honest.cancel(service, call)

    return without_metadata(replace(honest, cancel=lie))


@fault(breaks="target.only-its-cancel-cancels")
def refusals_add_up(honest: Service) -> Service:
    """Cancels an operation when a dozen requests that name it were refused: what is asked for so often is suspect."""

    def respond(service: Service, request: Request, response: Response) -> Response:
        for name in started(service) if 400 <= response.status < 500 else []:
            if id_of(name) in request.path and service.count(f"refusals of {name}") == _SUSPECT:
                cancel_if_there(service, name)
        return honest.respond(service, request, response)

    return replace(without_metadata(remembering(honest)), respond=respond)


_SUSPECT = 12
"""Refused requests; more than there are in any family of near misses."""


@fault(
    breaks="target.only-its-cancel-cancels",
    profile="ci",
    unseen={
        "very-late": "it comes when ci has looked for the last time",
        "socket": "it comes before that, and asking who did it takes all operations of the run, which says so",
    },
)
def refusals_add_up_to_a_review(honest: Service) -> Service:
    """The same, three seconds later than any other cancel takes effect: somebody has to look at it first."""

    def respond(service: Service, request: Request, response: Response) -> Response:
        for name in started(service) if 400 <= response.status < 500 else []:
            if id_of(name) in request.path and service.count(f"refusals of {name}") == _SUSPECT:
                with contextlib.suppress(UnknownOperation):
                    if not service.store.get(name).done:
                        reviewed = Behaviour.of("cancel-later", delay=service.flavour.running.delay + 3.0)
                        service.store.amend(name, behaviour=reviewed, cancel_requested_at=service.clock.now())
        return honest.respond(service, request, response)

    return replace(without_metadata(remembering(honest)), respond=respond)


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
