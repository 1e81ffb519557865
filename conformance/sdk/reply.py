"""What a driver wrote, read: the reply to a request, and the answer to the greeting.

Whose fault is it? What the client did is in the reply and is judged elsewhere. A line that is no reply of the protocol
is a DriverFault: an error of the run and never a verdict on the client.
"""

from __future__ import annotations

import json
import re
from typing import Any

from conformance.errors import TargetError, did_you_mean
from conformance.exchange import Method
from conformance.lro.codes import code_named, code_numbered
from conformance.rules.client.turn import DriverRequest, Hello, Outcome, Said

PROTOCOL = "see docs/sdk.md; one JSON line on stdout for each line on stdin, everything else on stderr"
METHODS = ("cancel", "get", "wait", "list", "delete")
_OPERATION = (
    'an operation is {"name": "…", "done": true, "error": null, "response": false}; `response` says whether it has one'
)
_ERRORS = "an error of the API is `rpc_error`, and whatever else the SDK throws is `client_error`"
_ID = "copy the `id` of the request into its reply, as the number that it is"
_SHOWN = 120
_START_OF_A_WORD = re.compile(r"""(?<=[\s"',:=])[^\s"',:=]{1,16}\Z""")


class DriverFault(TargetError):
    """The driver broke the protocol. Cause: the driver, not the client in it. Remedy: in the message."""


class Overdue(DriverFault):
    """There was no reply in time. Cause: a driver that hangs, or a call that outlives its deadline."""


class Gone(DriverFault):
    """The driver ended before it replied. Cause: it died, or takes one request a process."""


def read_hello(line: bytes, request: DriverRequest) -> Hello | None:
    """What the driver says of itself; None for a driver that does not know the greeting and replies something else.

    Raises DriverFault for a line that is no JSON object, and for facts that are none.
    """
    reply = _object(line, request)
    if "methods" not in reply:
        return None
    _check_id(reply, line, request)
    about = reply.get("sdk")
    sdk = about if isinstance(about, dict) else {"name": about}
    return Hello(
        methods=frozenset(_words(reply, "methods", line, request, METHODS)),
        is_concurrent=reply.get("concurrent") is True,
        sdk=_text(sdk.get("name")),
        version=_text(sdk.get("version")),
        transports=frozenset(_words(reply, "transports", line, request, ("rest", "grpc"))),
        habits=frozenset(_words(reply, "habits", line, request, ())),
    )


def _words(reply: dict[str, Any], key: str, line: bytes, request: DriverRequest, known: tuple[str, ...]) -> list[str]:
    """A list of words in the greeting's answer, of those that are known if these are given."""
    words = reply.get(key, [])
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
        raise _fault(f"has {key} that are no list of texts", line, request)
    for word in words:
        if known and word not in known:
            hint = did_you_mean(word, known, f"they are {', '.join(known)}")
            raise DriverFault(f"the reply to request {request.id} has {word!r} among its {key}", hint)
    return words


def read_reply(line: bytes, request: DriverRequest, at: float) -> Said:
    """The reply that a line is. Raises DriverFault, saying what is wrong with it, when it is none."""
    reply = _object(line, request)
    _check_id(reply, line, request)
    try:
        outcome = Outcome(reply.get("outcome"))
    except ValueError:
        words = ", ".join(outcome.value for outcome in Outcome)
        raise _fault(
            f"has the outcome {reply.get('outcome')!r}, which is none of {words}", line, request, _ERRORS
        ) from None
    code, status, message = (reply.get(key) for key in ("code", "http_status", "message"))
    if code is not None and code_named(code) is None:
        raise _unknown_code(code, line, request)
    if status is not None and type(status) is not int:
        raise _fault(
            f"has the http_status {status!r}, which is neither null nor a number", line, request, 'write 404, not "404"'
        )
    if message is not None and not isinstance(message, str):
        raise _fault("has a message that is no text", line, request)
    cancelled = reply.get("cancelled")
    if cancelled is not None and not isinstance(cancelled, bool):
        raise _fault(f"has cancelled {cancelled!r}, which is neither null nor true nor false", line, request)
    operation, operations = None, None
    if outcome is Outcome.OK and request.method is Method.GET:
        operation = reply.get("operation")
        if why := _not_an_operation(operation):
            raise _fault(why, line, request, _OPERATION)
    if outcome is Outcome.OK and request.method is Method.LIST:
        operations = _operations(reply.get("operations"), line, request)
    return Said(
        outcome,
        line.decode("utf-8").rstrip(),
        at,
        operation,
        code_named(code),
        status,
        message or "",
        operations,
        cancelled,
        _text(reply.get("exception")),
    )


def _object(line: bytes, request: DriverRequest) -> dict[str, Any]:
    try:
        # A lone surrogate, which JSON can write and UTF-8 cannot, becomes a question mark.
        whole = json.dumps(json.loads(line.decode("utf-8")), ensure_ascii=False)
        reply = json.loads(whole.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise _fault("is not a line of JSON", line, request) from None
    if not isinstance(reply, dict):
        raise _fault("is not a JSON object", line, request)
    return reply


def _check_id(reply: dict[str, Any], line: bytes, request: DriverRequest) -> None:
    found = reply.get("id")
    if type(found) is int and 0 < found < request.id:
        why = f"has the id {found}, that of an earlier request: it is one reply too many"
        raise _fault(why, line, request, "write one line on stdout for each request, and everything else to stderr")
    if type(found) is not int or found != request.id:
        raise _fault(f"has the id {found!r}", line, request, _ID)


def id_of(line: bytes) -> int | None:
    """The id of a reply, where several are awaited; None when it has none, which `read_reply` then says."""
    try:
        reply = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = reply.get("id") if isinstance(reply, dict) else None
    return found if type(found) is int else None


def _unknown_code(code: object, line: bytes, request: DriverRequest) -> DriverFault:
    """The fault of a code in another spelling than ours, which is shown."""
    ours = code_numbered(code) if type(code) is int else None
    if isinstance(code, str):
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", code.rpartition(".")[2]).upper()
        words = re.sub(r"[^A-Z]+", "_", snake).strip("_")
        ours = code_named({"CANCELED": "CANCELLED"}.get(words, words)) or (
            code_numbered(int(code)) if code.isascii() and code.isdigit() and len(code) < 4 else None
        )
    remedy = f"write the name as google.rpc.Code has it, {ours.name}" if ours else PROTOCOL
    return _fault(
        f"has the code {code!r}, which is neither null nor the name of a google.rpc.Code", line, request, remedy
    )


def _operations(value: Any, line: bytes, request: DriverRequest) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list):
        raise _fault("has no list `operations`, which a successful list returns", line, request)
    for each in value:
        if why := _not_an_operation(each):
            raise _fault(why, line, request, _OPERATION)
    return tuple(value)


def _not_an_operation(value: Any) -> str:
    """What is wrong with the `operation` of a reply, or nothing."""
    if not isinstance(value, dict):
        return "has no object `operation`, which a successful get returns"
    missing = [key for key in ("name", "done", "response") if key not in value]
    if missing:
        return f"has an operation without {' and '.join(missing)}"
    if not isinstance(value["name"], str | None):
        return "has an operation whose name is neither null nor a text"
    for key in ("done", "response"):
        if not isinstance(value[key], bool):
            return f"has an operation whose {key} is neither true nor false"
    error = value.get("error")
    if error is not None and not (isinstance(error, dict) and type(error.get("code", 0)) is int):
        return "has an operation whose error is neither null nor an object with a number `code`"
    if error == {}:
        return "has an operation whose error has nothing in it; where there is none, it is null"
    return ""


def _fault(why: str, line: bytes, request: DriverRequest, remedy: str = PROTOCOL) -> DriverFault:
    return DriverFault(f"the reply to request {request.id} {why}: {shown(line)}", remedy)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def shown(line: bytes) -> str:
    """A line as a message has it: not too long. The start of a word goes: a secret is not recognised by so little."""
    text = line.rstrip(b"\r\n").decode("utf-8", "replace")
    return repr(text if len(text) <= _SHOWN else _START_OF_A_WORD.sub("", text[:_SHOWN]) + "…")
