"""Configured headers: what comes from the environment is a secret, whatever the field is called."""

from __future__ import annotations

import json

import pytest

from conformance.errors import UsageError
from conformance.exchange import Request, Response
from conformance.exchange.serial import exchange_as_json
from conformance.secrets.secret import Secret
from conformance.server.target.configuration import Configuration, IutSection, OperationsSection, SupplyForm
from conformance.server.target.connect import connect
from conformance.server.target.headers import FromEnvironment, as_value, echoes, without_secrets
from conformance.server.target.target import Outgoing
from tests.targets.memory import MemoryTransport, target_of

KEY = "k3y-0123456789"


def test_a_value_from_the_environment_is_recorded_as_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", f" {KEY}\n")
    recorded, hidden = without_secrets(
        {"X-Customer": FromEnvironment("API_KEY"), "X-Plain": "1", "X-Api-Key": "literal"}
    )
    assert recorded == [("X-Customer", "$API_KEY"), ("X-Plain", "1"), ("X-Api-Key", "$X_API_KEY")]
    assert hidden == {("X-Customer", "$API_KEY"): Secret(KEY), ("X-Api-Key", "$X_API_KEY"): Secret("literal")}


@pytest.mark.parametrize("value", [None, "", "two\nlines", "sn\N{SNOWMAN}wman"])
def test_a_variable_without_a_usable_value(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.setattr("os.environ", {} if value is None else {"API_KEY": value})
    with pytest.raises(UsageError, match=r"iut\.headers\.X-Customer: the environment variable API_KEY") as caught:
        without_secrets({"X-Customer": FromEnvironment("API_KEY")})
    assert not value or value not in str(caught.value)


@pytest.mark.parametrize("said", [1, {"env": 1}, {"env": ""}, {"env": "A B"}, {"env": "A", "x": 1}, {"evn": "A"}, []])
def test_what_the_file_may_not_say(said: object) -> None:
    assert as_value(said) is None


def test_an_echo_is_looked_for_with_and_without_its_scheme() -> None:
    assert echoes([Secret(f"Basic {KEY}"), Secret("short")]) == [Secret(f"Basic {KEY}"), Secret(KEY), Secret("short")]


def test_an_echo_of_it_is_blotted_out() -> None:
    target = target_of(MemoryTransport(lambda _: Response(200, (("X-Seen", KEY),), KEY.encode())))
    target.keep_secrets(echoes([Secret(KEY)]))
    exchange = target.send(Outgoing(Request("GET", "/x")))
    assert exchange.response is not None
    assert exchange.response.body == KEY.encode(), "a rule sees what the server said"
    assert KEY not in json.dumps(exchange_as_json(target.masking().exchange(exchange)))


def test_a_secret_that_names_operations_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be blotted out of every name that the server answers with."""
    monkeypatch.setenv("PROJECT", "demo-project")
    parent = "projects/demo-project/locations/us"
    with pytest.raises(UsageError, match=r"is part of iut\.parent") as caught:
        connect(
            Configuration(
                IutSection(
                    url="http://127.0.0.1:1", parent=parent, headers={"X-Goog-User-Project": FromEnvironment("PROJECT")}
                ),
                operations=OperationsSection(running=SupplyForm(names=(f"{parent}/operations/op-1",))),
            )
        )
    assert "as a text" in caught.value.remedy
