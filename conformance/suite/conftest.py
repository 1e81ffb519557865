"""What the checks share: the stimuli of all chapters as fixtures, and who plays them.

A stimulus of one chapter alone stands in the file of its checks, where pytest finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from conformance.errors import NotTested
from conformance.server.target.iut import Iut
from conformance.suite import (  # noqa: F401 - each declares its stimuli
    alike,
    bindings,
    blame,
    bystanders,
    callers,
    cancellations,
    chosen_ids,
    deletion,
    last_look,
    latency,
    lists,
    near_misses,
    operations,
    pages,
    refusals,
    repeated_forms,
    request_ids,
    similar_names,
    storm,
    unacceptable,
    unauthorised,
    unknown,
)
from conformance.suite.callers import BY_CONNECTION, OneConnection, read_on_one_connection
from conformance.suite.confirmation import CONFIRMATION, Confirmation, confirm_unanswered
from conformance.suite.items import wanted_with
from conformance.suite.refusals import FAMILIES
from conformance.suite.stimuli import FIXTURES, Stimuli

globals().update(FIXTURES)


@pytest.fixture(scope="session")
def stimuli(iut: Iut, request: pytest.FixtureRequest) -> Stimuli:
    """Whoever plays the stimuli.

    A worker does not know which checks are its own, and has one played at a time, but for the families of refusals,
    which share one wait.
    """
    if hasattr(request.config, "workerinput"):
        return Stimuli(iut, lambda name: FAMILIES.keys() if name in FAMILIES else ())
    return Stimuli(iut, partial(wanted_with, iut, request.session.items))


@pytest.fixture(scope="session", autouse=True)
def confirm_what_was_not_answered(iut: Iut) -> Iterator[None]:
    """What was not answered is sent once more when all checks of this process are over."""
    yield
    iut.target.check = "confirmation"
    confirm_unanswered(iut)


@pytest.fixture(scope="session")
def on_one_connection(iut: Iut, oldest_name: str, let_in: dict[str, str]) -> OneConnection:
    """Two reads of one operation when the stimuli have been played: with credentials, and then without."""
    return read_on_one_connection(iut, oldest_name)


@pytest.fixture
def no_certificate_tells_who_calls(iut: Iut) -> None:
    """Raise NotTested where no request can be made that does not say who calls."""
    if iut.statement.value("auth") is True and iut.configuration.auth.client_certificate:
        raise NotTested("every request comes with the client certificate, so that none is without credentials")


@pytest.fixture
def each_request_by_itself(on_one_connection: OneConnection, let_in: dict[str, str]) -> None:
    """Raise NotTested where a connection lets in whoever comes after: auth.each-request-by-itself says so, alone."""
    if on_one_connection.tells_who_calls or BY_CONNECTION in let_in.values():
        raise NotTested("a request is let in by the credentials of another one on its connection")


@pytest.fixture
def confirmation(iut: Iut, request: pytest.FixtureRequest) -> Confirmation:
    """What tries a check again whose failure depends on real time; the report tells how that ended."""
    tries = Confirmation(iut)
    request.node.stash[CONFIRMATION] = tries
    return tries
