"""Cases for the rules about what a cancel leaves in the metadata of its operation."""

from __future__ import annotations

from tests.rules.cases import Cases
from tests.rules.traffic import (
    METADATA,
    OPERATION,
    UNIMPLEMENTED,
    asked_to_cancel,
    cancelled,
    running,
    succeeded,
)

CASES = {
    "outcome.requested-cancellation-is-true": Cases(
        kept={
            "said and said again": lambda t: (t.get(asked_to_cancel()), t.get(asked_to_cancel())),
            "said until it was done, and the metadata is gone": lambda t: (
                t.get(asked_to_cancel()),
                t.get(cancelled(metadata=None)),
            ),
            "a list that is late": lambda t: (t.get(asked_to_cancel()), t.list(running()), t.get(asked_to_cancel())),
        },
        violated={
            "by lists": lambda t: (t.list(asked_to_cancel()), t.list(running())),
            "listed, and taken back by get": lambda t: (t.list(asked_to_cancel()), t.get(running())),
            "taken back": lambda t: (t.get(asked_to_cancel()), t.get(running())),
            "taken back at the end": lambda t: (t.get(asked_to_cancel()), t.get(succeeded())),
            "false": lambda t: (
                t.get(asked_to_cancel()),
                t.get(running(metadata={**METADATA, "requestedCancellation": False})),
            ),
        },
        silent={
            "never said": lambda t: (t.get(running()), t.cancel(), t.get(cancelled())),
            "said in the last look": lambda t: (t.get(running()), t.get(asked_to_cancel())),
            "looks that overlap": lambda t: (
                t.get(asked_to_cancel(), during=(1, 5)),
                t.get(running(), during=(2, 6)),
            ),
            "said in words": lambda t: (
                t.get(running(metadata={**METADATA, "requestedCancellation": "true"})),
                t.get(running()),
            ),
        },
    ),
    "outcome.requested-cancellation-is-shown": Cases(
        kept={
            "at once": lambda t: (t.cancel(), t.get(asked_to_cancel())),
            "after a while": lambda t: (t.cancel(), t.get(running()), t.get(asked_to_cancel())),
            "it says so when it has ended": lambda t: (
                t.cancel(),
                t.get(running()),
                t.get(cancelled(metadata={**METADATA, "requestedCancellation": True})),
            ),
            "it ended otherwise before it came to say so": lambda t: (t.cancel(), t.get(running()), t.get(succeeded())),
        },
        violated={
            "never": lambda t: (t.cancel(), t.get(running())),
            "not even when the cancel had won": lambda t: (t.cancel(), t.get(running()), t.get(cancelled())),
            "not true, but a text": lambda t: (
                t.cancel(),
                t.get(running(metadata={**METADATA, "requestedCancellation": "true"})),
            ),
            "taken back": lambda t: (t.cancel(), t.get(asked_to_cancel()), t.get(running())),
            "taken back, and then ended": lambda t: (
                t.cancel(),
                t.get(asked_to_cancel()),
                t.get(running()),
                t.get(cancelled()),
            ),
            "never, after a cancel without a body": lambda t: (t.cancel(sends=b""), t.get(running())),
            "never, and then without metadata": lambda t: (t.cancel(), t.get(running()), t.get(running(metadata=None))),
            "after the second cancel": lambda t: (t.cancel(status=501), t.get(running()), t.cancel(), t.get(running())),
        },
        silent={
            "by list, which may be late": lambda t: (t.cancel(), t.list(running())),
            "not cancelled": lambda t: t.get(running()),
            "cancelled in vain": lambda t: (t.cancel(status=501, answer=UNIMPLEMENTED), t.get(running())),
            "ended at once": lambda t: (t.cancel(), t.get(cancelled())),
            "no metadata, as on grpc-gateway": lambda t: (t.cancel(), t.get(running(metadata=None))),
            "a cancel whose query or body may have chosen another": lambda t: (
                t.cancel(query="?name=x"),
                t.cancel(sends=b'{"name": "x"}'),
                t.get(running()),
            ),
            "metadata of another service": lambda t: (
                t.cancel(),
                t.get(running(metadata={"@type": "type.googleapis.com/google.cloud.run.v2.Execution"})),
            ),
            "the look was sent before the cancel was answered": lambda t: (
                t.cancel(during=(1, 5)),
                t.get(running(), during=(2, 6)),
            ),
        },
    ),
    "outcome.metadata-is-kept": Cases(
        kept={
            "the same": lambda t: (t.get(running()), t.cancel(), t.get(cancelled())),
            "more of it": lambda t: (t.get(running()), t.cancel(), t.get(asked_to_cancel())),
            "members that may change": lambda t: (
                t.get(running(metadata={**METADATA, "statusMessage": "at work"})),
                t.cancel(),
                t.get(running(metadata={**METADATA, "statusMessage": "stopping", "endTime": "2026-01-01T00:00:09Z"})),
            ),
            "metadata that comes with the cancel": lambda t: (
                t.get(running(metadata=None)),
                t.get(running()),
                t.cancel(),
                t.get(cancelled()),
            ),
        },
        violated={
            "gone": lambda t: (t.get(running()), t.cancel(), t.get(cancelled(metadata=None))),
            "another type": lambda t: (
                t.get(running()),
                t.cancel(),
                t.get(running(metadata={**METADATA, "@type": "type.googleapis.com/google.protobuf.Empty"})),
            ),
            "no target": lambda t: (
                t.get(running()),
                t.cancel(),
                t.get(running(metadata={key: METADATA[key] for key in ("@type", "verb", "createTime")})),
            ),
            "another verb": lambda t: (
                t.get(running()),
                t.cancel(),
                t.get(running(metadata={**METADATA, "verb": "delete"})),
            ),
            "created anew": lambda t: (
                t.get(running()),
                t.cancel(),
                t.get(running(metadata={**METADATA, "createTime": "2026-01-01T00:00:09Z"})),
            ),
        },
        silent={
            "not cancelled": lambda t: (t.get(running()), t.get(running(metadata=None))),
            "cancelled in vain": lambda t: (
                t.get(running()),
                t.cancel(status=501, answer=UNIMPLEMENTED),
                t.get(running(metadata=None)),
            ),
            "never had any, as on grpc-gateway": lambda t: (
                t.get(running(metadata=None)),
                t.cancel(),
                t.get(cancelled(metadata=None)),
            ),
            "looked at once": lambda t: (t.get(running()), t.cancel()),
            "a list that leaves metadata out": lambda t: (
                t.get(running()),
                t.cancel(),
                t.list({"name": OPERATION, "done": True, "error": {"code": 1, "message": "cancelled"}}),
            ),
            "gone before the cancel": lambda t: (t.get(running()), t.get(running(metadata=None)), t.cancel()),
        },
    ),
}
