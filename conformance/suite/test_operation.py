"""The operation as a get shows it; what every get has to show, the rules about all traffic say."""

from __future__ import annotations

import contextlib

import pytest

from conformance.errors import NotTested, Unjudged
from conformance.exchange import Exchange
from conformance.rules.routing import shows_an_existing_operation
from conformance.suite.judging import require, verifies


@verifies("operation.get-returns-it")
def test_fresh_operation_can_be_got(first_looks: list[Exchange], request: pytest.FixtureRequest) -> None:
    """The supply has just started it, so it exists."""
    with contextlib.suppress(Unjudged):
        request.getfixturevalue("bystanders")
    if not first_looks:
        raise NotTested("no operation could be looked at")
    require(shows_an_existing_operation(first_looks[0]))
