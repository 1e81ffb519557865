"""Faults of waits: what is made of the end, when it is noticed, and how often it is looked for."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace

from conformance.sdk.faults.registry import fault
from conformance.sdk.honest_driver import Answer, Client, Reply


def _ending(honest: Client, lie: Callable[[Reply, Reply], Reply]) -> Client:
    """The client, with another account of the end; `lie` is given what was seen and the honest account."""
    return replace(honest, ended=lambda seen: lie(seen, dict(honest.ended(seen))))


def _is_cancelled(reply: Reply) -> bool:
    return reply.get("cancelled") is True


@fault("client-wait.cancelled-is-told")
def cancelled_wait_is_aborted(honest: Client) -> Client:
    """Throws ABORTED for an operation that was cancelled."""
    return _ending(
        honest, lambda _, reply: {**reply, "code": "ABORTED", "cancelled": False} if _is_cancelled(reply) else reply
    )


@fault("client-wait.cancelled-is-told")
def cancelled_wait_returns(honest: Client) -> Client:
    """Returns from the wait for an operation that was cancelled as if it had succeeded."""
    returned = {"name": "", "done": True, "error": None, "response": True}

    def lie(seen: Reply, reply: Reply) -> Reply:
        return (
            {"outcome": "ok", "operation": {**returned, "name": seen["operation"]["name"]}}
            if _is_cancelled(reply)
            else reply
        )

    return _ending(honest, lie)


@fault("client-wait.cancelled-is-told")
def predicate_denies_it(honest: Client) -> Client:
    """Throws CANCELLED, and has a predicate that says it was not."""
    return _ending(honest, lambda _, reply: {**reply, "cancelled": False} if _is_cancelled(reply) else reply)


@fault("client-wait.failure-is-told")
def failed_wait_is_cancelled(honest: Client) -> Client:
    """Throws CANCELLED for every operation that failed."""
    return _ending(
        honest,
        lambda seen, reply: (
            {**reply, "code": "CANCELLED", "cancelled": True}
            if seen["outcome"] == "ok" and reply["outcome"] == "rpc_error"
            else reply
        ),
    )


@fault("client-wait.failure-is-told")
def failed_wait_has_lost_its_code(honest: Client) -> Client:
    """Throws UNKNOWN for every operation that failed otherwise."""
    return _ending(
        honest,
        lambda seen, reply: (
            {**reply, "code": "UNKNOWN"}
            if seen["outcome"] == "ok" and reply["outcome"] == "rpc_error" and not _is_cancelled(reply)
            else reply
        ),
    )


@fault("client-operation.message-is-kept")
def failed_wait_says_its_code_only(honest: Client) -> Client:
    """Throws an exception that says the code of an operation's error, and not its message."""
    return _ending(
        honest,
        lambda seen, reply: (
            {**reply, "message": f"the operation failed: {reply['code']}"}
            if seen["outcome"] == "ok" and reply["outcome"] == "rpc_error"
            else reply
        ),
    )


@fault("client-wait.completion-is-told")
def completed_wait_was_cancelled(honest: Client) -> Client:
    """Says of an operation that was faster than its cancel that it was cancelled."""
    accepted: set[str] = set()

    def headers(method: str, name: str) -> dict[str, str]:
        if method == "cancel":
            accepted.add(name)
        return honest.headers(method, name)

    def lie(seen: Reply, reply: Reply) -> Reply:
        is_so = reply["outcome"] == "ok" and seen["operation"]["name"] in accepted
        return {**reply, "cancelled": True} if is_so else reply

    return replace(_ending(honest, lie), headers=headers)


@fault(
    "client-wait.end-is-awaited",
    "client-wait.cancelled-is-told",
    "client-wait.completion-is-told",
    "client-wait.failure-is-told",
    "client-wait.goes-on",
)
def wait_ends_at_once(honest: Client) -> Client:
    """Looks once, and returns whatever it sees."""
    return replace(
        honest,
        goes_on=lambda seen: honest.goes_on(seen) and seen["outcome"] != "ok",
        ended=lambda seen: seen if seen["outcome"] == "ok" and not seen["operation"]["done"] else honest.ended(seen),
    )


@fault("client-wait.end-is-awaited")
def time_over_is_the_end(honest: Client) -> Client:
    """Returns as if the operation had ended when the time is over."""

    class Impatient(Client):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            reply = super().wait(endpoint, name, timeout, poll)
            if reply["outcome"] != "transport_error":
                return reply
            return {"outcome": "ok", "operation": {"name": name, "done": True, "error": None, "response": True}}

    return Impatient(**{part: getattr(honest, part) for part in honest.__dataclass_fields__})


class Waiting(Client):
    """The client with another `wait` or `list`."""

    @classmethod
    def like(cls, honest: Client) -> Client:
        """It has all parts of the honest one."""
        return cls(**{part: getattr(honest, part) for part in honest.__dataclass_fields__})


@fault("client-request.name-is-escaped", "client-request.path-is-bound")
def waits_for_raw_names(honest: Client) -> Client:
    """Escapes the names of cancels and gets, and puts those of waits into the path as they are."""
    raw = replace(honest, path=lambda _method, name: "/v1/" + name.replace(" ", "%20"))

    class Raw(Waiting):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            return raw.wait(endpoint, name, timeout, poll)

    return Raw.like(honest)


@fault("client-request.credentials-are-whole")
def waits_without_its_token(honest: Client) -> Client:
    """Looks at the operation that is waited for by a client of another kind, which has no credentials."""
    anonymous = replace(honest, headers=lambda _method, _name: {})

    class Anonymous(Waiting):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            return anonymous.wait(endpoint, name, timeout, poll)

    return Anonymous.like(honest)


@fault("client-answer.error-is-no-success", "client-operation.listed-are-shown")
def refused_list_is_empty(honest: Client) -> Client:
    """Shows no operations where a list was refused."""

    def understand(method: str, answer: Answer) -> Reply:
        is_refused = method == "list" and answer.status >= 400
        return {"outcome": "ok", "operations": []} if is_refused else honest.understand(method, answer)

    return replace(honest, understand=understand)


@fault("client-retry.time-over-is-told")
def time_over_is_a_cancellation(honest: Client) -> Client:
    """Throws CANCELLED when the time of a wait is over: it was the wait that was cancelled."""

    class Hasty(Waiting):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            reply = super().wait(endpoint, name, timeout, poll)
            if reply["outcome"] != "transport_error":
                return reply
            return {"outcome": "rpc_error", "code": "CANCELLED", "message": "", "cancelled": True}

    return Hasty.like(honest)


@fault("client-retry.deadline-is-used")
def waits_for_half_its_time(honest: Client) -> Client:
    """Keeps half the time of a wait in reserve."""

    class Half(Waiting):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            return super().wait(endpoint, name, timeout / 2, poll)

    return Half.like(honest)


@fault("client-retry.deadline-is-kept")
def looks_have_no_deadline(honest: Client) -> Client:
    """Gives the deadline to the wait, and to each of its gets ten seconds."""

    class Patient(Waiting):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            patient = replace(honest, send=lambda *request: honest.send(*request[:-1], 10.0))
            return patient.wait(endpoint, name, timeout, poll)

    return Patient.like(honest)


@fault("client-wait.completion-is-told", "client-wait.end-is-awaited")
def asked_to_cancel_is_cancelled(honest: Client) -> Client:
    """Ends a wait as cancelled when the metadata say that a cancellation was asked for."""
    return _cancelled_when(honest, lambda answer: b"requestedCancellation" in answer.body)


@fault("client-wait.completion-is-told", "client-wait.end-is-awaited")
def requested_is_cancelled(honest: Client) -> Client:
    """Throws CANCELLED when `metadata.requestedCancellation` is true, as that of a service may be while it runs."""

    def is_requested(answer: Answer) -> bool:
        metadata = json.loads(answer.body).get("metadata") or {}
        return metadata.get("requestedCancellation") is True

    return _cancelled_when(honest, is_requested)


def _cancelled_when(honest: Client, says_so: Callable[[Answer], bool]) -> Client:
    """Ends a wait as cancelled at a look that shows an operation running and says so."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = dict(honest.understand(method, answer))
        if "operation" in reply and not reply["operation"]["done"]:
            reply["is_asked"] = says_so(answer)
        return reply

    def ended(seen: Reply) -> Reply:
        if seen.get("is_asked"):
            return {"outcome": "rpc_error", "code": "CANCELLED", "message": "", "cancelled": True}
        return honest.ended(seen)

    return replace(
        honest,
        understand=understand,
        goes_on=lambda seen: honest.goes_on(seen) and not seen.get("is_asked"),
        ended=ended,
    )


@fault("client-wait.failure-is-told")
def waits_know_few_codes(honest: Client) -> Client:
    """Knows the codes of the errors that it has met, and throws UNKNOWN for those of all others."""
    known = ("CANCELLED", "DEADLINE_EXCEEDED", "NOT_FOUND", "ABORTED", "INTERNAL", "UNAVAILABLE")

    def lie(seen: Reply, reply: Reply) -> Reply:
        is_known = seen["outcome"] != "ok" or reply.get("code", "CANCELLED") in known
        return reply if is_known else {**reply, "code": "UNKNOWN"}

    return _ending(honest, lie)


@fault("client-wait.ends-when-done")
def wait_goes_on_to_its_deadline(honest: Client) -> Client:
    """Looks on when the operation is done, five times more: it might change its mind."""
    looks: list[int] = [0]

    def goes_on(seen: Reply) -> bool:
        if honest.goes_on(seen) or seen["outcome"] != "ok":
            looks[0] = 0
            return honest.goes_on(seen)
        looks[0] = (looks[0] + 1) % 6
        return looks[0] != 0

    return replace(honest, goes_on=goes_on)


@fault("client-wait.goes-on")
def busy_is_the_end(honest: Client) -> Client:
    """Gives a wait up when a get is answered 429."""
    return replace(honest, goes_on=lambda seen: honest.goes_on(seen) and seen.get("http_status") != 429)


@fault("client-wait.completion-is-told")
def looks_five_times(honest: Client) -> Client:
    """Looks five times, as often as it would try a call, and says then that the time is over."""

    class Tired(Waiting):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            looks = itertools.count(1)
            reply = replace(honest, goes_on=lambda seen: honest.goes_on(seen) and next(looks) < 5).wait(
                endpoint, name, timeout, poll
            )
            is_over = reply["outcome"] != "ok" or reply["operation"]["done"]
            return reply if is_over else {"outcome": "transport_error", "message": "the time is over"}

    return Tired.like(honest)


@fault("client-retry.data-loss-is-final")
def waits_through_data_loss(honest: Client) -> Client:
    """Waits on when a get is answered with a status 5xx, whatever its code."""
    return replace(honest, goes_on=lambda seen: honest.goes_on(seen) or (seen.get("http_status") or 0) >= 500)


@fault("client-wait.refusal-ends-it", "client-retry.refusal-is-final")
def gone_is_not_yet_there(honest: Client) -> Client:
    """Waits on when the operation is not found, until the time is over: it might come back."""
    return replace(honest, goes_on=lambda seen: honest.goes_on(seen) or seen.get("http_status") == 404)


@fault("client-answer.permission-denied", "client-wait.failure-is-told")
def denied_is_cancelled(honest: Client) -> Client:
    """Takes a get that is refused for the end of an operation that was cancelled."""
    return _ending(
        honest,
        lambda _, reply: (
            {**reply, "code": "CANCELLED", "http_status": None} if reply.get("code") == "PERMISSION_DENIED" else reply
        ),
    )


@fault("client-wait.backs-off")
def looks_without_pause(honest: Client) -> Client:
    """Looks again at once."""

    class Restless(Client):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            return super().wait(endpoint, name, timeout, poll / 100)

    parts = {part: getattr(honest, part) for part in honest.__dataclass_fields__}
    return Restless(**{**parts, "pause": lambda last: last})


@fault("client-wait.backs-off")
def looks_at_the_same_pace(honest: Client) -> Client:
    """Never looks less often, however long it takes."""
    return replace(honest, pause=lambda last: last)


@fault("client-wait.done-is-not-cancelled")
def future_cancels_what_is_done(honest: Client) -> Client:
    """Declares that its helper looks first, and sends a cancel in any case."""
    return replace(honest, habits=("future",))
