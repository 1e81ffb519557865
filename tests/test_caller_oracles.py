"""Why somebody without credentials was let in, and under which spellings of a path it is tried."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from urllib.parse import unquote

import pytest

from conformance.errors import NotTested
from conformance.exchange import Exchange, Request, Response
from conformance.server.target.configuration import (
    Configuration,
    IutSection,
    OperationsSection,
    StartRequest,
    SupplyForm,
)
from conformance.server.target.credentials import Credential, Credentials
from conformance.server.target.iut import Iut
from conformance.spec.contract import Contract
from conformance.suite.callers import BY_ANSWER, BY_CONNECTION, OPEN, by_themselves, spellings, why_let_in
from tests.targets.memory import ORIGIN, Answers, MemoryTransport, json_response, target_of

PARENT = "projects/demo/locations/us"
READ, UNREAD = f"{PARENT}/operations/read", f"{PARENT}/operations/unread"
CANCEL = f"/v1/{READ}:cancel"


def iut_of(answers: Answers) -> Iut:
    contract = Contract.load("beyondcorp.v1")
    start = SupplyForm(start=StartRequest("POST", "/start"))
    configuration = Configuration(iut=IutSection(url=ORIGIN), operations=OperationsSection(running=start))
    target = target_of(MemoryTransport(answers), identify=contract.identify)
    return Iut(configuration, contract, target, Credentials())


def denying(denied: Collection[str]) -> Answers:
    """Answers a start with an operation that nobody has read, and denies what is said."""

    def answer(request: Request) -> Response:
        if request.method == "POST":
            return json_response({"name": UNREAD})
        is_denied = any(request.target.endswith(end) for end in denied)
        return Response(401 if is_denied else 200, (), b"{}")

    return answer


def let_in(iut: Iut, target: str) -> Exchange:
    return iut.send(iut.request("GET", target, credential=Credential.NONE, note="read"))


@pytest.mark.parametrize(
    ("target", "denied", "why"),
    [
        (f"/v1/{READ}", (), OPEN),
        (f"/v1/{READ}", ("/unread",), BY_ANSWER),
        (f"/v1/{PARENT}/operations", (), OPEN),
        (f"/v1/{PARENT}/operations", ("?pageSize=7",), BY_ANSWER),
    ],
    ids=["get, open", "get, from a cache", "list, open", "list, from a cache"],
)
def test_what_was_let_in_is_asked_where_nobody_has_asked_before(target: str, denied: tuple[str, ...], why: str) -> None:
    iut = iut_of(denying(denied))
    assert why_let_in(iut, let_in(iut, target), READ) == why


def test_what_is_refused_on_a_connection_of_its_own_was_let_in_by_another() -> None:
    denied: list[str] = []
    iut = iut_of(denying(denied))
    read = let_in(iut, f"/v1/{READ}")
    denied.append("/read")
    assert why_let_in(iut, read, READ) == BY_CONNECTION


@pytest.mark.parametrize(
    ("why", "judged"),
    [
        (OPEN, ["read", "let in, too", "refused"]),
        (BY_ANSWER, ["let in, too", "refused"]),
        (BY_CONNECTION, ["let in, too", "refused"]),
    ],
)
def test_what_another_request_let_in_is_judged_by_that_alone(why: str, judged: list[str]) -> None:
    iut = iut_of(denying(["/unread"]))
    sent = [let_in(iut, f"/v1/{READ}"), replace(let_in(iut, f"/v1/{READ}"), note="let in, too")]
    sent.append(replace(let_in(iut, f"/v1/{UNREAD}"), note="refused"))
    assert [one.note for one in by_themselves(sent, {"read": why})] == judged


def test_where_each_was_let_in_by_another_nothing_is_judged() -> None:
    iut = iut_of(denying(()))
    with pytest.raises(NotTested):
        by_themselves([let_in(iut, f"/v1/{READ}")], {"read": BY_ANSWER})


def test_spellings_of_a_path_are_others_and_each_says_what_is_different() -> None:
    all_of_them = dict(spellings(CANCEL))
    assert CANCEL not in all_of_them
    assert len(all_of_them) == len(set(all_of_them.values())) > 10
    few = [path for path, _ in spellings(CANCEL, few=True)]
    assert CANCEL not in few
    assert len(few) < len(all_of_them)
    assert all(unquote(path) == CANCEL for path in few), "few of them: those that mean the same to whoever decodes"
    assert not any(":" in path or "%3A" in path for path, _ in spellings(f"/v1/{READ}"))
