"""Faults of the answer to a successful cancel."""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Response
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import JSON, cancel_answered, with_json
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service


@fault(breaks="response.status-is-200")
def accepted_is_202(honest: Service) -> Service:
    """Answers 202, as a developer does who has read that cancel is asynchronous."""
    return cancel_answered(honest, lambda response: replace(response, status=202))


@fault(breaks="response.status-is-200")
def created_is_201(honest: Service) -> Service:
    """Answers 201, as frameworks do for any POST."""
    return cancel_answered(honest, lambda response: replace(response, status=201))


@fault(breaks="response.status-is-200")
def nothing_is_204(honest: Service) -> Service:
    """Answers 204 without a body, as old services of Google did; google-gax still tolerates it."""
    return cancel_answered(honest, lambda _: Response(204))


@fault(breaks="response.status-is-200", profile="ci")
def generated_clients_get_no_content(honest: Service) -> Service:
    """Answers 204 without a body to clients that say how they were generated."""

    def lie(service: Service, call: Invocation, message: Message) -> Response:
        is_generated = call.rpc is Rpc.CANCEL and call.request.header("x-goog-api-client") is not None
        return Response(204) if is_generated else honest.render_success(service, call, message)

    return replace(honest, render_success=lie)


@fault(breaks="response.empty-object")
def answers_the_operation(honest: Service) -> Service:
    """Answers with the operation, as custom methods usually return their resource."""

    def lie(service: Service, call: Invocation) -> Message:
        honest.cancel(service, call)
        return service.render_operation(service, service.look_up(service, call.target))

    return replace(honest, cancel=lie)


@fault(breaks="response.empty-object")
def answers_nothing(honest: Service) -> Service:
    """Answers 200 with an empty body, as the reference page said until 2024; google-gax throws on it."""
    return cancel_answered(honest, lambda response: replace(response, body=b""))


@fault(breaks="response.empty-object")
def answers_null(honest: Service) -> Service:
    """Answers `null`, as serialisers do for a method that returns nothing; gcloud crashes on it."""
    return cancel_answered(honest, lambda response: with_json(response, None))


@fault(breaks="response.empty-object")
def answers_an_array(honest: Service) -> Service:
    """Answers `[]`, as PHP encodes an empty map."""
    return cancel_answered(honest, lambda response: with_json(response, []))


@fault(breaks="response.empty-object")
def answers_success_true(honest: Service) -> Service:
    """Answers `{"success": true}`, as home-made APIs do."""
    return cancel_answered(honest, lambda response: with_json(response, {"success": True}))


@fault(breaks="response.empty-object")
def answers_a_typed_empty(honest: Service) -> Service:
    """Answers with an Any that holds Empty, as a transcoder does that packs its message once too often."""
    typed = {"@type": "type.googleapis.com/google.protobuf.Empty", "value": {}}
    return cancel_answered(honest, lambda response: with_json(response, typed))


@fault(breaks="response.empty-object")
def answers_two_objects(honest: Service) -> Service:
    """Answers `{}{}`, as a handler does that writes its answer and lets its framework write it again."""
    return cancel_answered(honest, lambda response: replace(response, body=b"{}{}"))


@fault(breaks="response.json-content-type")
def labelled_text_plain(honest: Service) -> Service:
    """Labels `{}` as text/plain, as Go's net/http guesses when nobody sets the type."""
    return cancel_answered(honest, lambda response: replace(response, headers=(("Content-Type", "text/plain"),)))


@fault(breaks="response.json-content-type")
def labelled_grpc(honest: Service) -> Service:
    """Labels `{}` as application/grpc, as Envoy passes on what its backend said."""
    return cancel_answered(honest, lambda response: replace(response, headers=(("Content-Type", "application/grpc"),)))


@fault(breaks=("response.json-content-type", "response.empty-object"))
def answers_a_page(honest: Service) -> Service:
    """Answers 200 with an HTML page, as a single-page application does for every path."""
    page = Response(200, (("Content-Type", "text/html; charset=UTF-8"),), b"<!DOCTYPE html><title>Cancelled</title>")
    return cancel_answered(honest, lambda _: page)


@fault(breaks="response.content-type-is-present")
def not_labelled(honest: Service) -> Service:
    """Sends `{}` without a Content-Type."""
    return cancel_answered(honest, lambda response: replace(response, headers=()))


@fault(breaks="response.grpc-status-agrees")
def grpc_status_is_internal(honest: Service) -> Service:
    """Answers 200 with `grpc-status: 13`, as Envoy does when the backend refused and nobody converts the status."""
    return cancel_answered(honest, lambda response: replace(response, headers=(JSON, ("grpc-status", "13"))))


@fault(breaks="response.grpc-status-agrees")
def grpc_status_is_cancelled(honest: Service) -> Service:
    """Answers 200 with `grpc-status: 1`, mistaking the outcome of the operation for the outcome of the call."""
    return cancel_answered(honest, lambda response: replace(response, headers=(JSON, ("grpc-status", "1"))))
