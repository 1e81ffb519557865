"""Rules about the answer to a successful cancel."""

from __future__ import annotations

from conformance.exchange import Exchange, Response, Wire
from conformance.rules.rule import When, exchange_rule
from conformance.rules.server.conditions import answered, cancel, delete, has_body, has_content_type, succeeded

_carries_a_body_by_its_status = When(lambda exchange: exchange.response is not None and exchange.response.status != 204)
_was_accepted = succeeded & _carries_a_body_by_its_status


@exchange_rule("response.status-is-200", when=cancel & succeeded, reads=Wire.HTTP)
def success_is_200(exchange: Exchange) -> str | None:
    response = _response(exchange)
    return None if response.status == 200 else f"a successful cancel was answered with status {response.status}"


@exchange_rule("response.empty-object", when=cancel & _was_accepted, reads=Wire.HTTP)
def successful_cancel_returns_an_empty_object(exchange: Exchange) -> str | None:
    return _empty_object_expected("cancel", _response(exchange))


@exchange_rule("delete.empty-object", when=delete & _was_accepted, reads=Wire.HTTP)
def successful_delete_returns_an_empty_object(exchange: Exchange) -> str | None:
    return _empty_object_expected("delete", _response(exchange))


def _empty_object_expected(method: str, response: Response) -> str | None:
    members = response.json_object()
    if members is None:
        shown = response.body[:60].decode("utf-8", "replace") or "nothing"
        return f"the body of a successful {method} is {shown!r}, not a JSON object"
    if members:
        return f"the body of a successful {method} has members: {', '.join(sorted(members))}"
    return None


@exchange_rule("response.json-content-type", when=cancel & succeeded & has_content_type & has_body, reads=Wire.HTTP)
def success_is_labelled_json(exchange: Exchange) -> str | None:
    media_type = _response(exchange).media_type
    return None if media_type == "application/json" else f"a successful cancel is labelled {media_type}"


@exchange_rule("response.content-type-is-present", when=cancel & succeeded & has_body, reads=Wire.HTTP)
def success_is_labelled(exchange: Exchange) -> str | None:
    return None if _response(exchange).media_type is not None else "a successful cancel has no Content-Type"


@exchange_rule("response.grpc-status-agrees", when=succeeded, reads=Wire.HTTP)
def http_success_is_grpc_success(exchange: Exchange) -> str | None:
    # Envoy adds `grpc-status: 0` to a transcoded success; anything else beside a 2xx is an error dressed as success.
    status = _response(exchange).header("grpc-status")
    return None if status is None or status.strip() == "0" else f"status 200 is accompanied by grpc-status {status}"


@exchange_rule(
    "response.head-has-no-content", when=answered & When(lambda one: one.request.method == "HEAD"), reads=Wire.HTTP
)
def head_is_answered_without_content(exchange: Exchange) -> str | None:
    # RFC 9110, section 9.3.2: the server MUST NOT send content in the response
    count = len(_response(exchange).body)
    return f"HEAD was answered with {count} octets of content" if count else None


def _response(exchange: Exchange) -> Response:
    assert exchange.response is not None, "the condition of the rule guarantees an answer"
    return exchange.response
