"""HAR 1.2: writes exchanges, so that any HAR viewer shows a run, and reads recordings of any program.

HAR has no field for some values: number, note, the raw request-target, why there is no answer. They stand in a member
that begins with an underscore, as the format allows. So our own files are read exactly as they were written.

In files of other programs, an entry becomes an exchange only if it shows what the server did. A body that was not
saved, or is still compressed, an answer from a browser's cache, or a request that the browser itself aborted is left
out, with the reason: a rule would blame the server for it.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from conformance import __version__
from conformance.errors import UsageError
from conformance.exchange.content import codings_of, content_of
from conformance.exchange.exchange import Exchange
from conformance.exchange.har_entry import OURS, contradictions, instant, is_number, member, url_of
from conformance.exchange.message import Failure, FailureKind, Header, Request, Response
from conformance.secrets.redaction import is_masked
from conformance.secrets.secret import Secret

_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd")
"""How files of gzip, zip and zstd begin."""
_ERROR = re.compile(r"(net::ERR|NS_ERROR)_[A-Z_]+")


@dataclass(frozen=True, slots=True)
class HarContents:
    """The exchanges of a HAR file, and a sentence about every entry that was left out or contradicts itself.

    `call` is not set: what a request means is said by a contract. Times are seconds since 1970, or those of our clock.
    """

    exchanges: tuple[Exchange, ...]
    left_out: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()


class _LeftOut(Exception):
    """An entry that does not tell what was exchanged, and why."""


# --- out ---


def har_of(exchanges: Iterable[Exchange], started: str) -> dict[str, Any]:
    """A HAR document of exchanges as they were recorded; `started` is when the first was sent, in RFC 3339."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "lro-conformance", "version": __version__},
            "pages": [],
            "entries": list(_entries(exchanges, started)),
        }
    }


def har_text(exchanges: Iterable[Exchange], started: str) -> Iterator[str]:
    """The text of the same document in pieces, because the whole text is as large as all traffic."""
    beginning, end = _as_text(har_of((), started)).split('"entries": []')
    yield f'{beginning}"entries": ['
    for position, entry in enumerate(_entries(exchanges, started)):
        yield ",\n" if position else "\n"
        yield _as_text(entry)
    yield f"]{end}\n"


def _as_text(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _entries(exchanges: Iterable[Exchange], started: str) -> Iterator[dict[str, Any]]:
    exchanges = list(exchanges)
    first = min((exchange.sent_at for exchange in exchanges), default=0.0)
    begin = instant(started) or datetime.fromtimestamp(0, UTC)
    for exchange in exchanges:
        yield _entry(exchange.as_sent, begin + timedelta(seconds=exchange.sent_at - first))


def _entry(exchange: Exchange, sent: datetime) -> dict[str, Any]:
    milliseconds = round((exchange.received_at - exchange.sent_at) * 1000, 3)
    outcome = exchange.outcome
    ours: dict[str, Any] = {
        "number": exchange.number,
        "check": exchange.check,
        "note": exchange.note,
        "target": exchange.request.target,
        "sent_at": exchange.sent_at,
        "received_at": exchange.received_at,
        "is_odd": exchange.may_be_unrouted,
        "repeats": exchange.repeats,
        "process": exchange.process,
        # Their masks, by which an answer that repeats one can still be recognised.
        "credentials": [text for secret in exchange.credentials if is_masked(text := secret.reveal())],
    }
    if isinstance(outcome, Failure):
        ours["failure"] = {"kind": outcome.kind.name, "detail": outcome.detail}
    return {
        "startedDateTime": sent.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "time": milliseconds,
        "request": _request(exchange),
        "response": _response(outcome),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": exchange.note or exchange.check,
        OURS: ours,
    }


def _request(exchange: Exchange) -> dict[str, Any]:
    request = exchange.request
    shown: dict[str, Any] = {
        "method": request.method,
        "url": url_of(exchange.origin, request.target),
        "httpVersion": f"HTTP/{request.version}",
        "cookies": [],
        "headers": _fields(request.headers),
        "queryString": [_parameter(pair) for pair in request.query.split("&") if pair],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        text, encoding = _text(request.body)
        shown["postData"] = {"mimeType": request.header("content-type") or "", "params": [], "text": text}
        if encoding:
            shown["postData"]["_encoding"] = encoding
    return shown


def _response(outcome: Response | Failure) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        error = f"{outcome.kind.value}: {outcome.detail}".removesuffix(": ")
        return {**_response(Response(0)), "_error": error}
    text, encoding = _text(outcome.body)
    content = {"size": len(outcome.body), "mimeType": outcome.header("content-type") or "", "text": text}
    return {
        "status": outcome.status,
        "statusText": outcome.reason,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _fields(outcome.headers),
        "content": content | ({"encoding": encoding} if encoding else {}),
        "redirectURL": outcome.header("location") or "",
        "headersSize": -1,
        "bodySize": len(outcome.body),
    }


def _fields(headers: Iterable[Header]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _parameter(pair: str) -> dict[str, str]:
    name, _, value = pair.partition("=")
    return {"name": unquote_plus(name), "value": unquote_plus(value)}


def _text(body: bytes) -> tuple[str, str]:
    """The body as text, or in base64 and the name of that encoding."""
    try:
        return body.decode("utf-8"), ""
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"


# --- in ---


def read_har(path: Path) -> HarContents:
    """The exchanges in a HAR file; of a report directory its traffic.har.

    Raises UsageError when it cannot be read or is no HAR file.
    """
    if path.is_dir():
        path = path / "traffic.har"
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", "name a HAR file that exists") from error
    except UnicodeDecodeError as error:
        is_packed = error.object.startswith(_PACKED)
        what, remedy = ("packed", "unpack it first") if is_packed else ("not UTF-8", "save it as a text in UTF-8")
        raise UsageError(f"{path}: cannot be read: it is {what}", remedy) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON: {error}", "export the traffic as HAR again") from error
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise UsageError(f"{path}: is no HAR file: it has no log.entries", "export the traffic as HAR again")
    exchanges: list[Exchange] = []
    left_out: list[str] = []
    for number, entry in enumerate(entries, 1):
        try:
            exchanges.append(_exchange(number, entry if isinstance(entry, dict) else {}))
        except _LeftOut as why:
            left_out.append(f"entry {number}: {why}")
    return HarContents(_in_time(exchanges), tuple(left_out), tuple(contradictions(entries)))


def _exchange(number: int, entry: Mapping[str, Any]) -> Exchange:
    request, origin = _read_request(member(entry, "request"))
    ours = member(entry, OURS)
    if isinstance(ours.get("target"), str):
        target = ours["target"]
        request = replace(request, target=target)
    sent_at, received_at = _times(entry, ours)
    return Exchange(
        number=ours["number"] if isinstance(ours.get("number"), int) else number,
        request=request,
        outcome=_read_outcome(entry, member(entry, "response"), ours),
        sent_at=sent_at,
        received_at=received_at,
        check=str(ours.get("check", "")),
        origin=origin,
        note=str(ours.get("note", "")),
        may_be_unrouted=ours.get("is_odd") is True,
        repeats=_number(ours, "repeats"),
        process=_number(ours, "process"),
        credentials=tuple(map(Secret, _masks(ours.get("credentials")))),
    )


def _number(ours: Mapping[str, Any], key: str) -> int:
    """A number of our member; 0 where there is none, as in a recording of an earlier version."""
    number = ours.get(key)
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def _masks(value: object) -> list[str]:
    """What stands for credentials in a recording of ours."""
    return [text for text in value if isinstance(text, str) and is_masked(text)] if isinstance(value, list) else []


def _read_request(request: Mapping[str, Any]) -> tuple[Request, str]:
    """The request with its target as it stands in the URL, and the origin."""
    method, url = request.get("method"), request.get("url")
    if not (isinstance(method, str) and isinstance(url, str)):
        raise _LeftOut("it has no request with a method and a URL")
    scheme, separator, rest = url.partition("#")[0].partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        raise _LeftOut("its URL is not one of HTTP")
    authority = rest.partition("?")[0].partition("/")[0]
    target = rest.removeprefix(authority)
    target = target if target.startswith("/") else f"/{target}"
    post = member(request, "postData")
    body = _read_text(post.get("text"), post.get("_encoding") or post.get("encoding"))
    # Recorders write many things here; only of this one the answer must know.
    version = "1.0" if request.get("httpVersion") == "HTTP/1.0" else "1.1"
    return (
        Request(method, target, _read_fields(request), body or b"", version),
        f"{scheme.lower()}://{_host(authority)}",
    )


def _host(authority: str) -> str:
    """Without user and password, which are a secret and no part of an origin."""
    return authority.rpartition("@")[2]


def _read_outcome(entry: Mapping[str, Any], response: Mapping[str, Any], ours: Mapping[str, Any]) -> Response | Failure:
    failure = member(ours, "failure")
    if failure.get("kind") in FailureKind.__members__:
        return Failure(FailureKind[failure["kind"]], str(failure.get("detail", "")))
    if entry.get("_fromCache") or response.get("_fromCache") or response.get("fromCache"):
        raise _LeftOut("the answer came from a cache, not from the server")
    status = response.get("status")
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        known = _ERROR.fullmatch(str(response.get("_error") or entry.get("_error")))
        said = f" ({known[0]})" if known else ""
        raise _LeftOut(f"it has no answer, and a recording does not tell whose fault that is{said}")
    if not _has_fields(response):
        raise _LeftOut("the header fields of the answer were not saved")
    fields, body = _read_fields(response), _read_body(status, response)
    return Response(status, fields, body if ours else _unpacked(fields, body), str(response.get("statusText", "")))


def _has_fields(response: Mapping[str, Any]) -> bool:
    """Whether header fields were saved. A recorder that knows a media type has seen one, even if it shows none.

    Browsers write `x-unknown` where there is no media type.
    """
    fields, kind = response.get("headers"), member(response, "content").get("mimeType")
    return isinstance(fields, list) and (bool(fields) or kind in (None, "", "x-unknown"))


def _unpacked(fields: Sequence[Header], body: bytes) -> bytes:
    """A body without its content codings. HAR wants it so, but recorders before the decoder save what they saw."""
    unpacked = content_of(fields, body)
    if unpacked is not None:
        return unpacked
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _LeftOut(f"the body of the answer was saved as it was coded: {', '.join(codings_of(fields))}") from error
    return body


def _read_body(status: int, response: Mapping[str, Any]) -> bytes:
    content = member(response, "content")
    body = _read_text(content.get("text"), content.get("encoding"))
    if body is not None and (body or not _announces_a_body(content, response)):
        return body
    if status in (204, 304) or status < 200 or _says_empty(content, response):
        return b""
    raise _LeftOut("the body of the answer was not saved")


def _announces_a_body(content: Mapping[str, Any], response: Mapping[str, Any]) -> bool:
    """An empty text beside a size: the recorder shortened it (Firefox does, beyond a limit)."""
    size = content.get("size")
    return isinstance(size, int) and size > 0 and response.get("bodySize") != 0


def _says_empty(content: Mapping[str, Any], response: Mapping[str, Any]) -> bool:
    length = next((value for name, value in _read_fields(response) if name.lower() == "content-length"), "")
    return content.get("size") == 0 or response.get("bodySize") == 0 or length.strip() == "0"


def _read_text(text: object, encoding: object) -> bytes | None:
    """The bytes that a text of the file stands for; None when there is no text."""
    if not isinstance(text, str):
        return None
    if encoding == "base64":
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise _LeftOut("its base64 does not decode") from error
    return text.encode("utf-8", "surrogatepass")


def _read_fields(message: Mapping[str, Any]) -> tuple[Header, ...]:
    """The header fields, without the pseudo-fields of HTTP/2."""
    fields = message.get("headers")
    pairs = [
        (field.get("name"), field.get("value"))
        for field in (fields if isinstance(fields, list) else ())
        if isinstance(field, dict)
    ]
    return tuple(
        (name, value)
        for name, value in pairs
        if isinstance(name, str) and isinstance(value, str) and not name.startswith(":")
    )


def _times(entry: Mapping[str, Any], ours: Mapping[str, Any]) -> tuple[float, float]:
    """When it was sent and answered. What is not told could have been any time: the exchange then precedes nothing."""
    own = (ours.get("sent_at"), ours.get("received_at"))
    if is_number(own[0]) and is_number(own[1]):
        return float(own[0]), float(own[1])
    started, took = instant(entry.get("startedDateTime")), entry.get("time")
    sent_at = started.timestamp() if started is not None else float("-inf")
    if started is None or not is_number(took) or took <= 0:
        return sent_at, float("inf")
    return sent_at, sent_at + took / 1000


def _in_time(exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """In the order of sending; a time that is not told becomes the beginning or the end of the recording."""
    times = [time for exchange in exchanges for time in (exchange.sent_at, exchange.received_at) if math.isfinite(time)]
    begin, end = min(times, default=0.0), max(times, default=0.0) + 1.0
    bounded = [
        replace(exchange, sent_at=max(begin, exchange.sent_at), received_at=min(end, exchange.received_at))
        for exchange in exchanges
    ]
    return tuple(sorted(bounded, key=lambda exchange: (exchange.sent_at, exchange.number)))
