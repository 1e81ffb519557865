"""No evidence, no "kept": what was refused, unreadable or busy is not tested, whatever check looked at it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from conformance.exchange import Exchange, Request, Response
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly
from conformance.suite.lists import is_read

JSON = (("Content-Type", "application/json"),)
ANSWERS = {
    "401": Response(401, JSON, b'{"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "who?"}}'),
    "403": Response(403, JSON, b'{"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "no"}}'),
    "503": Response(503, JSON, b'{"error": {"code": 503, "status": "UNAVAILABLE", "message": "later"}}'),
    "a page": Response(200, (("Content-Type", "text/html"),), b"<html>please log in</html>"),
}


def answered(*here: str, proof: tuple[str, ...]) -> pytest.MarkDecorator:
    """Each answer comes to some look here, and each look has some answer; the proof has every one to every look."""
    names = [*here, *(pytest.param(name, marks=pytest.mark.proof) for name in proof)]
    return pytest.mark.parametrize("name", names)


@dataclass
class Blind:
    """An honest service that answers some requests, which must not tell anything, with something else."""

    answer: Response
    hides: Callable[[Blind, Request], bool]
    service: Service = field(default_factory=reference_service)
    cancelled: set[str] = field(default_factory=set)

    def handle(self, request: Request) -> Response:
        honest = self.service.handle(request)
        if request.path.endswith(":cancel") and honest.is_success:
            self.cancelled.add(request.path.removesuffix(":cancel"))
        return self.answer if self.hides(self, request) else honest


def is_get(request: Request) -> bool:
    return request.method == "GET" and "/operations/" in request.path


def get_of_a_cancelled_operation(server: Blind, request: Request) -> bool:
    return is_get(request) and request.path in server.cancelled


def get_of_another_operation_after_a_cancel(server: Blind, request: Request) -> bool:
    return is_get(request) and bool(server.cancelled) and request.path not in server.cancelled


def a_list(server: Blind, request: Request) -> bool:
    return request.method == "GET" and request.path.endswith("/operations")


def verdicts(answer: Response, hides: Callable[[Blind, Request], bool], cancel: str = "guaranteed") -> dict[str, str]:
    return {entry["id"]: entry["verdict"] for entry in judged(answer, hides, cancel)}


def judged(
    answer: Response, hides: Callable[[Blind, Request], bool], cancel: str = "guaranteed", config: str = ""
) -> list[dict[str, Any]]:
    """The requirements of the report."""
    statement = (f"cancel={cancel}", "list=true", "delete=true")
    with running_server(cast(Service, Blind(answer, hides))) as url:
        report = run_quietly(Options(config=config, url=url, statement=statement))
    requirements: list[dict[str, Any]] = report["requirements"]
    return requirements


@answered("401", "a page", proof=("403", "503"))
def test_what_became_of_a_cancelled_operation_nobody_knows_who_may_not_look(name: str) -> None:
    said = verdicts(ANSWERS[name], get_of_a_cancelled_operation)
    unseen = [
        "outcome.guaranteed",
        "outcome.cancelled-is-code-1",
        "outcome.not-deleted",
        "lifecycle.some-order-explains",
        "delete.removes",
    ]
    assert {each: said[each] for each in unseen} == dict.fromkeys(unseen, "not-tested")


def test_no_check_of_an_end_is_kept_where_nobody_may_look(tmp_path: Path) -> None:
    """Neither is that of a further parent, which the others would hide in the verdict."""
    config = tmp_path / "conformance.toml"
    config.write_text('[iut]\nparent = ["projects/demo/locations/us", "organizations/one/locations/us"]\n', "utf-8")
    requirements = judged(ANSWERS["401"], get_of_a_cancelled_operation, config=str(config))
    for requirement, why in (
        ("outcome.guaranteed", "was answered with 401"),
        ("outcome.cancelled-is-code-1", "no operation below a further parent was seen to end with code 1"),
    ):
        (checks,) = (entry["checks"] for entry in requirements if entry["id"] == requirement)
        assert [check["check"] for check in checks if check["finding"] == "kept"] == []
        assert any("further_parent" in check["check"] and why in check["reason"] for check in checks), requirement


@answered("403", proof=("401", "503", "a page"))
def test_what_was_left_alone_nobody_knows_who_may_not_look(name: str) -> None:
    said = verdicts(ANSWERS[name], get_of_another_operation_after_a_cancel)
    unseen = ["target.query-name-never-redirects", "target.other-operations-untouched", "routing.verb-is-exact"]
    assert {each: said[each] for each in unseen} == dict.fromkeys(unseen, "not-tested")
    assert said["unknown.cancel-creates-nothing"] != "pass" or name == "403"


@answered("503", "a page", proof=("401", "403"))
def test_a_list_that_is_refused_is_no_list(name: str) -> None:
    said = verdicts(ANSWERS[name], a_list)
    assert said["list.is-a-list"] == ("fail" if name == "a page" else "not-tested")
    assert said["outcome.still-listed"] == "not-tested"


@answered("401", proof=("403", "503"))
def test_forms_are_compared_with_a_cancel_that_was_judged(name: str) -> None:
    """Where the second cancel of an operation is always refused for who asks, no form of it is shown to be accepted."""

    def repeated(server: Blind, request: Request) -> bool:
        calls = server.service.scratch.setdefault("calls", [])
        calls.append(request.path)
        return request.path.endswith(":cancel") and calls.count(request.path) > 1

    said = verdicts(ANSWERS[name], repeated)
    forms = ["body.charset-is-accepted", "body.chunked-is-accepted", "query.alt-json-is-accepted"]
    assert {form: said[form] for form in forms} == dict.fromkeys(forms, "not-tested")


@answered("403", proof=("401", "503"))
def test_a_cancel_that_is_refused_for_who_asks_shows_no_binding(name: str) -> None:
    said = verdicts(ANSWERS[name], lambda _, request: request.path.endswith(":cancel"), cancel="best-effort")
    assert said["routing.cancel-is-bound"] == "not-tested"
    assert said["unimplemented.as-stated"] == "not-tested"


@answered("503", proof=("401", "403"))
def test_an_operation_that_nobody_may_see_was_not_got(name: str) -> None:
    said = verdicts(ANSWERS[name], lambda _, request: is_get(request))
    assert said["operation.get-returns-it"] == "not-tested"


def passed(said: dict[str, Any]) -> list[str]:
    return sorted(name for name, verdict in said.items() if verdict == "pass")


def test_a_server_that_denies_everything_keeps_nothing_about_operations() -> None:
    denied = ANSWERS["403"]
    said = verdicts(denied, lambda _, request: not request.path.endswith(":start"))
    kept = [name for name in passed(said) if name.partition(".")[0] not in ("errors", "liveness", "response")]
    assert kept == [], json.dumps(kept)


@pytest.mark.parametrize(
    "body", [b'{"operations": [], "share": NaN}', b'{"operations": [{"name": "\xfc"}]}', b"{", b"[]"]
)
def test_a_list_that_cannot_be_read_does_not_show_that_something_is_missing(body: bytes) -> None:
    whole = Exchange(1, Request("GET", "/v1/o"), Response(200, (), b'{"operations": []}'), 0.0, 1.0)
    broken = replace(whole, outcome=Response(200, (), body))
    assert is_read([whole])
    assert not is_read([broken])
    assert not is_read([broken, whole])
