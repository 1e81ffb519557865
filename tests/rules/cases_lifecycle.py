"""Cases for the rules about the life of one operation, overlapping looks among them."""

from __future__ import annotations

from conformance.exchange import Failure, FailureKind
from tests.rules.cases import Cases
from tests.rules.traffic import (
    ANOTHER,
    DONE_ALREADY,
    GOOGLE_PAGE,
    NOT_FOUND,
    OPERATION,
    OTHER,
    PERMISSION_DENIED,
    TOO_MANY,
    UNAVAILABLE,
    UNIMPLEMENTED,
    Traffic,
    asked_to_cancel,
    cancelled,
    done,
    failed,
    running,
    succeeded,
)


def _overlapping_looks(t: Traffic) -> None:
    """The look that says "done" had not arrived when the other was sent: the other may have been taken first."""
    t.get(succeeded(), during=(1, 5))
    t.get(running(), during=(2, 6))


def _overlapping_list_and_get(t: Traffic) -> None:
    t.list(succeeded(), during=(1, 5))
    t.get(running(), during=(2, 6))


def _nameless_entries(t: Traffic) -> None:
    """Two operations without a name are not one operation."""
    t.list({"done": True, "error": {"code": 1}})
    t.list({"done": False})


CASES = {
    "operation.done-is-final": Cases(
        kept={
            "done and done again": lambda t: (t.get(cancelled()), t.get(cancelled())),
            "running, then done, then done": lambda t: (t.get(running()), t.get(succeeded()), t.get(succeeded())),
            "by list": lambda t: (t.list(cancelled()), t.list(cancelled())),
            "cancelled again in between": lambda t: (t.get(succeeded()), t.cancel(), t.get(succeeded())),
            "running by a look that overlaps, done by all others": lambda t: (
                t.get(succeeded(), during=(1, 5)),
                t.get(running(), during=(2, 6)),
                t.get(succeeded(), during=(7, 8)),
            ),
        },
        violated={
            "running again": lambda t: (t.get(cancelled()), t.get(running())),
            "running again after a second cancel": lambda t: (t.get(succeeded()), t.cancel(), t.get(asked_to_cancel())),
            "running again by list": lambda t: (t.list(cancelled()), t.list(running())),
            "running again, seen much later": lambda t: (t.get(failed()), t.get(failed()), t.get(running())),
            "an answer that arrives as the other is sent": lambda t: (
                t.get(succeeded(), during=(1, 2)),
                t.get(running(), during=(2, 2)),
            ),
        },
        silent={
            "seen once": lambda t: t.get(cancelled()),
            "never done": lambda t: (t.get(running()), t.get(running())),
            "done at last": lambda t: (t.get(running()), t.get(succeeded())),
            "looks that overlap": _overlapping_looks,
            "two operations": lambda t: (t.get(cancelled()), t.get(running(OTHER), name=OTHER)),
            "not found any more": lambda t: (t.get(cancelled()), t.get(NOT_FOUND, 404)),
            "got, and then listed: list.agrees-with-get's business": lambda t: (t.get(cancelled()), t.list(running())),
            "list entries without a name": _nameless_entries,
        },
    ),
    "operation.result-is-final": Cases(
        kept={
            "the same error": lambda t: (t.get(cancelled()), t.get(cancelled())),
            "the same response": lambda t: (t.get(succeeded()), t.cancel(), t.get(succeeded())),
            "members in another order": lambda t: (
                t.get(done(error={"code": 1, "message": "x"})),
                t.get(done(error={"message": "x", "code": 1})),
            ),
            "null for absent": lambda t: (t.get(succeeded()), t.get({**succeeded(), "error": None})),
            "metadata may change": lambda t: (t.get(cancelled()), t.get(cancelled(metadata=None))),
        },
        violated={
            "succeeded, then cancelled": lambda t: (t.get(succeeded()), t.cancel(), t.get(cancelled())),
            "another code": lambda t: (t.get(failed(13)), t.get(failed(1))),
            "another message": lambda t: (
                t.get(done(error={"code": 1, "message": "x"})),
                t.get(done(error={"code": 1, "message": "y"})),
            ),
            "the result is taken away": lambda t: (t.get(cancelled()), t.get(done())),
            "by list": lambda t: (t.list(succeeded()), t.list(cancelled())),
        },
        silent={
            "seen once": lambda t: t.get(cancelled()),
            "looks that overlap": _overlapping_looks,
            "another operation": lambda t: (t.get(succeeded()), t.get(cancelled(OTHER), name=OTHER)),
            "got, and then listed: list.agrees-with-get's business": lambda t: (
                t.get(succeeded()),
                t.list(cancelled()),
            ),
            "list entries without a name": _nameless_entries,
        },
    ),
    "list.agrees-with-get": Cases(
        kept={
            "both done alike": lambda t: (t.get(cancelled()), t.list(cancelled(), running(OTHER))),
            "both running": lambda t: (t.list(running()), t.get(running())),
            "the list leaves the result out": lambda t: (t.get(cancelled()), t.list(done()), t.get(cancelled())),
            "the list leaves a part of the result out": lambda t: (
                t.get(done(error={"code": 1, "message": "x", "details": [{"@type": "y"}]})),
                t.list(done(error={"code": 1, "details": []})),
                t.get(done(error={"code": 1, "message": "x", "details": [{"@type": "y"}]})),
            ),
            "it ended in between": lambda t: (t.list(running()), t.get(succeeded())),
            "another result by get, and by the next list: it may have changed in between": lambda t: (
                t.list(cancelled()),
                t.get(succeeded()),
                t.list(succeeded()),
            ),
            "no get afterwards that shows whether it changed": lambda t: (t.get(cancelled()), t.list(running())),
            "a change that get shows too": lambda t: (t.get(succeeded()), t.list(cancelled()), t.get(cancelled())),
            "deleted in between": lambda t: (t.get(running()), t.list(running()), t.delete(), t.get(NOT_FOUND, 404)),
            "a POST on its name was accepted, and it is gone, which is another's business": lambda t: (
                t.list(running()),
                t.send("POST", f"/v1/{OPERATION}", {}),
                t.get(NOT_FOUND, 404),
            ),
            "cancelled in between, and gone, which is another's business": lambda t: (
                t.list(running()),
                t.cancel(),
                t.get(NOT_FOUND, 404),
            ),
            "not found before it was listed": lambda t: (t.get(NOT_FOUND, 404), t.list(running()), t.get(running())),
            "not found by cancel, which is another's business": lambda t: (
                t.list(running()),
                t.cancel(status=404, answer=NOT_FOUND),
                t.get(running()),
            ),
            "not found by a get that was sent before the list was answered": lambda t: (
                t.get(running(), during=(0, 1)),
                t.list(running(), during=(2, 5)),
                t.get(NOT_FOUND, 404, during=(3, 6)),
            ),
            "not found by get, and cancelled before it was listed": lambda t: (
                t.cancel(),
                t.list(running()),
                t.get(NOT_FOUND, 404),
            ),
            "a get had found it, and it is gone since, which is another's business": lambda t: (
                t.get(running()),
                t.list(running()),
                t.get(NOT_FOUND, 404),
            ),
        },
        violated={
            "done by list, running by get": lambda t: (t.list(cancelled()), t.get(running())),
            "not found by get, cancelled before, and listed again": lambda t: (
                t.cancel(),
                t.list(cancelled()),
                t.get(NOT_FOUND, 404),
                t.list(cancelled()),
            ),
            "another result by list than by the gets around it": lambda t: (
                t.get(cancelled()),
                t.list(failed(13)),
                t.get(cancelled()),
            ),
            "another result by get": lambda t: (t.list(succeeded()), t.get(cancelled())),
            "a part of a result that the get does not have": lambda t: (
                t.get(done(error={"code": 1})),
                t.list(done(error={"code": 1, "message": "x"})),
                t.get(done(error={"code": 1})),
            ),
            "done by list, running by the gets around it": lambda t: (
                t.get(running()),
                t.list(cancelled()),
                t.get(running()),
            ),
            "done by get, running by list, done by get": lambda t: (
                t.get(cancelled()),
                t.list(running()),
                t.get(cancelled()),
            ),
            "ended, and then running by list": lambda t: (
                t.get(running()),
                t.get(cancelled()),
                t.list(running()),
                t.get(cancelled()),
            ),
            "running by list between two gets, whatever the third shows": lambda t: (
                t.get(cancelled()),
                t.list(running()),
                t.get(cancelled()),
                t.get(succeeded()),
            ),
            "listed, and not found": lambda t: (t.list(running()), t.get(NOT_FOUND, 404)),
            "listed, and gone": lambda t: (t.list(running()), t.get(None, 410)),
        },
        silent={
            "got only": lambda t: (t.get(cancelled()), t.get(running())),
            "listed and cancelled": lambda t: (t.list(running()), t.cancel()),
            "listed, and a get that is not answered": lambda t: (
                t.list(running()),
                t.get(Failure(FailureKind.TIMEOUT)),
            ),
            "listed only": lambda t: (t.list(cancelled()), t.list(running())),
            "the list shows another": lambda t: (t.get(cancelled()), t.list(running(OTHER))),
            "a list that is refused": lambda t: (t.get(cancelled()), t.list(answer=PERMISSION_DENIED, status=403)),
            "looks that overlap": _overlapping_list_and_get,
        },
    ),
    "delete.removes": Cases(
        kept={
            "not found": lambda t: (t.get(running()), t.delete(), t.get(NOT_FOUND, 404)),
            "gone": lambda t: (t.delete(), t.get(None, 410)),
        },
        violated={
            "still there": lambda t: (t.get(running()), t.delete(), t.get(running())),
            "cancelled in place of deleted": lambda t: (t.get(running()), t.delete(), t.get(cancelled())),
            "back again": lambda t: (t.delete(), t.get(NOT_FOUND, 404), t.get(running())),
        },
        silent={
            "never got afterwards": lambda t: (t.get(running()), t.delete()),
            "forbidden, and so not shown": lambda t: (t.delete(), t.get(PERMISSION_DENIED, 403)),
            "answered with a page": lambda t: (t.delete(), t.get(GOOGLE_PAGE)),
            "the get is asked to retry later": lambda t: (t.delete(), t.get(UNAVAILABLE, 503), t.get(TOO_MANY, 429)),
            "not deleted": lambda t: (t.get(running()), t.get(running())),
            "a delete that was refused": lambda t: (t.delete(status=501, answer=UNIMPLEMENTED), t.get(running())),
            "the get was sent before the delete was answered": lambda t: (
                t.delete(during=(1, 5)),
                t.get(running(), during=(2, 6)),
            ),
            "another operation": lambda t: (t.delete(), t.get(running(OTHER), name=OTHER)),
        },
    ),
    "outcome.not-deleted": Cases(
        kept={
            "hidden from another caller": lambda t: (
                t.get(running()),
                t.cancel(),
                t.get(NOT_FOUND, 404, asks=ANOTHER),
                t.get(cancelled()),
            ),
            "cancelled": lambda t: (t.get(running()), t.cancel(), t.get(cancelled())),
            "still running": lambda t: (t.get(running()), t.cancel(), t.get(asked_to_cancel())),
            "completed despite the cancel": lambda t: (t.get(running()), t.cancel(), t.get(succeeded())),
            "taken by the delete of another one, which nothing else was sent beside": lambda t: (
                t.get(running()),
                t.cancel(),
                t.get(cancelled()),
                t.delete(name=OTHER),
                t.get(NOT_FOUND, 404),
            ),
            "gone once it was deleted": lambda t: (
                t.cancel(),
                t.get(cancelled()),
                t.delete(),
                t.get(NOT_FOUND, 404),
            ),
        },
        violated={
            "404": lambda t: (t.get(running()), t.cancel(), t.get(NOT_FOUND, 404)),
            "410": lambda t: (t.get(running()), t.cancel(), t.get(None, 410)),
            "404 after a while": lambda t: (t.cancel(), t.get(cancelled()), t.get(NOT_FOUND, 404)),
            "404 after the delete of another one, beside which something else was sent": lambda t: (
                t.get(running()),
                t.cancel(),
                t.get(cancelled()),
                t.cancel(name=OTHER),
                t.delete(name=OTHER),
                t.get(NOT_FOUND, 404),
            ),
            "404 before another one is deleted": lambda t: (
                t.get(running()),
                t.cancel(),
                t.get(NOT_FOUND, 404),
                t.delete(name=OTHER),
            ),
            "404 after the first of two cancels": lambda t: (
                t.get(running()),
                t.cancel(),
                t.get(NOT_FOUND, 404),
                t.cancel(status=404, answer=NOT_FOUND),
            ),
        },
        silent={
            "never got after the cancel": lambda t: (t.get(running()), t.cancel()),
            "the get was sent before the cancel was answered": lambda t: (
                t.get(running(), during=(0, 1)),
                t.cancel(during=(2, 6)),
                t.get(NOT_FOUND, 404, during=(3, 7)),
            ),
            "the delete may have come first": lambda t: (
                t.get(running(), during=(0, 1)),
                t.cancel(during=(2, 3)),
                t.delete(),
                t.get(NOT_FOUND, 404),
            ),
            "an operation that never was, though its cancel succeeds": lambda t: (t.cancel(), t.get(NOT_FOUND, 404)),
            "a cancel that was refused": lambda t: (
                t.get(running()),
                t.cancel(status=501, answer=UNIMPLEMENTED),
                t.get(NOT_FOUND, 404),
            ),
            "a get that was not answered": lambda t: (
                t.get(running()),
                t.cancel(),
                t.get(Failure(FailureKind.TIMEOUT)),
            ),
            "the get is asked to retry later": lambda t: (t.get(running()), t.cancel(), t.get(UNAVAILABLE, 503)),
        },
    ),
    "repeat.known-stays-known": Cases(
        kept={
            "accepted": lambda t: (t.get(running()), t.cancel()),
            "done already": lambda t: (t.get(cancelled()), t.cancel(status=400, answer=DONE_ALREADY)),
            "gone for get, too": lambda t: (
                t.get(running()),
                t.cancel(status=404, answer=NOT_FOUND),
                t.get(NOT_FOUND, 404),
            ),
        },
        violated={
            "not found": lambda t: (t.get(running()), t.cancel(status=404, answer=NOT_FOUND)),
            "gone": lambda t: (t.get(cancelled()), t.cancel(status=410)),
            "not found by a second cancel, and shown afterwards": lambda t: (
                t.cancel(),
                t.cancel(status=404, answer=NOT_FOUND),
                t.get(running()),
            ),
            "not found, and shown again": lambda t: (
                t.get(running()),
                t.cancel(status=404, answer=NOT_FOUND),
                t.get(running()),
            ),
        },
        silent={
            "never shown": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "hidden from another caller": lambda t: (
                t.get(running()),
                t.cancel(status=404, answer=NOT_FOUND, asks=ANOTHER),
            ),
            "shown afterwards, as if the cancel had made it": lambda t: (
                t.cancel(status=404, answer=NOT_FOUND),
                t.get(running()),
            ),
            "deleted": lambda t: (t.get(running()), t.delete(), t.cancel(status=404, answer=NOT_FOUND)),
            "no answer": lambda t: (t.get(running()), t.cancel(answer=Failure(FailureKind.RESET))),
            "the cancel is to be retried": lambda t: (
                t.get(running()),
                t.cancel(status=503, answer=UNAVAILABLE),
            ),
            "the cancel was sent before the get was answered": lambda t: (
                t.get(running(), during=(1, 5)),
                t.cancel(status=404, answer=NOT_FOUND, during=(2, 6)),
            ),
            "a query that Envoy does not route": lambda t: (
                t.get(running()),
                t.cancel(query="?alt=json", status=404, answer=GOOGLE_PAGE, content_type="text/html"),
            ),
        },
    ),
}
