"""Faults of the router: paths that are almost that of cancel.

A path that is taken for the cancel of an operation really cancels it. Operations have no metadata here, because
`requestedCancellation` would show the same defect a second time.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from conformance.exchange import Request
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import (
    NO_SUCH_PAGE,
    also_bound,
    flavoured,
    posted,
    remembering,
    resembling,
    started,
    succeeding,
    without_metadata,
)
from conformance.server.reference.faults.registry import UNSUPPORTED, fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service


def _unbound(honest: Service) -> Service:
    """No POST on `…:cancel` is bound."""

    def lie(service: Service, request: Request) -> Invocation:
        call = honest.route(service, request)
        if call.rpc is Rpc.CANCEL:
            raise NO_SUCH_PAGE
        return call

    return flavoured(replace(honest, route=lie), unrouted_body="html")


# --- The binding ------------------------------------------------------------------------------------------------------


@fault(
    breaks=("routing.cancel-is-bound", "unimplemented.is-501", "errors.are-readable", "errors.envelope"),
    statement=UNSUPPORTED,
)
def unsupported_is_no_page(honest: Service) -> Service:
    """Does not support cancel and answers it as any unknown path, as the Firestore and Datastore emulators do."""
    return _unbound(honest)


@fault(breaks="routing.cancel-is-bound", at_least=True)
def cancel_is_no_page(honest: Service) -> Service:
    """Claims to support cancel and has forgotten to bind it."""
    return _unbound(honest)


@fault(breaks="routing.cancel-is-bound", at_least=True)
def verb_is_a_segment(honest: Service) -> Service:
    """Binds `…/cancel` in place of `…:cancel`, as the Cloud SQL API does."""
    unbound = _unbound(honest)

    def lie(service: Service, request: Request) -> Invocation:
        meant = posted(request, r"(.*/operations/[^/]+)/cancel", r"\1:cancel")
        return honest.route(service, replace(request, target=meant)) if meant else unbound.route(service, request)

    return replace(unbound, route=lie)


# --- The verb ---------------------------------------------------------------------------------------------------------


@fault(breaks="routing.verb-is-exact")
def verb_prefix_matches(honest: Service) -> Service:
    """Takes every suffix that begins with `:cancel` for it, as a pattern does that lacks its end."""
    return also_bound(honest, lambda request: posted(request, r"(.*:cancel)[A-Za-z0-9]+", r"\1"))


@fault(breaks="routing.verb-is-exact")
def verb_in_any_case(honest: Service) -> Service:
    """Takes `:Cancel` for `:cancel`, as kinglet's router does."""
    return also_bound(honest, lambda request: posted(request, r"(.*:)(?i:cancel)", r"\1cancel"))


@fault(breaks="routing.verb-is-exact")
def any_verb_cancels(honest: Service) -> Service:
    """Takes every suffix for `:cancel`: the router splits at the colon and looks at the left half only."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations/[^/:]+):[a-zA-Z]+", r"\1:cancel"))


@fault(breaks="routing.verb-is-exact", profile="ci")
def wait_cancels(honest: Service) -> Service:
    """Has `:wait` end in the handler of the cancel, with the wrong line of a table copied."""

    def lie(service: Service, request: Request) -> Invocation:
        path = posted(request, r"(.*/operations/[^/:]+):wait", r"\1:cancel")
        return honest.route(service, replace(request, target=path, body=b"") if path else request)

    return without_metadata(replace(honest, route=lie))


@fault(breaks="routing.verb-is-exact", profile="ci")
def verb_in_capitals_cancels_every_second_time(honest: Service) -> Service:
    """Takes every second `:Cancel` for `:cancel`: one of two routers behind it has no case."""

    def meant(request: Request) -> str | None:
        path = posted(request, r"(.*:)Cancel", r"\1cancel")
        return path if path is not None and next(count) % 2 else None

    count = itertools.count()
    return also_bound(honest, meant)


@fault(breaks="routing.verb-is-exact")
def no_verb_cancels(honest: Service) -> Service:
    """Takes a POST on the bare name for a cancel."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations/[^/:]+)", r"\1:cancel"))


@fault(breaks="routing.verb-is-exact")
def verb_is_found_in_the_query(honest: Service) -> Service:
    """Compares the end of the whole target with `:cancel`, as a proxy does whose pattern is for the request line."""

    def meant(request: Request) -> str | None:
        return f"{request.path}:cancel" if request.method == "POST" and request.query.endswith(":cancel") else None

    return also_bound(honest, meant)


@fault(breaks="routing.verb-is-exact", profile="ci")
def verb_has_an_extension(honest: Service) -> Service:
    """Takes `:cancel.json` for `:cancel`: the framework strips a format from the end of every path."""
    return also_bound(honest, lambda request: posted(request, r"(.*:cancel)\.[a-z]+", r"\1"))


@fault(breaks="routing.verb-is-exact", profile="ci")
def verb_goes_on(honest: Service) -> Service:
    """Ignores whatever follows the verb and a slash."""
    return also_bound(honest, lambda request: posted(request, r"(.*:cancel)/[^/]+", r"\1"))


@fault(breaks="routing.verb-is-exact", profile="ci")
def verb_ends_likewise(honest: Service) -> Service:
    """Takes every suffix that ends in `cancel` for it, as a pattern does that lacks its beginning."""
    return also_bound(honest, lambda request: posted(request, r"(.*):[a-z]+cancel", r"\1:cancel"))


@fault(breaks="routing.verb-is-exact")
def parameters_after_the_verb_are_dropped(honest: Service) -> Service:
    """Takes `:cancel;v=1` for `:cancel`: parameters of a path are stripped before it is matched, as in Spring MVC."""
    return also_bound(honest, lambda request: posted(request, r"(.*:cancel);[^/]*", r"\1"))


@fault(breaks="routing.literals-are-exact", profile="ci")
def parameters_of_a_segment_are_dropped(honest: Service) -> Service:
    """Takes `operations;v=1/O:cancel` for `operations/O:cancel`, as JAX-RS matches paths."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations);[^/]*(/[^/]+:cancel)", r"\1\2"))


@fault(breaks="routing.last-colon-separates-the-verb")
def first_colon_separates(honest: Service) -> Service:
    """Cuts the path at its first colon, so that `O:cancel:cancel` cancels `O`."""
    return also_bound(honest, lambda request: posted(request, r"([^:]*:cancel):cancel", r"\1"))


# --- The segments -----------------------------------------------------------------------------------------------------


@fault(breaks="routing.segment-count-is-exact")
def extra_segment_is_ignored(honest: Service) -> Service:
    """Ignores what follows the id, as a pattern does that reads four groups and stops."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations/[^/:]+)/[^/:]+:cancel", r"\1:cancel"))


@fault(breaks="routing.segment-count-is-exact", profile="ci")
def last_segment_is_the_id(honest: Service) -> Service:
    """Takes the last of several segments for the id."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations/)[^/:]+/([^/:]+:cancel)", r"\1\2"))


@fault(breaks="routing.segment-count-is-exact")
def path_may_begin_earlier(honest: Service) -> Service:
    """Searches for the path in the target, so that anything may stand before it."""
    return also_bound(honest, lambda request: posted(request, r"/[^/]+(/v1/projects/.*:cancel)", r"\1"))


@fault(breaks="routing.segment-count-is-exact", profile="ci")
def backslash_becomes_a_slash(honest: Service) -> Service:
    """Takes `%5C` for a slash, as file systems and some browsers do."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations)%5C([^/]+:cancel)", r"\1/\2"))


@fault(breaks="routing.segment-count-is-exact")
def any_operations_path_matches(honest: Service) -> Service:
    """Matches `{name=**/operations/*}`, the loose default of the generic clients, and finds the operation by its id."""
    known = remembering(honest)

    def lie(service: Service, request: Request) -> Invocation:
        identifier = posted(request, r"/v1/(?:projects/[^/]+/|locations/[^/]+/|)operations/([^/:]+):cancel", r"\1")
        names = [name for name in started(service) if identifier and name.endswith(f"/{identifier}")]
        return honest.route(service, replace(request, target=f"/v1/{names[-1]}:cancel") if names else request)

    return without_metadata(replace(known, route=lie))


@fault(breaks="routing.literals-are-exact")
def literals_in_any_case(honest: Service) -> Service:
    """Matches `/V1/Projects/…` as well, as a case-insensitive router does; kinglet has one."""

    def meant(request: Request) -> str | None:
        pattern = r"/(?i:v1/projects)/([^/]+)/(?i:locations)/([^/]+)/(?i:operations)/([^/]+:cancel)"
        return posted(request, pattern, r"/v1/projects/\1/locations/\2/operations/\3")

    return also_bound(honest, meant)


@fault(breaks="routing.literals-are-exact")
def any_version_matches(honest: Service) -> Service:
    """Serves every version alike: `/v2/`, `/v1beta1/`."""
    return also_bound(honest, lambda request: posted(request, r"/v[0-9][a-z0-9]*(/.*:cancel)", r"/v1\1"))


@fault(breaks="routing.literals-are-exact")
def version_is_a_beginning(honest: Service) -> Service:
    """Serves every path whose first segment begins with `v1`."""
    return also_bound(honest, lambda request: posted(request, r"/v1[a-z]\w*(/.*:cancel)", r"/v1\1"))


@fault(breaks="routing.literals-are-exact")
def any_collection_matches(honest: Service) -> Service:
    """Reads identifiers by their position, not by the words between them; organizations have a route of their own."""

    def meant(request: Request) -> str | None:
        pattern = r"/v1/(?!organizations/)[a-zA-Z]+/([^/]+)/[a-zA-Z]+/([^/]+)/[a-zA-Z]+/([^/]+:cancel)"
        return posted(request, pattern, r"/v1/projects/\1/locations/\2/operations/\3")

    return also_bound(honest, meant)


@fault(breaks="routing.literals-are-exact", profile="ci")
def pairs_in_any_order(honest: Service) -> Service:
    """Reads a name as a set of pairs: `locations/us/projects/demo/operations/O` is `O` as well."""

    def meant(request: Request) -> str | None:
        pattern = r"/v1/locations/([^/]+)/projects/([^/]+)/(operations/[^/]+:cancel)"
        return posted(request, pattern, r"/v1/projects/\2/locations/\1/\3")

    return also_bound(honest, meant)


@fault(breaks="routing.trailing-slash-is-another-path")
def trailing_slash_is_dropped(honest: Service) -> Service:
    """Takes `:cancel/` for `:cancel`, as kinglet and most web frameworks do."""
    return also_bound(honest, lambda request: posted(request, r"(.*:cancel)/", r"\1"))


@fault(breaks="routing.slash-before-verb-is-another-path")
def slash_before_verb_is_dropped(honest: Service) -> Service:
    """Takes `O/:cancel` for `O:cancel`, as Envoy does."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations/[^/:]+)/:cancel", r"\1:cancel"))


@fault(breaks="routing.slashes-are-not-merged", profile="ci")
def slashes_are_merged(honest: Service) -> Service:
    """Takes `operations//O:cancel` for `operations/O:cancel`, as nginx does unless it is told not to."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations)//([^/]+:cancel)", r"\1/\2"))


@fault(breaks="routing.slashes-are-not-merged", profile="ci")
def slashes_before_the_path_are_dropped(honest: Service) -> Service:
    """Takes `//v1/…:cancel` for `/v1/…:cancel`: it strips what separates the host from the path."""
    return also_bound(honest, lambda request: posted(request, r"/+(/v1/.*:cancel)", r"\1"))


@fault(breaks="routing.empty-segment-names-nothing")
def empty_id_cancels_nothing_successfully(honest: Service) -> Service:
    """Answers `operations/:cancel` with success, as a query without a condition does that found no row to change."""
    return succeeding(honest, r".*/operations/:cancel")


@fault(breaks="routing.empty-segment-names-nothing")
def empty_project_is_any(honest: Service) -> Service:
    """Reads an empty project as a wildcard, because the backend that should refuse it does not."""

    def meant(request: Request) -> str | None:
        return posted(request, r"/v1/projects//(locations/[^/]+/operations/[^/]+:cancel)", r"/v1/projects/-/\1")

    return also_bound(_wildcards(honest, 1), meant)


@fault(breaks="routing.empty-segment-names-nothing", profile="ci")
def empty_location_is_any(honest: Service) -> Service:
    """Reads an empty location as a wildcard."""

    def meant(request: Request) -> str | None:
        return posted(request, r"/v1/(projects/[^/]+/locations/)(/operations/[^/]+:cancel)", r"/v1/\1-\2")

    return also_bound(_wildcards(honest, 3), meant)


def _wildcards(honest: Service, at: int) -> Service:
    """`-` in the segment at this index stands for any."""

    def similar(asked: str, name: str) -> bool:
        segments = asked.split("/")
        return segments[at] == "-" and _without_segment(asked, at) == _without_segment(name, at)

    return resembling(honest, similar)


def _without_segment(name: str, at: int) -> list[str]:
    segments = name.split("/")
    return [*segments[:at], *segments[at + 1 :]]


# --- The target, and the bindings -------------------------------------------------------------------------------------


@fault(breaks="routing.too-long-target-is-refused")
def long_target_crashes(honest: Service) -> Service:
    """Answers a target that does not fit into its buffer with 500."""

    def lie(service: Service, request: Request) -> Invocation:
        if len(request.target) > 8192:
            raise ApiError(Code.INTERNAL, "Internal error encountered.", reason="INTERNAL_ERROR", routed=False)
        return honest.route(service, request)

    return replace(honest, route=lie)


@fault(breaks="outcome.guaranteed")
def organizations_are_not_heard(honest: Service) -> Service:
    """Answers the cancel of an organization's operation with 200 and does nothing."""

    def lie(service: Service, call: Invocation) -> Message:
        if not call.target.startswith("organizations/"):
            return honest.cancel(service, call)
        service.look_up(service, call.target)
        return {}

    return without_metadata(replace(honest, cancel=lie))


@fault(breaks="routing.additional-bindings-are-bound")
def organizations_are_not_cancelled(honest: Service) -> Service:
    """Binds get and delete for operations of organizations, and forgets cancel."""

    def lie(service: Service, request: Request) -> Invocation:
        call = honest.route(service, request)
        if call.rpc is Rpc.CANCEL and call.name.startswith("organizations/"):
            raise NO_SUCH_PAGE
        return call

    return replace(honest, route=lie)
