"""Correct variants, by what they differ in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError, invalid_argument
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Behaviour, Mode, Snapshot, UnknownOperation
from conformance.server.reference.variants.registry import (
    BEST_EFFORT,
    LATE_WITHOUT_A_TRACE,
    NOTHING_IS_KNOWN_OF,
    ONLY_RUNNING_OPERATIONS_SHOW,
    taste,
    tasting,
    variant,
)

# --- Tastes -----------------------------------------------------------------------------------------------------------

taste("default", "The reference server as it is.")
taste("defaults-omitted", "ProtoJSON may leave out members with their default value; `done` absent means false.")
taste("metadata-null", "ProtoJSON reads null as absent; grpc-gateway writes it.")
taste("metadata-absent", "Some services do not provide metadata.")
taste("no-charset", "JSON is UTF-8 with and without the parameter.")
taste("quoted-charset", "Media types are compared without regard to case, and a parameter may be quoted.")
taste("spaced", "JSON has white space where it likes.")
taste("indented", "Google answers in pretty print unless it is told not to.")
taste("extra-headers", "An answer may carry header fields that nobody asked for; Envoy adds `grpc-status: 0`.")
taste("errors-legacy", "Google's older APIs add a list of errors to the envelope.")
taste("wrong-method-405", "405 with `Allow` is the answer of HTTP to a method that is not bound.")
taste("wrong-method-501", "grpc-gateway answers a method that is not bound as UNIMPLEMENTED.")
taste("unrouted-html", "Google's front end answers an unknown path with a page.")
taste("unrouted-empty", "A front end may answer an unknown path with nothing but the status.")
taste("unknown-query-ignored", "grpc-gateway ignores unknown query parameters, `name` among them.")
taste("unknown-body-ignored", "ProtoJSON may ignore unknown members.", statement={"unknown_fields": "ignored"})
taste("body-name-ignored", "The path binds the name; what the body says of it may be ignored.")
taste("done-cancel-refused", "AIP-216 wants FAILED_PRECONDITION where a state cannot change any more.")
taste(
    "succeeds-anyway",
    "Cancel is best effort: the operation may succeed.",
    statement=BEST_EFFORT,
    without_effect=LATE_WITHOUT_A_TRACE,
)
taste(
    "never-ends",
    "Cancel is best effort: the operation may run on.",
    statement=BEST_EFFORT,
    without_effect=LATE_WITHOUT_A_TRACE,
)
taste("cancel-unimplemented", "Cancel need not be supported.", statement={"cancel": "unimplemented"})
taste(
    "list-and-delete-unimplemented",
    "List and delete need not be supported.",
    statement={"list": False, "delete": False},
)


# --- How operations live ----------------------------------------------------------------------------------------------


@variant(
    statement=BEST_EFFORT,
    verdict="incomplete",
    warns=frozenset({"outcome.requested-cancellation-is-shown"}),
    not_tested=NOTHING_IS_KNOWN_OF,
)
def never_ends_without_a_trace(honest: Service) -> Service:
    """Cancel is best effort, and metadata need not tell that it was asked for: nothing is ever seen of a cancel."""
    return tasting(honest, running=Behaviour(Mode.NEVER_ENDS), metadata="unflagged")


@variant(statement=BEST_EFFORT, verdict="incomplete", not_tested=NOTHING_IS_KNOWN_OF)
def succeeds_anyway_without_a_trace(honest: Service) -> Service:
    """A second after its cancel the operation succeeds, as it would have by itself for all that anybody can see."""
    return tasting(honest, running=Behaviour(Mode.SUCCEED_ANYWAY, duration=1.0), metadata="absent")


@variant(
    start={"mode": "done"},
    statement=BEST_EFFORT,
    verdict="incomplete",
    not_tested=NOTHING_IS_KNOWN_OF | ONLY_RUNNING_OPERATIONS_SHOW,
)
def operations_end_at_once(honest: Service) -> Service:
    """Many an emulator does its work before it answers: its operations are done when they are born."""
    return honest


@variant(
    start={"mode": "done"},
    statement=BEST_EFFORT,
    verdict="incomplete",
    not_tested=NOTHING_IS_KNOWN_OF
    | ONLY_RUNNING_OPERATIONS_SHOW
    | {"outcome.not-deleted", "response.content-type-is-present", "response.status-is-200"},
)
def operations_end_at_once_and_say_so(honest: Service) -> Service:
    """Operations that are done when they are born, and a cancel that is refused, for it comes too late."""
    return tasting(honest, done_cancel="failed-precondition")


@variant(
    start={"mode": "done"},
    statement={"cancel": "unimplemented"},
    verdict="incomplete",
    not_tested=frozenset(name for name in NOTHING_IS_KNOWN_OF if name.startswith(("routing.", "auth."))),
)
def operations_end_at_once_and_nobody_cancels(honest: Service) -> Service:
    """What has no running operations needs no cancel."""
    return tasting(honest, unimplemented=frozenset({Rpc.CANCEL}))


@variant(start={"mode": "cancel-later", "delay": 1})
def cancels_a_second_later(honest: Service) -> Service:
    """Cancel is asynchronous: the operation runs on for a while, and then ends with code 1."""
    return honest


@variant(statement=BEST_EFFORT, without_effect=LATE_WITHOUT_A_TRACE)
def fails_by_its_own_schedule(honest: Service) -> Service:
    """Every operation fails two seconds after its start, cancelled or not, and not because it was cancelled."""
    return tasting(honest, running=Behaviour(Mode.FAILED, duration=2.0))


@variant(statement=BEST_EFFORT)
def succeeds_by_its_own_schedule(honest: Service) -> Service:
    """Every operation succeeds two seconds after its start unless it was cancelled before: a race that may be lost."""
    return tasting(honest, running=Behaviour(Mode.COMPLETE, duration=2.0))


@variant(start={"mode": "succeed-anyway", "duration": 0}, statement=BEST_EFFORT)
def cancel_comes_too_late(honest: Service) -> Service:
    """The operation is done, with a response, in the moment of the cancel."""
    return honest


@variant(start={"mode": "cancel-later", "delay": 1})
def repeats_are_throttled(honest: Service) -> Service:
    """A second cancel of a running operation is answered with 429: repeat later is no refusal."""

    def throttled(service: Service, call: Invocation) -> Message:
        operation = service.look_up(service, call.target)
        if operation.requested_cancellation and not operation.done:
            raise ApiError(Code.RESOURCE_EXHAUSTED, "Repeat the request later.", reason="RATE_LIMIT_EXCEEDED")
        return honest.cancel(service, call)

    return replace(honest, cancel=throttled)


@variant(start={"mode": "cancel-later", "delay": 1})
def second_cancel_is_refused(honest: Service) -> Service:
    """An operation that is being cancelled cannot begin to be: FAILED_PRECONDITION (AIP-216)."""

    def refused(service: Service, call: Invocation) -> Message:
        operation = service.look_up(service, call.target)
        if operation.requested_cancellation and not operation.done:
            text = "The operation is being cancelled already."
            raise ApiError(Code.FAILED_PRECONDITION, text, reason="CANCELLATION_IN_PROGRESS")
        return honest.cancel(service, call)

    return replace(honest, cancel=refused)


# --- How requests are read --------------------------------------------------------------------------------------------


@variant()
def missing_length_is_411(honest: Service) -> Service:
    """RFC 9110 lets a server insist on a length; Google's front end does, with a page."""

    def refused(service: Service, request: Request) -> Invocation:
        unmeasured = request.header("content-length") is None and request.header("transfer-encoding") is None
        if request.method == "POST" and unmeasured:
            raise ApiError(
                Code.INVALID_ARGUMENT, "Length Required", reason="LENGTH_REQUIRED", http_status=411, routed=False
            )
        return honest.route(service, request)

    return tasting(replace(honest, route=refused), unrouted_body="html")


@variant()
def long_targets_are_too_large(honest: Service) -> Service:
    """A server that counts the whole head says 431 to a target that is longer than it reads."""

    def refused(service: Service, request: Request) -> Invocation:
        if len(request.target) > 8192:
            raise ApiError(
                Code.INVALID_ARGUMENT,
                "Request Header Fields Too Large",
                reason="HEAD_TOO_LARGE",
                http_status=431,
                routed=False,
            )
        return honest.route(service, request)

    return replace(honest, route=refused)


@variant()
def other_media_types_are_refused(honest: Service) -> Service:
    """A body that is not labelled as JSON may be refused, when there is one and it has a label."""

    def labelled(service: Service, call: Invocation) -> Message:
        label = (call.request.header("content-type") or "application/json").partition(";")[0].strip().lower()
        if call.request.body and label != "application/json":
            raise invalid_argument("The body must be application/json.", reason="UNSUPPORTED_MEDIA_TYPE")
        return honest.read_body(service, call)

    return replace(honest, read_body=labelled)


@variant()
def unlabelled_bodies_are_refused(honest: Service) -> Service:
    """What a body without a label is, nobody has to guess: Spring and Jersey answer 415."""

    def labelled(service: Service, call: Invocation) -> Message:
        if call.request.body and call.request.header("content-type") is None:
            text = "Unsupported Media Type"
            raise ApiError(Code.INVALID_ARGUMENT, text, reason="UNSUPPORTED_MEDIA_TYPE", http_status=415)
        return honest.read_body(service, call)

    return replace(honest, read_body=labelled)


@variant(warns=frozenset({"routing.encoded-separator-is-data"}))
def encoded_slash_is_not_routed(honest: Service) -> Service:
    """grpc-gateway and vanguard decode a path before they match it: an id with `%2F` is an unknown path there."""

    def route(service: Service, request: Request) -> Invocation:
        return honest.route(service, replace(request, target=request.target.replace("%2F", "/").replace("%2f", "/")))

    return replace(honest, route=route)


@variant()
def encoded_verb_separator_is_decoded(honest: Service) -> Service:
    """grpc-gateway decodes `%3Acancel` before it looks for the verb."""

    def route(service: Service, request: Request) -> Invocation:
        plain = request.target.replace("%3Acancel", ":cancel").replace("%3acancel", ":cancel")
        return honest.route(service, replace(request, target=plain))

    return replace(honest, route=route)


@variant()
def doubled_verb_is_not_routed(honest: Service) -> Service:
    """vanguard does not route `O:cancel:cancel` at all."""

    def route(service: Service, request: Request) -> Invocation:
        doubled = request.path.endswith(":cancel:cancel")
        return honest.route(service, replace(request, target="/") if doubled else request)

    return replace(honest, route=route)


# --- Who may know -----------------------------------------------------------------------------------------------------


@variant(statement={"auth": False})
def anybody_may_call(honest: Service) -> Service:
    """A server for local use need not ask for credentials."""
    return replace(honest, auth=None)


@variant(statement={"delete": False})
def existence_is_hidden(honest: Service) -> Service:
    """What does not exist is forbidden: "or it might not exist" (AIP-211)."""

    def render(service: Service, request: Request, error: ApiError) -> Response:
        if error.code is not Code.NOT_FOUND or not error.routed:
            return honest.render_error(service, request, error)
        text = "Permission denied on the resource (or it might not exist)."
        denied = ApiError(Code.PERMISSION_DENIED, text, reason="IAM_PERMISSION_DENIED", domain="iam.googleapis.com")
        return honest.render_error(service, request, denied)

    return replace(honest, render_error=render)


@variant()
def everybody_is_told_403(honest: Service) -> Service:
    """Missing and invalid credentials may be answered with 403 as well as with 401."""

    def authorise(service: Service, call: Invocation) -> None:
        try:
            honest.authorise(service, call)
        except ApiError:
            text = "Permission denied."
            raise ApiError(Code.PERMISSION_DENIED, text, reason="IAM_PERMISSION_DENIED") from None

    return replace(honest, authorise=authorise)


@variant()
def unknown_is_not_found_without_permission(honest: Service) -> Service:
    """Who may read the children of the parent may learn that an operation does not exist, and gets 404 (AIP-211)."""

    def authorise(service: Service, call: Invocation) -> None:
        try:
            honest.authorise(service, call)
        except ApiError as error:
            if call.rpc is Rpc.CANCEL and error.code is Code.PERMISSION_DENIED:
                service.look_up(service, call.name)
            raise

    return replace(honest, authorise=authorise)


# --- What names look like ---------------------------------------------------------------------------------------------


def _named(honest: Service, identifier: Callable[[int], str]) -> Service:
    """Operations have ids of this form; the argument counts them."""

    def start(service: Service, call: Invocation) -> Message:
        message = honest.start(service, call)
        parent = message["name"].rpartition("/")[0]
        renamed = service.store.amend(message["name"], name=f"{parent}/{identifier(service.count('started'))}")
        return message | {"name": renamed.name}

    return replace(honest, start=start)


@variant()
def ids_are_uuids(honest: Service) -> Service:
    """No form of an id is written down for this API; many servers issue UUIDs."""
    return _named(honest, lambda number: str(uuid.uuid5(uuid.NAMESPACE_URL, f"operation-{number}")))


@variant()
def ids_are_long(honest: Service) -> Service:
    """No length of an id is written down for this API."""
    return _named(honest, lambda number: f"operation-{number}-" + "0123456789abcdef" * 10)


@variant()
def ids_have_capitals_and_marks(honest: Service) -> Service:
    """An id is any segment: letters of both cases, digits and the unreserved marks need no escape."""
    return _named(honest, lambda number: f"Operation_{number}.v1~Xy-Z")


@variant()
def ids_are_numbers(honest: Service) -> Service:
    """Older services count their operations; one number is not the beginning of another one's name."""
    return _named(honest, lambda number: str(1767225600000 + 7919 * number))


@variant()
def project_number_is_an_alias(honest: Service) -> Service:
    """A project can be called by its id or its number, and is called back as it was called (AIP-2510)."""

    def look_up(service: Service, name: str) -> Snapshot:
        return honest.look_up(service, name.replace("projects/481516234200/", "projects/demo/", 1))

    def get(service: Service, call: Invocation) -> Message:
        try:
            return honest.get(service, call) | {"name": call.target}
        except UnknownOperation:
            raise UnknownOperation(call.target) from None

    def cancel(service: Service, call: Invocation) -> Message:
        try:
            return honest.cancel(service, call)
        except UnknownOperation:
            raise UnknownOperation(call.target) from None

    return replace(honest, look_up=look_up, get=get, cancel=cancel)


# --- How lists come ---------------------------------------------------------------------------------------------------


@variant()
def pages_are_small(honest: Service) -> Service:
    """A server may return fewer operations than asked for, with a token for the next page (AIP-158)."""

    def page(service: Service, call: Invocation) -> Message:
        asked = call.query.get("pageSize", "")
        small = asked if asked == "1" or not (asked or "0").isdecimal() else "2"
        return honest.list(service, replace(call, query={**call.query, "pageSize": small}))

    return replace(honest, list=page)


@variant()
def list_is_a_basic_view(honest: Service) -> Service:
    """A list may leave out what is long, such as results (AIP-157); a get shows them."""

    def page(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        basic = [
            {key: value for key, value in shown.items() if key in ("name", "metadata", "done")}
            for shown in message["operations"]
        ]
        return message | {"operations": basic}

    return replace(honest, list=page)


@variant()
def newest_is_listed_first(honest: Service) -> Service:
    """No order of a list is written down."""

    def page(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        return message | {"operations": message["operations"][::-1]}

    return replace(honest, list=page)


@variant()
def metadata_grows(honest: Service) -> Service:
    """Metadata may say more in the course of time; here it tells what the operation is doing."""

    def render(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        doing = "Cancelling." if operation.requested_cancellation else "Working."
        metadata = message.get("metadata")
        return message | {"metadata": {"statusMessage": doing} | metadata} if metadata else message

    return replace(honest, render_operation=render)


@variant(statement={"list": False, "delete": False})
def list_and_delete_have_no_path(honest: Service) -> Service:
    """Where list and delete are not supported, a router may know nothing of them, and answers with a page."""

    def route(service: Service, request: Request) -> Invocation:
        call = honest.route(service, request)
        if call.rpc in (Rpc.LIST, Rpc.DELETE):
            raise ApiError(Code.NOT_FOUND, "Not Found", reason="URL_NOT_FOUND", routed=False)
        return call

    return tasting(replace(honest, route=route), unrouted_body="html")


@variant(statement={"errors": "status"})
def details_are_of_ones_own(honest: Service) -> Service:
    """Only AIP-193 says how a reason is written; a Status without its envelope may have any details."""

    def render(service: Service, request: Request, error: ApiError) -> Response:
        own = ApiError(
            error.code,
            error.message,
            reason=error.reason.lower().replace("_", "-"),
            domain=error.domain,
            headers=error.headers,
            http_status=error.http_status,
            routed=error.routed,
        )
        return honest.render_error(service, request, own)

    return replace(honest, render_error=render)


@variant(statement={"list": False})
def list_is_unimplemented(honest: Service) -> Service:
    """List need not be supported."""
    return tasting(honest, unimplemented=frozenset({Rpc.LIST}))


@variant(statement={"delete": False})
def delete_is_unimplemented(honest: Service) -> Service:
    """Delete need not be supported."""
    return tasting(honest, unimplemented=frozenset({Rpc.DELETE}))


@variant()
def name_has_the_project_number(honest: Service) -> Service:
    """Get shows the number of the project where it was asked with the id: the two are one project (AIP-2510)."""

    def get(service: Service, call: Invocation) -> Message:
        message = honest.get(service, call)
        collection, _, *below = str(message["name"]).split("/")
        return (
            message | {"name": "/".join([collection, "481516234200", *below])} if collection == "projects" else message
        )

    return replace(honest, get=get)
