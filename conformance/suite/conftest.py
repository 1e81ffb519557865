"""What the checks share: the implementation under test, its shared traffic, and fresh operations."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import pytest

from conformance.errors import NotApplicable, NotTested, Unjudged
from conformance.exchange import Exchange, Method
from conformance.rules.server.outcome import second_cancel_is_accepted, second_cancel_is_safe, untouched
from conformance.server.target.iut import Iut
from conformance.suite.again import Again
from conformance.suite.alone import ALONE, Alone
from conformance.suite.deletion import Deletion, delete_one
from conformance.suite.families import FAMILIES, looks_first
from conformance.suite.lists import settled_list
from conformance.suite.refusals import Refusals
from conformance.suite.stories import Bystanders, FirstCancel, Stories, cancel_first, tell_stories
from conformance.suite.storm import Storm, raise_storm


@pytest.fixture
def alone(iut: Iut, request: pytest.FixtureRequest) -> Alone:
    """What tries a check again whose failure depends on real time; the report tells how that ended."""
    tries = Alone(iut)
    request.node.stash[ALONE] = tries
    return tries


@pytest.fixture(scope="session")
def first_looks() -> list[Exchange]:
    """The first look at each bystander; there is one even where nothing else could be had."""
    return []


@pytest.fixture(scope="session")
def bystanders(iut: Iut, first_looks: list[Exchange]) -> Bystanders:
    """Running operations that nobody cancels. The first use finds out what the statement leaves open."""
    return Bystanders(iut, first_looks, looks_first)


@pytest.fixture(scope="session")
def first_cancel(iut: Iut, bystanders: Bystanders) -> Iterator[FirstCancel]:
    """The first cancel of the run; the bystanders are older.

    When all checks are over it is looked at twice more, for the rules: what is final must still be so.
    """
    first = cancel_first(iut)
    yield first
    iut.target.check = "last looks"
    with contextlib.suppress(Unjudged):
        for _ in range(2):
            iut.get(first.name)


@pytest.fixture(scope="session")
def stories(iut: Iut, bystanders: Bystanders, first_cancel: FirstCancel) -> Stories:
    """Three operations that were cancelled and followed to their end."""
    return tell_stories(iut, bystanders, first_cancel)


@pytest.fixture(scope="session")
def listing(iut: Iut, bystanders: Bystanders, request: pytest.FixtureRequest) -> list[Exchange]:
    """The list of the operations, page by page, taken when the stories had ended, if there are any."""
    ended: list[str] = []
    with contextlib.suppress(Unjudged):
        stories: Stories = request.getfixturevalue("stories")
        ended = [story.name for story in stories.all() if story.last is not None and story.last.done]
    if not iut.contract.bindings_of(Method.LIST):
        iut.statement.find("list", False, f"{iut.contract.name} binds no list")
    if iut.statement.value("list") is False:
        raise NotApplicable("list is not supported")
    pages = settled_list(iut, iut.contract.parent_of(bystanders.get()[0].name), ended)
    status = pages[0].response.status if pages[0].response is not None else "nothing"
    iut.statement.find("list", pages[0].succeeded(), f"a list of the operations is answered with {status}")
    if iut.statement.value("list") is False:
        raise NotApplicable(f"list is not supported: it was answered with {status}")
    return pages


@pytest.fixture(scope="session")
def cancel_works(stories: Stories) -> Stories:
    """The positive control of every check whose request must be refused or must do nothing.

    Where even the plain cancel is refused, a refusal shows nothing.
    """
    if not stories.plain.cancel.succeeded():
        raise NotTested("the plain cancel of a running operation does not succeed, so a refusal shows nothing")
    return stories


@pytest.fixture(scope="session")
def cancel_is_answered(first_cancel: FirstCancel) -> None:
    """The positive control where cancel need not be implemented: it succeeds, or is answered with 501."""
    response = first_cancel.cancel.response
    if response is None or not (response.is_success or response.status == 501):
        raise NotTested("the plain cancel of a running operation neither succeeds nor is answered with 501")


@pytest.fixture(scope="session")
def cancel_repeats(cancel_works: Stories) -> Stories:
    """The positive control of races: what goes wrong without any overlap is no race."""
    story = cancel_works.labelled_without_body
    assert story.again is not None
    is_safe = second_cancel_is_safe(story.cancel, story.again) is None
    if not is_safe or second_cancel_is_accepted(story.cancel, story.again, story.after) is not None:
        raise NotTested("cancelling twice in a row is not safe, so overlapping cancels would show nothing new")
    return cancel_works


@pytest.fixture(scope="session")
def deletion(iut: Iut, bystanders: Bystanders, request: pytest.FixtureRequest) -> Deletion:
    """The first delete of the run; it finds out, where the statement is silent, whether delete is supported."""
    stories: Stories | None = None
    with contextlib.suppress(Unjudged):
        stories = request.getfixturevalue("stories")
    bystander = bystanders.get()[0]
    deletion = delete_one(iut, stories.without_body if stories is not None else None)
    control = iut.get(bystander.name)
    touched = untouched(bystander.operation, control, deletion.delete)
    if touched is not None:
        bystanders.retire(bystander)
    return dataclasses.replace(deletion, touched=touched, control=control)


@pytest.fixture(scope="session")
def may_delete(request: pytest.FixtureRequest) -> bool:
    """Whether delete may take part in what happens to an operation: it is supported, ours to use, and works alone."""
    with contextlib.suppress(Unjudged):
        deletion: Deletion = request.getfixturevalue("deletion")
        return deletion.removed
    return False


@pytest.fixture(scope="session")
def storm(iut: Iut, bystanders: Bystanders, cancel_works: Stories) -> Storm:
    """Overlapping cancels and looks at one operation; the second bystander is the next that was started after it."""
    return raise_storm(iut, cancels=2, looks=1, before=lambda: bystanders.get(2))


@pytest.fixture(scope="session")
def again(iut: Iut, cancel_works: Stories) -> Again:
    """The plain cancel of an operation that is cancelled already, and the same cancel in every other form."""
    story = cancel_works.plain
    return Again(iut, story.name, may_have_ended=story.last is None or not story.last.done)


@pytest.fixture(scope="session")
def refusals(iut: Iut, bystanders: Bystanders, cancel_is_answered: None, request: pytest.FixtureRequest) -> Refusals:
    """Requests that must leave an operation alone, all sent at one bystander."""
    # The stories come first where there are any: they show whether a plain cancel already touches a bystander.
    with contextlib.suppress(Unjudged):
        request.getfixturevalue("stories")
    return Refusals(iut, bystanders, FAMILIES)
