"""From a configuration to a target: which hosts may be asked at all, and what is sent to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import httpx
import pytest

from conformance.errors import UsageError
from conformance.exchange import Call, Method
from conformance.exchange.serial import exchange_as_json
from conformance.server.target.configuration import (
    AuthSection,
    Configuration,
    IutSection,
    OperationsSection,
    SupplyForm,
)
from conformance.server.target.connect import connect
from conformance.server.target.iut import Iut
from tests.targets.raw_server import RawServer, answer

NAME = "projects/demo/locations/us/operations/op-1"


@pytest.fixture(autouse=True, scope="module")
def _certificates_are_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "create_ssl_context", cache(httpx.create_ssl_context))
        yield


def configured(url: str, *allow_hosts: str, **auth: str) -> Configuration:
    return Configuration(
        IutSection(url=url, allow_hosts=allow_hosts),
        AuthSection(**auth) if auth else AuthSection(),  # type: ignore[arg-type]
        OperationsSection(running=SupplyForm(names=(NAME,))),
    )


def connected(configuration: Configuration) -> Iut:
    """Nothing is sent by it, so it is closed at once."""
    iut = connect(configuration)
    iut.target.close()
    return iut


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1", "http://localhost:1", "http://LOCALHOST", "http://[::1]:1", "http://127.1.2.3", "https://localhost"],
)  # fmt: skip
def test_this_machine_is_always_allowed(url: str) -> None:
    assert connected(configured(url)).target.origin == url


@pytest.mark.parametrize(
    "url",
    [
        "https://beyondcorp.googleapis.com",
        "http://192.168.0.1",
        "http://0.0.0.0",
        "http://localhost.example.com",
        "http://127.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "http://127.0.0.1:80@example.com",
        "http://[::ffff:192.168.0.1]",
    ],
)
def test_any_other_host_must_be_named(url: str) -> None:
    """Cancelling operations on a machine that nobody meant cannot be taken back."""
    with pytest.raises(UsageError) as caught:
        connected(configured(url, "some.other.host"))
    assert "allow_hosts" in caught.value.remedy or "url" in caught.value.message


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example.com/emulator", "api.example.com"),
        ("https://API.example.com", "api.example.com"),
        ("https://api.example.com", "API.Example.com"),
        ("http://192.168.0.1:8080", "192.168.0.1"),
    ],
)
def test_a_host_that_is_named_is_allowed(url: str, host: str) -> None:
    connected(configured(url, host))


def test_a_path_in_the_url_stands_before_every_path_and_is_no_part_of_the_contract() -> None:
    with RawServer(lambda peer: peer.send(answer())) as server:
        iut = connect(configured(f"{server.origin}/emulator"))
        exchange = iut.cancel(NAME)
        iut.target.close()
    assert server.requests[0].startswith(f"POST /emulator/v1/{NAME}:cancel HTTP/1.1\r\n".encode())
    assert exchange.call == Call(Method.CANCEL, NAME)
    assert exchange.origin == server.origin


def test_what_is_recorded_of_a_live_request_is_what_went_out_but_for_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IUT_TOKEN", "s3cr3t-t0ken")
    with RawServer(lambda peer: peer.send(answer())) as server:
        configuration = configured(server.origin, kind="bearer", token_env="IUT_TOKEN")
        iut = connect(replace(configuration, iut=replace(configuration.iut, headers={"X-Project": "demo"})))
        exchange = iut.cancel(NAME)
        iut.target.close()
    lines = [f"{name}: {value}" for name, value in exchange.request.headers]
    wire = "\r\n".join([f"POST /v1/{NAME}:cancel HTTP/1.1", *lines, "", "{}"]).replace("$IUT_TOKEN", "s3cr3t-t0ken")
    assert server.requests == [wire.encode()]
    assert "X-Project: demo" in lines
    assert "Authorization: Bearer $IUT_TOKEN" in lines


def test_a_password_in_the_url_is_refused_or_never_recorded() -> None:
    """Origin, `Host` and the curl line are made of the url."""
    with RawServer(lambda peer: peer.send(answer())) as server:
        try:
            iut = connect(configured(server.origin.replace("://", "://user:s3cret@")))
        except UsageError as refusal:
            shown = str(refusal)
        else:
            shown = json.dumps(exchange_as_json(iut.cancel(NAME)))
            iut.target.close()
    assert "s3cret" not in shown


def test_a_spec_beside_the_configuration_comes_first(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("nothing: here")
    with pytest.raises(UsageError, match=r"mine\.yaml"):
        connect(replace(configured("http://127.0.0.1:1"), directory=tmp_path, iut=IutSection(spec="mine.yaml")))


def test_without_a_url_the_reference_server_answers() -> None:
    iut = connect(Configuration())
    (name,) = iut.running(1)
    assert iut.cancel(name).succeeded()
    assert iut.get("projects/demo/locations/us/operations/none").response is not None
    assert iut.configuration.iut.name == "embedded reference server"
    iut.target.close()
