"""An Operation as a reader sees it. It accepts any JSON value.

Theory, from google/longrunning/operations.proto:

* `done` absent means false. A `null` member means absent (ProtoJSON).
* While `done` is false there is no result. Once it is true the operation has `error` or `response`, or, since 2024,
  neither, when the service does not provide the result.
* An operation that was cancelled is done with an `error` of code 1; one that completed despite a cancel is done with
  whatever result it reached.

This view does not judge. It says what is there; rules say whether that is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from conformance.lro.codes import Code


class State(Enum):
    """What a reader knows of an operation after one read."""

    RUNNING = "running"
    CANCELLED = "cancelled"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    ENDED = "done without a result"

    @property
    def is_done(self) -> bool:
        return self is not State.RUNNING


_FLAGS = (
    *("requestedCancellation", "cancelRequested", "cancellationRequested"),
    *("requested_cancellation", "cancel_requested", "cancellation_requested"),
)
_TIMES = ("cancelTime", "cancel_time")
"""Members by which the metadata of services says that a cancel was requested: booleans, and times."""
_BEING_CANCELLED = frozenset({"CANCELLING", "CANCELING", "CANCEL_REQUESTED"})
"""States by which it says the same, without the prefix of an enum such as `STATE_`."""


@dataclass(frozen=True)
class Operation:
    """An operation as one answer showed it; `members` is the JSON object as received."""

    members: Mapping[str, Any]

    @property
    def name(self) -> Any:
        return self.members.get("name")

    @property
    def done(self) -> bool:
        """Whether it has ended; where the member is no boolean, and so says nothing, a result says it."""
        done = self.members.get("done")
        return done is True or (not isinstance(done, bool | None) and self.result != (None, None))

    @property
    def error(self) -> Any:
        """The member `error`; None when absent or null."""
        return self.members.get("error")

    @property
    def response(self) -> Any:
        """The member `response`; None when absent or null."""
        return self.members.get("response")

    @property
    def metadata(self) -> Any:
        """The member `metadata`; None when absent or null."""
        return self.members.get("metadata")

    @property
    def error_code(self) -> Any:
        """`error.code` as it stands; None when there is no error object. An absent code is 0 (proto3 default)."""
        return self.error.get("code", 0) if isinstance(self.error, Mapping) else None

    @property
    def cancellation_requested(self) -> bool:
        """Whether the metadata says, by a member with one of the usual names, that cancellation was requested."""
        metadata = self.metadata if isinstance(self.metadata, Mapping) else {}
        return any(metadata.get(flag) is True for flag in _FLAGS) or any(bool(metadata.get(time)) for time in _TIMES)

    @property
    def is_being_cancelled(self) -> bool:
        """Whether the metadata has a state such as CANCELLING; a done operation has it no more."""
        metadata = self.metadata if isinstance(self.metadata, Mapping) else {}
        states = (
            str(metadata.get(member)).rpartition("STATE_")[2] for member in ("state", "status") if member in metadata
        )
        return any(state in _BEING_CANCELLED for state in states)

    @cached_property
    def result(self) -> tuple[Any, Any]:
        """`(error, response)`: equal results compare equal.

        A member of the error with its default value equals an absent one (proto3 JSON).
        """
        error = self.error
        if isinstance(error, Mapping):
            error = {key: value for key, value in error.items() if value not in (None, "", 0, [])}
        return error, self.response

    @property
    def state(self) -> State:
        if not self.done:
            return State.RUNNING
        if self.error is not None:
            code = self.error_code
            cancelled = isinstance(code, int) and not isinstance(code, bool) and code == Code.CANCELLED
            return State.CANCELLED if cancelled else State.FAILED
        return State.SUCCEEDED if self.response is not None else State.ENDED
