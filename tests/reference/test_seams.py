"""Every step can be exchanged: a lie is a few lines, and the rest of the service stays honest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError, NoAnswer
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import LOG_LIMIT, Service
from conformance.server.reference.store import Behaviour, Ending, EndState, Snapshot

from .caller import Caller, error_of


def test_query_name_wins(caller: Caller, service: Service) -> None:
    caller.service = replace(
        service,
        accept_query=lambda _service, _call: None,
        choose_target=lambda _service, call: call.query.get("name", call.name),
    )
    path, query = caller.start(), caller.start()
    caller.cancel(path, query=f"?name={query}")
    assert (caller.get(path)["done"], caller.get(query)["done"]) == (False, True)


def test_code_is_the_http_status(caller: Caller, service: Service) -> None:
    def lie(liar: Service, operation: Snapshot) -> dict[str, Any]:
        message = service.render_operation(liar, operation)
        if "error" in message:
            message["error"]["code"] = 499
        return message

    caller.service = replace(service, render_operation=lie)
    name = caller.start()
    caller.cancel(name)
    assert caller.get(name)["error"]["code"] == 499


def test_second_cancel_overwrites_the_result(caller: Caller, service: Service) -> None:
    def lie(liar: Service, call: Invocation) -> dict[str, Any]:
        if liar.look_up(liar, call.target).done:
            liar.store.amend(call.target, ending=Ending(liar.clock.now(), EndState.CANCELLED))
        return service.cancel(liar, call)

    caller.service = replace(service, cancel=lie)
    name = caller.start("done")
    caller.cancel(name)
    assert caller.get(name)["error"]["code"] == 1


def test_done_is_taken_back(caller: Caller, service: Service) -> None:
    def lie(liar: Service, call: Invocation) -> dict[str, Any]:
        liar.store.amend(call.target, behaviour=Behaviour())
        return service.cancel(liar, call)

    caller.service = replace(service, cancel=lie)
    name = caller.start("cancel-later", delay=60)
    caller.cancel(name)
    assert caller.get(name)["done"] is True


def test_every_third_cancel_is_unavailable(caller: Caller, service: Service) -> None:
    def lie(liar: Service, call: Invocation) -> dict[str, Any]:
        if liar.count("cancel") % 3 == 0:
            raise ApiError(Code.UNAVAILABLE, "Try again.", reason="OVERLOADED")
        return service.cancel(liar, call)

    caller.service = replace(service, cancel=lie)
    name = caller.start()
    assert [caller.cancel(name).status for _ in range(6)] == [200, 200, 503, 200, 200, 503]


def test_lies_compose(caller: Caller, service: Service) -> None:
    """A lie about looking up is in effect for every honest step that looks up."""
    insensitive = replace(service, look_up=lambda liar, name: service.look_up(liar, name.lower()))
    wordless = replace(insensitive, respond=lambda _liar, _request, response: replace(response, body=b""))
    name = caller.start()
    caller.service = wordless
    response = caller.cancel(name.replace("operation-", "OPERATION-"))
    assert (response.status, response.body, response.header("content-length")) == (200, b"", "0")
    caller.service = service
    assert caller.get(name)["done"] is True


def test_length_may_be_a_lie_too(caller: Caller, service: Service) -> None:
    def lie(_liar: Service, _request: Request, response: Response) -> Response:
        return replace(response, headers=(*response.headers, ("content-length", "7")))

    caller.service = replace(service, respond=lie)
    response = caller.cancel(caller.start())
    assert [value for key, value in response.headers if key.lower() == "content-length"] == ["7"]


def test_existence_before_authorisation(caller: Caller, service: Service) -> None:
    def lie(liar: Service, call: Invocation) -> None:
        liar.look_up(liar, call.name)
        raise ApiError(Code.PERMISSION_DENIED, "No.", reason="NO")

    name = caller.start()
    caller.service = replace(service, authorise=lie)
    assert error_of(caller.cancel(name)) == (403, "PERMISSION_DENIED")
    assert error_of(caller.cancel(name + "x")) == (404, "NOT_FOUND")


def test_no_answer_at_all_is_logged(caller: Caller, service: Service) -> None:
    def lie(_liar: Service, _request: Request, _response: Response) -> Response:
        raise NoAnswer(Failure(FailureKind.RESET))

    name = caller.start()
    caller.service = replace(service, respond=lie)
    with pytest.raises(NoAnswer):
        caller.cancel(name)
    assert service.log[-1].call is not None
    assert service.log[-1].response is None


def test_log_does_not_grow_without_end(caller: Caller, service: Service) -> None:
    caller.cancel(caller.start())
    service.log.extend([service.log[-1]] * LOG_LIMIT)
    caller.cancel(caller.start())
    assert len(service.log) < LOG_LIMIT
