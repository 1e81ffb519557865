"""Correct variants: clients that write their requests differently and are right, and that no check may fail."""

from __future__ import annotations

import gzip
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from conformance.sdk.honest_driver import Answer, Client, Reply, headers, path, send


@dataclass(frozen=True, slots=True)
class ClientVariant:
    """One correct client, and why it may differ."""

    name: str
    why: str
    client: Client


def client_variants() -> Mapping[str, ClientVariant]:
    """Every variant by its name."""
    return {variant.name: variant for variant in _VARIANTS}


def _query(text: str) -> Client:
    return Client(path=lambda method, name: path(method, name) + text)


_CODES: Mapping[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}


def _coded(coding: str) -> Client:
    """The client whose bodies are coded, and once that was refused with 415 sent as they are."""
    code = _CODES.get(coding, bytes)
    refused: list[Answer] = []

    def sent(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        if body and not refused:
            answer = send(verb, origin, target, {**fields, "Content-Encoding": coding}, code(body), left)
            if answer.status != 415:
                return answer
            refused.append(answer)
        return send(verb, origin, target, fields, body, left)

    return Client(send=sent)


def _after(seconds: float, fields: dict[str, str]) -> dict[str, str]:
    time.sleep(seconds)
    return fields


class _Foresighted(Client):
    """The client that doubles its pauses, and says that its time is over when the next one would not end within it."""

    first_pause = 0.05

    def request(self, method: str, endpoint: str, name: str, timeout: float, page: str = "") -> Reply:
        once = Client(again=lambda _answer, _attempt: False)
        end, pause = time.monotonic() + timeout, self.first_pause
        while True:
            reply = once.request(method, endpoint, name, end - time.monotonic(), page)
            if reply.get("http_status") != 503:
                return reply
            if time.monotonic() + pause > end:
                return {"outcome": "transport_error", "message": f"the time was over after {reply['code']}"}
            time.sleep(pause)
            pause *= 2


class _Unhurried(_Foresighted):
    """The same, with a pause that is longer than many a deadline."""

    first_pause = 0.7


class _Sorting(Client):
    """The client that shows a list by the names of the operations."""

    def list(self, endpoint: str, parent: str, timeout: float) -> Reply:
        reply = super().list(endpoint, parent, timeout)
        if "operations" not in reply:
            return reply
        return {**reply, "operations": sorted(reply["operations"], key=lambda each: str(each["name"]), reverse=True)}


class _AtOnceAtFirst(Client):
    """The client that makes its second attempt at once, and pauses before the others."""

    def request(self, method: str, endpoint: str, name: str, timeout: float, page: str = "") -> Reply:
        end = time.monotonic() + timeout
        once = Client(again=lambda _answer, _attempt: False)
        reply = once.request(method, endpoint, name, timeout, page)
        return (
            reply
            if reply.get("http_status") != 503
            else super().request(method, endpoint, name, end - time.monotonic(), page)
        )


def _routed(safe: str) -> Client:
    def routed(method: str, name: str) -> dict[str, str]:
        return headers(method, name) | {"x-goog-request-params": f"name={quote(name, safe=safe)}"}

    return Client(headers=routed)


def _lower_case(target: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), target)


_VARIANTS = (
    ClientVariant("honest", "It is `conformance.sdk.honest_driver` as it is.", Client()),
    ClientVariant("no-body", "The request body must be empty, and no bytes are.", Client(body=lambda _name: None)),
    ClientVariant("line-of-json", "White space says nothing.", Client(body=lambda _name: b"{}\n")),
    ClientVariant("alt", "`alt` is a system parameter.", _query("?alt=json")),
    ClientVariant(
        "alt-and-pretty-print",
        "So is `prettyPrint`; discovery clients send both.",
        _query("?alt=json&prettyPrint=false"),
    ),
    ClientVariant("dollar-alt", "GAPIC clients write `$alt`.", _query("?$alt=json%3Benum-encoding=int")),
    ClientVariant("dollar-alt-escaped", "Some escape the dollar.", _query("?%24alt=json%3Benum-encoding%3Dint")),
    ClientVariant("empty-query", "A query without parameters has no foreign ones.", _query("?")),
    ClientVariant(
        "colon-as-it-is",
        "A colon in a path needs no escape.",
        Client(path=lambda method, name: path(method, name).replace("%3A", ":")),
    ),
    ClientVariant(
        "lower-case-escapes",
        "Hexadecimal digits of an escape have no case.",
        Client(path=lambda method, name: _lower_case(path(method, name))),
    ),
    ClientVariant("routing-header", "AIP-4222 has the value of a routing header URL-encoded.", _routed("")),
    ClientVariant("routing-header-with-slashes", "Some clients leave the slashes as they are.", _routed("/")),
    ClientVariant(
        "future",
        "A helper may look before it cancels, and send nothing for what is done.",
        Client(looks_first=True, habits=("future",)),
    ),
    ClientVariant("gzip", "A content coding is undone before the content is read (RFC 9110, 8.4).", _coded("gzip")),
    ClientVariant("deflate", "So is this one.", _coded("deflate")),
    ClientVariant("unknown-coding-first", "415 says which codings are known, and to try again.", _coded("br")),
    ClientVariant(
        "tries-more-again",
        "AIP-194 leaves 429 to the client, and 408, 502 and 504 are said by proxies.",
        Client(again=lambda answer, attempt: answer.status in (408, 429, 502, 503, 504) and attempt < 3),
    ),
    ClientVariant(
        "waits-before-each-call",
        "The time before the first attempt may be the driver's.",
        Client(headers=lambda method, name: _after(0.03, headers(method, name))),
    ),
    ClientVariant(
        "gives-up-before-a-pause-too-long",
        "Who would wait beyond the deadline before the next attempt may say at once that the time is over.",
        _Foresighted(),
    ),
    ClientVariant(
        "gives-up-before-its-first-pause",
        "So may who was answered UNAVAILABLE, and would not come back in time for another attempt.",
        _Unhurried(),
    ),
    ClientVariant(
        "tries-again-at-once-at-first",
        "A connection that broke is made again; nobody is hurried by one attempt without a pause.",
        _AtOnceAtFirst(again=lambda answer, attempt: answer.status == 503 and attempt < 4),
    ),
    ClientVariant("sorts-its-lists", "No text says in which order a client shows a list.", _Sorting()),
    ClientVariant("no-credentials", "A driver need not use the token.", Client(headers=lambda _method, _name: {})),
)
