"""What the checks share: the implementation under test, its shared traffic, and fresh operations."""

from __future__ import annotations

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.suite.again import Again
from conformance.suite.families import FAMILIES
from conformance.suite.refusals import Refusals
from conformance.suite.stories import Bystanders, FirstCancel, Stories, cancel_first, tell_stories
from conformance.targets.iut import Iut


@pytest.fixture(scope="session")
def bystanders(iut: Iut) -> Bystanders:
    """Running operations that nobody cancels. The first use finds out what the statement leaves open."""
    return Bystanders(iut)


@pytest.fixture(scope="session")
def first_cancel(iut: Iut, bystanders: Bystanders) -> FirstCancel:
    """The first cancel of the run; the bystanders are older."""
    return cancel_first(iut)


@pytest.fixture(scope="session")
def stories(iut: Iut, bystanders: Bystanders, first_cancel: FirstCancel) -> Stories:
    """Three operations that were cancelled and followed to their end."""
    return tell_stories(iut, bystanders, first_cancel)


@pytest.fixture(scope="session")
def cancel_works(stories: Stories) -> Stories:
    """The positive control of every check whose request must be refused or must do nothing.

    Where even the plain cancel is refused, a refusal shows nothing.
    """
    if not stories.plain.cancel.succeeded():
        raise NotTested("the plain cancel of a running operation does not succeed, so a refusal shows nothing")
    return stories


@pytest.fixture(scope="session")
def cancel_is_answered(iut: Iut, bystanders: Bystanders, request: pytest.FixtureRequest) -> None:
    """The positive control where cancel need not be implemented: it succeeds, or is answered with 501."""
    try:
        request.getfixturevalue("cancel_works")
    except NotApplicable:
        return


@pytest.fixture(scope="session")
def again(iut: Iut, cancel_works: Stories) -> Again:
    """The plain cancel of an operation that is cancelled already, and the same cancel in every other form."""
    return Again(iut, cancel_works.plain.name)


@pytest.fixture(scope="session")
def refusals(iut: Iut, bystanders: Bystanders, cancel_is_answered: None) -> Refusals:
    """Requests that must leave an operation alone, all sent at one bystander."""
    return Refusals(iut, bystanders, FAMILIES)
