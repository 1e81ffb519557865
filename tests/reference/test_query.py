"""Query parameters: system parameters pass, everything else is refused, nothing redirects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.server.reference.flavour import Flavour
from conformance.server.reference.service import Service

from .caller import Caller, error_of

ACCEPTED = [
    "",
    "?",
    "?&",
    "?alt=json",
    "?%24alt=json%3Benum-encoding%3Dint",
    "?$alt=json%3Benum-encoding=int",
    "?$alt=json;enum-encoding=int",
    "?alt=json&prettyPrint=false",
    "?prettyPrint=true",
    "?$prettyPrint=true",
    "?fields=name,done",
    "?fields",
    "?$.xgafv=2",
    "?%24.xgafv=1",
    "?key=k&quotaUser=q&uploadType=media&upload_protocol=raw&callback=http://h/cb",
    "?access_token=t&oauth_token=t",
    "?key=a+b%20c%C3%A9",
]

REFUSED = [
    "?foo=bar",
    "?foo",
    "?=x",
    "?alt=proto",
    "?alt=",
    "?$alt=json;enum-encoding=string",
    "?prettyPrint=yes",
    "?$.xgafv=3",
    "?pageSize=1",
    "?Alt=json",
    "?key=%zz",
    "?key=%",
    "?%FF=1",
    "?key=%FF",
]


@pytest.mark.parametrize("query", ACCEPTED)
def test_accepted(caller: Caller, query: str) -> None:
    name = caller.start()
    assert caller.cancel(name, query=query).json() == {}
    assert caller.get(name)["done"] is True
    assert caller.send("GET", f"/v1/{name}{query}").status == 200


@pytest.mark.parametrize("query", REFUSED)
def test_refused_and_nothing_happens(caller: Caller, query: str) -> None:
    name = caller.start()
    assert error_of(caller.cancel(name, query=query)) == (400, "INVALID_ARGUMENT")
    assert caller.get(name)["done"] is False


@pytest.mark.parametrize("policy", ["refused", "ignored"])
def test_name_in_the_query_never_redirects(caller: Caller, service: Service, policy: str) -> None:
    caller.service = replace(service, flavour=Flavour(unknown_query="refused" if policy == "refused" else "ignored"))
    first, second = caller.start(), caller.start()
    response = caller.cancel(first, query=f"?name={second}")
    assert response.status == (400 if policy == "refused" else 200)
    assert caller.get(first)["done"] is (policy == "ignored")
    assert caller.get(second)["done"] is False
    read = caller.send("GET", f"/v1/{first}?name={second}")
    assert policy == "refused" or read.json()["name"] == first


def test_pretty_print_decides_the_layout(caller: Caller) -> None:
    name = caller.start()
    assert b"\n" in caller.send("GET", f"/v1/{name}?prettyPrint=true").body
    assert b"\n" not in caller.send("GET", f"/v1/{name}?prettyPrint=false").body
