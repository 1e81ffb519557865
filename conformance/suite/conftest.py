"""What the checks share: the implementation under test, its shared traffic, and fresh operations."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from conformance.errors import NotApplicable, NotTested, Unjudged
from conformance.exchange import Exchange, Method
from conformance.rules.server.outcome import second_cancel_is_accepted, second_cancel_is_safe
from conformance.server.target.iut import Iut
from conformance.server.target.unknown import long_name, nonce, unknown_name, unknown_uuid
from conformance.spec.good_path import Family
from conformance.suite.again import Again
from conformance.suite.alone import ALONE, Alone, confirm_unanswered
from conformance.suite.bindings import Further, try_further_parents
from conformance.suite.blame import Blame
from conformance.suite.deletion import Deletion, delete_one
from conformance.suite.drawn import Aimed, draw_bodies, draw_near_misses, draw_queries
from conformance.suite.families import FAMILIES, looks_first
from conformance.suite.items import is_like, is_run, needs_of
from conformance.suite.last_look import LastLook
from conformance.suite.latency import Latency
from conformance.suite.lists import settled_list
from conformance.suite.reads import MakeReads, read_often
from conformance.suite.refusals import Refusals
from conformance.suite.stories import Bystander, Bystanders, FirstCancel, Stories, cancel_first, tell_stories
from conformance.suite.storm import Crowd, Storm, raise_storm
from conformance.suite.unacceptable import Unacceptable


@pytest.fixture(scope="session", autouse=True)
def confirmation(iut: Iut) -> Iterator[None]:
    """What was not answered is sent once more when all checks of this process are over."""
    yield
    iut.target.check = "confirmation"
    confirm_unanswered(iut)


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
def latency(iut: Iut) -> Latency:
    """How late the effect of a cancel shows; the stories teach it."""
    return Latency(iut)


@pytest.fixture(scope="session")
def aims(iut: Iut, latency: Latency) -> LastLook:
    """Where a stimulus notes what it must not have touched."""
    return LastLook(iut, latency)


@pytest.fixture(scope="session")
def blame(iut: Iut, bystanders: Bystanders, latency: Latency) -> Blame:
    """What finds out who touched a bystander."""
    return Blame(iut, bystanders, latency)


STIMULI = (
    *("stories", "refusals", "unacceptable", "storm", "deletion", "reads", "wildcards", "crowd"),
    *("drawn_verbs", "drawn_segments", "drawn_literals", "drawn_encoded_slashes", "drawn_bodies", "drawn_queries"),
)
"""The traffic that must leave other operations alone, in the order in which it is sent."""


@pytest.fixture
def last_look(iut: Iut, aims: LastLook, request: pytest.FixtureRequest) -> LastLook:
    """What was aimed at, and how it looked when an effect would have shown. Checks that use it come after all others.

    Whatever any of them needs in the same profile is sent before the first wait, so that there is one. A worker does
    not know which of them are its own.
    """
    if not hasattr(request.config, "workerinput"):
        waiting = [item for item in request.session.items if is_like(request.node, item) and is_run(iut, item)]
        needed = {name for item in waiting for name in needs_of(item)}
        for stimulus in STIMULI:
            if stimulus in needed:
                with contextlib.suppress(Unjudged):
                    request.getfixturevalue(stimulus)
    return aims


@pytest.fixture(scope="session")
def first_cancel(iut: Iut, bystanders: Bystanders, aims: LastLook) -> FirstCancel:
    """The first cancel of the run; the bystanders are older."""
    bystanders.control()
    first = cancel_first(iut)
    if first.cancel.response is not None and first.cancel.response.status == 501:
        aims.aim("first-cancel", first.as_bystander, [first.cancel])
    return first


@pytest.fixture(scope="session")
def stories(iut: Iut, bystanders: Bystanders, first_cancel: FirstCancel, latency: Latency, aims: LastLook) -> Stories:
    """Three operations that were cancelled and followed to their end."""
    stories = tell_stories(iut, bystanders, first_cancel, latency)
    aims.aim("stories", bystanders.control(), [first_cancel.cancel])
    return stories


@pytest.fixture(scope="session")
def listing(iut: Iut, bystanders: Bystanders, request: pytest.FixtureRequest) -> list[Exchange]:
    """The list of the operations, page by page, taken when the stories had ended, if there are any."""
    ended: list[str] = []
    with contextlib.suppress(Unjudged):
        stories: Stories = request.getfixturevalue("stories")
        ended = [story.name for story in stories.all() if story.last is not None and story.last.done]
    if not iut.contract.lists(bystanders.name):
        iut.statement.find("list", False, f"{iut.contract.name} binds no list of these operations")
        raise NotApplicable(f"{iut.contract.name} binds no list of these operations")
    if iut.statement.value("list") is False:
        raise NotApplicable("list is not supported")
    pages = settled_list(iut, iut.contract.parent_of(bystanders.name), ended)
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
def cancel_is_heard(iut: Iut, first_cancel: FirstCancel, request: pytest.FixtureRequest) -> FirstCancel:
    """The positive control of checks for which a done operation will do: the method answers the plain cancel.

    Where operations run, the plain cancel of a running one succeeds.
    """
    if not iut.ends_at_once:
        request.getfixturevalue("cancel_works")
    elif iut.statement.value("cancel") == "unimplemented":
        raise NotApplicable("cancel is not implemented")
    elif not first_cancel.reached_the_method:
        raise NotTested(
            "the plain cancel of a done operation neither succeeds nor is answered with FAILED_PRECONDITION, "
            "so a refusal shows nothing"
        )
    return first_cancel


@pytest.fixture(scope="session")
def further(iut: Iut, latency: Latency, request: pytest.FixtureRequest) -> list[Further]:
    """One operation of each further parent; the plain cancel of the first parent works."""
    if iut.further_supplies:
        request.getfixturevalue("cancel_works")
    return try_further_parents(iut, latency)


@pytest.fixture(scope="session")
def cancel_is_answered(first_cancel: FirstCancel) -> None:
    """The positive control where cancel need not be implemented: it succeeds, or is answered with 501."""
    response = first_cancel.cancel.response
    if response is None or not (first_cancel.reached_the_method or response.status == 501):
        raise NotTested("the plain cancel of an operation neither succeeds nor is answered with 501")


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
def deletion(iut: Iut, bystanders: Bystanders, aims: LastLook, request: pytest.FixtureRequest) -> Deletion:
    """The first delete of the run; it finds out, where the statement is silent, whether delete is supported."""
    stories: Stories | None = None
    with contextlib.suppress(Unjudged):
        stories = request.getfixturevalue("stories")
    bystander = bystanders.control()
    ended = stories.without_body.end if stories is not None else None
    if iut.ends_at_once:
        ended = bystanders.new().exchange
    deletion = delete_one(iut, ended, like=bystander.name)
    aims.aim("deletion", bystander, [deletion.delete])
    return deletion


@pytest.fixture(scope="session")
def reads(iut: Iut, bystanders: Bystanders, aims: LastLook) -> MakeReads:
    """Gets and a list of an operation that nobody cancels; what makes the same of another one."""
    return read_often(iut, bystanders.new(), aims)


@pytest.fixture(scope="session")
def may_delete(request: pytest.FixtureRequest) -> bool:
    """Whether delete may take part in what happens to an operation: it is supported, ours to use, and works alone."""
    with contextlib.suppress(Unjudged):
        deletion: Deletion = request.getfixturevalue("deletion")
        return deletion.removed
    return False


@pytest.fixture(scope="session")
def storm(iut: Iut, bystanders: Bystanders, cancel_works: Stories, aims: LastLook) -> Storm:
    """Overlapping cancels and looks at one operation; its bystander is the next that was started after it."""
    younger: list[Bystander] = []
    storm = raise_storm(iut, cancels=2, looks=1, before=lambda: younger.append(bystanders.new()))
    aims.aim("storm", younger[0], storm.cancels)
    return storm


@pytest.fixture(scope="session")
def again(iut: Iut, cancel_is_heard: FirstCancel, request: pytest.FixtureRequest) -> Again:
    """The plain cancel of an operation that is cancelled already, or done, and the same cancel in every other form."""
    if iut.ends_at_once:
        return Again(iut, cancel_is_heard.name, may_have_ended=False)
    stories: Stories = request.getfixturevalue("stories")
    story = stories.plain
    return Again(iut, story.name, may_have_ended=story.last is None or not story.last.done)


@pytest.fixture(scope="session")
def refusals(
    iut: Iut,
    bystanders: Bystanders,
    cancel_is_answered: None,
    aims: LastLook,
    blame: Blame,
    request: pytest.FixtureRequest,
) -> Refusals:
    """Requests that must leave an operation alone, all sent at one bystander."""
    # The stories come first where there are any: they show how late an effect is.
    with contextlib.suppress(Unjudged):
        request.getfixturevalue("stories")
    return Refusals(iut, bystanders, FAMILIES, aims, blame)


LONG, LONGER = 2000, 7000
"""Characters of ids: a request line with either is within the 8,000 octets that every server is asked to read."""


@pytest.fixture(scope="session")
def unknown_cancels(iut: Iut, bystanders: Bystanders, cancel_is_answered: None) -> list[Exchange]:
    """Cancels of names that no operation has: one of the shape of the supply's, a long number, a longer id, an odd one,
    a UUID, and one that just fits into a request line."""
    like = bystanders.name
    parent = like.rpartition("/")[0]
    names = [
        unknown_name(like, "cancel"),
        f"{parent}/{'9876543210' * 30}",
        f"{parent}/no.such_operation~{nonce(like, 'odd')}",
        long_name(like, LONG),
    ]
    if not iut.is_quick:
        names += [f"{parent}/{unknown_uuid(like)}", long_name(like, LONGER)]
    note = "cancel of an unknown operation"
    return iut.send_all([iut.cancel_request(name, note=note, is_odd=name != names[0]) for name in names])


def _near_misses(family: Family, name: str) -> object:
    """The fixture of this name, which draws near misses of a family."""

    @pytest.fixture(scope="session", name=name)
    def drawn(iut: Iut, bystanders: Bystanders, refusals: Refusals, cancel_is_answered: None, aims: LastLook) -> Aimed:
        return draw_near_misses(family, iut, bystanders, refusals, aims)

    return drawn


drawn_verbs = _near_misses("verb", "drawn_verbs")
drawn_segments = _near_misses("segments", "drawn_segments")
drawn_literals = _near_misses("literals", "drawn_literals")
drawn_encoded_slashes = _near_misses("encoded-slash", "drawn_encoded_slashes")


@pytest.fixture(scope="session")
def drawn_bodies(iut: Iut, bystanders: Bystanders, cancel_works: Stories, aims: LastLook) -> Aimed:
    """Cancels whose bodies mention a bystander."""
    return draw_bodies(iut, bystanders, cancel_works.plain.name, aims)


@pytest.fixture(scope="session")
def drawn_queries(iut: Iut, bystanders: Bystanders, cancel_works: Stories, aims: LastLook) -> Aimed:
    """Cancels whose queries mention a bystander."""
    return draw_queries(iut, bystanders, cancel_works.plain.name, aims)


@pytest.fixture(scope="session")
def wildcards(iut: Iut, bystanders: Bystanders, cancel_is_answered: None, aims: LastLook) -> tuple[str, ...]:
    """Cancels of the ids `-` and `*`, each beside a bystander; the keys under which these are looked at."""
    parent = bystanders.name.rpartition("/")[0]
    paths = {wildcard: iut.contract.path(Method.GET, f"{parent}/{wildcard}") for wildcard in WILDCARDS}
    free = iut.nobodys(paths.values())
    asked = [wildcard for wildcard, path in paths.items() if path in free]
    if not asked:
        raise NotTested("a get of the ids - and * is not answered with 404, so a cancel of them may hit a stranger")
    for wildcard in asked:
        bystander, note = bystanders.new(), f"cancel of the id {wildcard}"
        cancel = iut.send(iut.cancel_request(f"{parent}/{wildcard}", note=note, is_odd=True))
        aims.aim(f"wildcard {wildcard}", bystander, [cancel])
    return tuple(f"wildcard {wildcard}" for wildcard in asked)


WILDCARDS = ("-", "*")


@pytest.fixture(scope="session")
def crowd(iut: Iut, bystanders: Bystanders, cancel_repeats: Stories, aims: LastLook) -> Crowd:
    """Several operations cancelled at once, beside a bystander that has no part in it."""
    return Crowd(iut, bystanders, aims)


@pytest.fixture(scope="session")
def unacceptable(iut: Iut, bystanders: Bystanders, again: Again, aims: LastLook, blame: Blame) -> Unacceptable:
    """Cancels that nobody has to accept."""

    def is_refused(form: str) -> bool:
        answer = again.answer(form).response if form in again else None
        return again.control.succeeded() and answer is not None and 400 <= answer.status < 500

    query = again.answer("unknown-parameter").request.query if is_refused("unknown-parameter") else None
    return Unacceptable(iut, bystanders, aims, blame, query, is_refused("unknown-field"), is_refused("unlabelled"))
