"""Cases for the rule that what could be read stays readable."""

from __future__ import annotations

from typing import Any

from tests.rules.cases import Cases, Story
from tests.rules.traffic import NOT_FOUND, OPERATION, cancelled, envelope, running

OTHER = OPERATION + "-other"
REFUSALS = {400: "FAILED_PRECONDITION", 409: "ABORTED", 499: "CANCELLED", 500: "INTERNAL", 501: "UNIMPLEMENTED"}


def _refusal(status: int) -> dict[str, Any]:
    return envelope(status, REFUSALS[status])


def _refused_twice(status: int) -> Story:
    return lambda t: [t.get(running()), t.cancel(), t.get(_refusal(status), status), t.get(_refusal(status), status)]


DENIED = envelope(403, "PERMISSION_DENIED")

CASES = {
    "operation.stays-readable": Cases(
        kept={
            "read again and again": lambda t: [t.get(running()), t.cancel(), t.get(cancelled()), t.get(cancelled())],
            "one refusal, which was the moment's": lambda t: [
                t.get(running()),
                t.get(_refusal(500), 500),
                t.get(running()),
            ],
            "refused at the end, once": lambda t: [t.get(running()), t.cancel(), t.get(_refusal(499), 499)],
            "busy, again and again": lambda t: [
                t.get(running()),
                t.get(envelope(503, "UNAVAILABLE"), 503),
                t.get(envelope(429, "RESOURCE_EXHAUSTED"), 429),
                t.get(running()),
            ],
            "denied, as everything is from then on": lambda t: [
                t.get(running()),
                t.get(DENIED, 403),
                t.get(DENIED, 403),
                t.get(DENIED, 403, name=OTHER),
            ],
            "cancelled and gone, which another rule says": lambda t: [
                t.get(running()),
                t.cancel(),
                t.get(NOT_FOUND, 404),
                t.get(NOT_FOUND, 404),
            ],
            "done and gone": lambda t: [t.get(cancelled()), t.get(NOT_FOUND, 404)],
            "deleted": lambda t: [t.get(running()), t.get(running()), t.delete(), t.get(NOT_FOUND, 404)],
        },
        violated={
            **{f"refused with {status}": _refused_twice(status) for status in REFUSALS},
            "refused otherwise each time": lambda t: [
                t.get(running()),
                t.get(_refusal(500), 500),
                t.get(_refusal(409), 409),
            ],
            "denied, and others are not": lambda t: [
                t.get(running()),
                t.get(DENIED, 403),
                t.get(DENIED, 403),
                t.get(running(OTHER), name=OTHER),
            ],
            "ran and is gone": lambda t: [t.get(running()), t.get(NOT_FOUND, 404)],
        },
        silent={
            "read once": lambda t: t.get(running()),
            "never shown": lambda t: [t.get(_refusal(500), 500), t.get(_refusal(500), 500)],
            "only cancelled": lambda t: [t.cancel(), t.cancel()],
        },
    ),
}
