"""A fixed script of requests, and what a service answers to it: two services that differ anywhere differ here."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from conformance.exchange import Header, Request
from conformance.lro.clock import VirtualClock
from conformance.server.reference.api_error import NoAnswer
from conformance.server.reference.auth import CLOUD_PLATFORM, Auth
from conformance.server.reference.build import reference_service
from conformance.server.reference.service import Service

from .caller import PARENT
from .further import ask_further
from .identifiers import ask_by_identifiers

Answer = tuple[object, ...]

TOKENS = Auth({"good-token": frozenset({CLOUD_PLATFORM}), "weak": frozenset()})

_JSON: Header = ("Content-Type", "application/json")
_CHUNKED: Header = ("Transfer-Encoding", "chunked")
_EMPTY: Header = ("Content-Length", "0")
_TWO: Header = ("Content-Length", "2")

_NEAR_MISSES = (
    "{name}:cancelled",
    "{name}:Cancel",
    "{name}:cancel.json",
    "{name}:cancel/x",
    "{name}:uncancel",
    "{name}:wait",
    "projects/demo/locations/us/operations//{id}:cancel",
    "projects/demo/locations/us/operations/x%2F..%2F{id}:cancel",
    "projects/demo/locations/us/operations/.%2F{id}:cancel",
    "{name}:undo",
    "{name}",
    "{name}:cancel:cancel",
    "{name}%3Acancel",
    "{name}/x:cancel",
    "projects/demo/locations/us/operations/x/{id}:cancel",
    "{name}/cancel",
    "operations/{id}:cancel",
    "{name}:cancel/",
    "{name}/:cancel",
    "projects/demo/locations/us/operations/:cancel",
    "projects//locations/us/operations/{id}:cancel",
    "projects/demo/locations//operations/{id}:cancel",
    "{name}%2Fx:cancel",
    "{name}%zz:cancel",
    "Projects/demo/locations/us/operations/{id}:cancel",
    "folders/demo/locations/us/operations/{id}:cancel",
    "{name}a:cancel",
    "{name}%20:cancel",
    "projects/demo/locations/us/operations/%25{first}{rest}:cancel",
    "projects/demo/locations/us/operations/{ID}:cancel",
    "projects/demo/locations/eu/operations/{id}:cancel",
    "projects/other/locations/us/operations/{id}:cancel",
    "projects/demo/locations/us/operations/{start}:cancel",
    "{name}%25:cancel",
    "{name}%00:cancel",
    "{name}%0A:cancel",
    "projects/demo/locations/us/operations/{wide}{rest}:cancel",
    "projects/demo/locations/global/operations/{id}:cancel",
    "projects/999999999937/locations/us/operations/{id}:cancel",
    "projects/demo/locations/us/operations/-:cancel",
    "projects/Demo/locations/us/operations/{id}:cancel",
    "projects/-/locations/-/operations/{id}:cancel",
    "locations/us/projects/demo/operations/{id}:cancel",
)
"""Below /v1/, so that the operation `name` is almost named."""

_QUERIES = (
    "?",
    "?alt=json",
    "?$alt=json;enum-encoding=int",
    "?%24alt=json%3Benum-encoding%3Dint",
    "?prettyPrint=false",
    "?$.xgafv=2",
    "?key=k",
    "?foo=bar",
    "?name={other}",
    "?name={name}&name={other}",
)

_BODIES: tuple[tuple[bytes, tuple[Header, ...]], ...] = (
    (b"", (_EMPTY,)),
    (b"", (_EMPTY, _JSON)),
    (b"", (_CHUNKED,)),
    (b"", ()),
    (b"{}", (_TWO, _JSON)),
    (b"{}", (_TWO,)),
    (b"{}", (_TWO, ("x-goog-api-client", "gapic/1.0.0"))),
    (b"{}", (_TWO, ("x-goog-api-client", "gl-python"))),
    (b"{ }", (("Content-Length", "3"), _JSON)),
    (b'{"\xff":1}', (("Content-Length", "7"), _JSON)),
    (b"{}", (_CHUNKED, _JSON)),
    (b"{}", (_TWO, ("Content-Type", "application/json; charset=UTF-8"))),
    (b"{}", (_TWO, ("Content-Type", "application/json;charset=utf-8"))),
    (b"{}", (_TWO, ("Content-Type", "Application/JSON"))),
    (b"{}", (_TWO, ("Content-Type", "text/plain"))),
    (b"{}\n", (("Content-Length", "3"), _JSON)),
    (b"{", (("Content-Length", "1"), _JSON)),
    (b"[]", (_TWO, _JSON)),
    (b'""', (_TWO, _JSON)),
    (b'{"foo":1}', (("Content-Length", "9"), _JSON)),
    (b'{"fooBar": "x"}', (("Content-Length", "15"), _JSON)),
)


class Dead(Exception):
    """The service does not answer any more."""


class Different(Exception):
    """An answer is not the expected one."""


class Script:
    """Sends requests to a service and writes down what comes back, up to the first answer that is not `expected`."""

    def __init__(self, service: Service, start: Mapping[str, object], expected: Sequence[Answer] | None = None) -> None:
        self.service = service
        self._start = start
        self._expected = expected
        self.answers: list[Answer] = []

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: tuple[Header, ...] = (_EMPTY,),
        token: str = "good-token",
        version: str = "1.1",
    ) -> Answer:
        """The answer to a request on a path, below /v1/ unless it or the URL is absolute; an empty token is none."""
        target = path if path.startswith(("/", "http:")) else f"/v1/{path}"
        credentials = (("Authorization", f"Bearer {token}"),) if token else ()
        try:
            response = self.service.handle(Request(method, target, (*credentials, *headers), body, version))
        except NoAnswer as none:
            answer: Answer = (method, path, none.failure.kind)
        else:
            answer = (method, path, response.status, response.headers, response.body)
        self.answers.append(answer)
        if self._expected is not None and self._expected[len(self.answers) - 1] != answer:
            raise Different
        return answer

    def start(self, parent: str = PARENT, **more: str) -> str:
        """Starts an operation; its name. Raises Dead when there is no answer."""
        hook = json.dumps({**self._start, **more}).encode()
        answer = self.ask("POST", f"{parent}/operations:start", hook, (_JSON, ("Content-Length", str(len(hook)))))
        body = answer[-1]
        if not isinstance(body, bytes):
            raise Dead
        name: str = json.loads(body)["name"]
        return name

    def next_page(self, path: str) -> str:
        """The token for the page after the one that a list on a path is answered with."""
        body = self.ask("GET", path)[-1]
        if not isinstance(body, bytes):
            raise Dead
        with contextlib.suppress(ValueError, AttributeError):
            return str(json.loads(body).get("nextPageToken") or "")
        return ""

    def look(self, *names: str) -> None:
        for name in names:
            self.ask("GET", name)

    def run(self) -> list[Answer]:
        """The whole script, as far as it comes."""
        with contextlib.suppress(Dead):
            self._life()
            self._unknown()
            for part in (self._paths, self._methods, self._queries, self._names, self._bodies, self._credentials):
                part()
            ask_further(self)
            ask_by_identifiers(self)
        return self.answers

    def _life(self) -> None:
        """From the start of an operation to its deletion, with others beside it."""
        before, name, after = self.start(), self.start(), self.start()
        self.look(name)
        for _ in range(2):
            self.ask("POST", f"{name}:cancel")
            self.look(name, name, name, before, after)
            self.service.clock.sleep(3)
            self.look(name, name, name)
        self.ask("POST", f"{name}:cancel")
        self.ask("POST", f"{after}:cancel", b"{}", (_TWO, _JSON))
        self.ask("GET", f"{PARENT}/operations")
        self.look(name)
        self.ask("DELETE", name)
        self.look(name, before)
        self.ask("POST", f"{name}:cancel")

    def _unknown(self) -> None:
        for identifier in ("nothing", "9", "x" * 80, "a~b", "y" * 300, *(f"nothing-{n}" for n in range(32))):
            self.ask("POST", f"{PARENT}/operations/{identifier}:cancel")
        self.look(f"{PARENT}/operations/nothing", f"{PARENT}/operations/never")
        self.ask("POST", f"{PARENT}/operations/later:cancel")
        self.look(self.start(id="later"))

    def _paths(self) -> None:
        for pattern in _NEAR_MISSES:
            name = self.start()
            identifier = name.rpartition("/")[2]
            values = {"name": name, "id": identifier, "ID": identifier.upper(), "start": identifier[:-4]}
            values |= {"first": f"{ord(identifier[0]):02X}", "rest": identifier[1:]}
            values["wide"] = quote(chr(ord(identifier[0]) + 0xFEE0))
            self.ask("POST", pattern.format(**values))
            self.look(name)
        name = self.start()
        self.ask("POST", f"/v2/{name}:cancel")
        self.ask("POST", f"//v1/{name}:cancel")
        self.ask("POST", f"{name}:Cancel")
        self.look(name)
        for escaped in ("%6Fperation-", "%6fperation-"):
            self.ask("POST", f"{name.replace('operation-', escaped)}:cancel")

    def _methods(self) -> None:
        name = self.start()
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post"):
            self.ask(method, f"{name}:cancel")
            self.look(name)
        self.ask("POST", f"{name}:cancelx", b'{"foo": "' + b"x" * 2000 + b'"}', (_JSON,))
        self.look(name)

    def _queries(self) -> None:
        for query in _QUERIES:
            name, other = self.start(), self.start()
            self.ask("POST", f"{name}:cancel{query.format(name=name, other=other)}")
            self.look(name, other)
        self.ask("POST", f"{PARENT}/operations/nothing:cancel?name={self.start()}")

    def _bodies(self) -> None:
        for body, headers in _BODIES:
            name = self.start()
            self.ask("POST", f"{name}:cancel", body, headers)
            self.look(name)

    def _names(self) -> None:
        """A second name in the body, and in the header; and an operation that is done when it is started."""
        name, other = self.start(), self.start()
        for second in (name, other):
            self.ask("POST", f"{name}:cancel", f'{{"name":"{second}"}}'.encode(), (_JSON,))
            self.look(name)
        self.ask("POST", f"{name}:cancel", headers=(_EMPTY, ("x-goog-request-params", f"name={other}")))
        self.ask("POST", f"{name}:cancel", headers=(_EMPTY, ("X-Original-URL", f"/v1/{other}:cancel")))
        self.ask(
            "POST", f"{name}:cancel", f"name={other}".encode(), (("Content-Type", "application/x-www-form-urlencoded"),)
        )
        message = json.dumps({"operation": {"name": other}}).encode()
        self.ask("POST", f"{name}:cancel", message, (_JSON,))
        self.look(name, other, name.replace("projects/demo/", "projects/481516234200/"))
        self.ask("POST", f"{PARENT}/operations:start", b'{"mode":"done"}', (_JSON,))

    def _credentials(self) -> None:
        name = self.start()
        for token in ("", "wrong", "weak", "good-token-x"):
            for path, body in ((name, b""), (f"{PARENT}/operations/nothing", b""), (name, b"{")):
                self.ask("POST", f"{path}:cancel", body, token=token)
            self.look(name)
        self.ask("HEAD", name, token="")
        for credential in (("X-Remote-User", "somebody"), ("Authorization", "Bearer")):
            self.ask("POST", f"{name}:cancel", headers=(_EMPTY, credential), token="")
        self.ask("POST", f"{name}:cancel?key=nobody", token="")
        self.ask("POST", f"{name}:cancel", headers=(_EMPTY, ("X-Forwarded-For", "127.0.0.1")), token="")
        self.ask("POST", f"{name}:cancel", headers=(_EMPTY, ("Authorization", "Basic bm9ib2R5Og==")), token="")


def service_for_scripts() -> Service:
    """An honest service that always starts alike."""
    return reference_service(VirtualClock(), auth=TOKENS, seed="transcript")


def transcript(service: Service, start: Mapping[str, object]) -> list[Answer]:
    """What the service answers to the script."""
    return Script(service, start).run()


def differs(service: Service, start: Mapping[str, object], expected: Sequence[Answer]) -> bool:
    """Whether the service answers the script otherwise than expected."""
    try:
        return Script(service, start, expected).run() != expected
    except Different:
        return True


def overlapping_transcript(service: Service, start: Mapping[str, object]) -> list[Answer]:
    """What the service answers to calls that overlap, where it takes its time over them as `hold_the_first` says."""
    script = Script(service, start)
    return [answer for part in _overlapping(script) for answer in part]


def _overlapping(script: Script) -> Iterator[list[Answer]]:
    for first, second in (("cancel", "cancel"), ("cancel", "delete"), ("delete", "delete")):
        name = script.start()
        yield _beside(script, (first, name), (second, name))
        yield [script.ask("GET", name)]
    one, other, third = script.start(), script.start(), script.start()
    yield _beside(script, ("cancel", one), ("cancel", other))
    yield [script.ask("GET", third)]


_FIRST = "the first of two calls"
_ANSWERED = threading.Event()
_LONGEST = 10.0
"""Seconds: the second call is answered long before, or never."""


def hold_the_first() -> None:
    """The time that a change takes: the first of two calls goes on until the second is answered, others take none."""
    if threading.current_thread().name == _FIRST:
        _ANSWERED.wait(_LONGEST)


def _beside(script: Script, first: tuple[str, str], second: tuple[str, str]) -> list[Answer]:
    """The answers to two calls, of which the second begins while the first is under way."""
    answers: list[Answer] = []
    _ANSWERED.clear()
    thread = threading.Thread(target=lambda: answers.append(_call(script, *first)), name=_FIRST)
    thread.start()
    while thread.is_alive() and not script.service.scratch.get("busy"):
        time.sleep(0.0005)  # until the other call is under way: the fault tells by this entry alone
    beside = _call(script, *second)
    _ANSWERED.set()
    thread.join()
    return [*answers, beside]


def _call(script: Script, call: str, name: str) -> Answer:
    return script.ask("POST", f"{name}:cancel") if call == "cancel" else script.ask("DELETE", name)
