"""Transports: what is the same over gRPC, and what is not judged there."""

from __future__ import annotations

import importlib.util

import pytest

from conformance.cli import main
from conformance.sdk.scenarios import SCENARIOS
from conformance.sdk.transport import REST
from conformance.sdk.transports import transport_named
from conformance.spec.catalogue import client_catalogue

from .test_sdk_command import HONEST


def test_over_http_everything_is_played_and_judged() -> None:
    assert transport_named("rest") is REST
    assert all(REST.plays(scenario.name) for scenario in SCENARIOS)
    assert REST.rules_out("client-request.verb-is-kept") is None


def test_over_grpc_a_part_is_played_and_judged() -> None:
    grpc = transport_named("grpc")
    assert grpc.not_judged <= set(client_catalogue().requirements)
    assert grpc.rules_out("client-request.verb-is-kept") == "it is about HTTP/JSON; the transport is grpc"
    judged = {
        expectation.requirement
        for scenario in SCENARIOS
        if grpc.plays(scenario.name)
        for expectation in scenario.expectations
    }
    assert "client-operation.cancelled-is-told" in judged - grpc.not_judged


@pytest.mark.skipif(importlib.util.find_spec("grpc") is not None, reason="the extra is installed")
def test_what_grpc_needs_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sdk", "--transport", "grpc", "--", *HONEST]) == 2
    assert "pip install 'lro-conformance[grpc]'" in capsys.readouterr().err
