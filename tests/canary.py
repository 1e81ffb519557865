"""What the canary test needs: secrets, a server that repeats them in every way, and a search that finds them."""

from __future__ import annotations

import base64
import binascii
import html
import itertools
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, quote_plus
from uuid import uuid4

PARENT = "projects/demo/locations/us"
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")


def new_secret(what: str) -> str:
    """A secret that no other text contains, with characters that every notation escapes."""
    return f'{what}-{uuid4().hex}/+"q"=&'


def found_in(text: bytes, secrets: Mapping[str, str]) -> set[str]:
    """Which secrets can be read in an artefact: as they are, escaped, percent-encoded, in base64, in any mixture.

    The distinctive part of a secret is looked for, or half of it, in any letter case and in hexadecimal, so no spelling
    of its odd characters hides it. A short one is looked for as it is.
    """
    readable = b"\n".join([text, *_decoded(text)]).lower()
    return {name for name, secret in secrets.items() if any(part in readable for part in _parts(secret))}


def _parts(secret: str) -> Iterator[bytes]:
    core = secret.partition("/")[0].lower().encode()
    half = (len(core) + 1) // 2
    for part in (core[:half], core[-half:]) if len(core) > 16 else (core,):
        yield part
        if len(part) >= 8:
            yield part.hex().encode()


def _decoded(text: bytes) -> Iterator[bytes]:
    """Everything in a text that could be base64, decoded from each of the four places where it could begin."""
    for run in _BASE64.findall(text):
        plain = run.translate(bytes.maketrans(b"-_", b"+/"))
        for start in range(4):
            part = plain[start:]
            try:
                yield base64.b64decode(part[: len(part) // 4 * 4])
            except binascii.Error:
                continue


def process_arguments() -> bytes:
    """The words of every process of this machine that one may see, as `ps` shows them."""
    seen = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            seen.append(path.read_bytes())
        except OSError:  # it has ended in the meantime
            continue
    return b"\n".join(seen)


class EchoServer:
    """Starts operations, cancels none, and repeats the header fields that it was sent wherever it can.

    A token that is in `expired` is refused. One that `repeats_all_tokens` repeats those of all callers and
    nothing else. `arguments` has what the processes of this machine were called with, seen whenever an operation was
    started.
    """

    def __init__(self, expired: Iterable[str] = (), repeats_all_tokens: bool = False) -> None:
        self.expired = set(expired)
        self.repeats_all_tokens = repeats_all_tokens
        self.arguments: list[bytes] = []
        self.tokens: set[str] = set()
        self._serial = itertools.count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.authority = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> EchoServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def answer(self, method: str, path: str, echo: str) -> tuple[int, dict[str, object]]:
        """Status and body: an operation whose metadata is the echo, or an error with the echo as its message."""
        if path.endswith(":start"):
            self.arguments.append(process_arguments())
            return 200, {"name": f"{PARENT}/operations/op-{next(self._serial)}", "metadata": {"echo": echo}}
        if path.endswith(":cancel"):
            return 200, {"echo": echo}
        if method == "GET" and "/operations/op-" in path:
            return 200, {"name": path.removeprefix("/v1/"), "metadata": {"echo": echo}, "done": False}
        return 500, {"error": {"code": 500, "message": echo, "status": "INTERNAL"}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                echo = " ".join(spelled(value) for value in self.headers.values())
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                owner.tokens.add(token)
                if owner.repeats_all_tokens:
                    echo = " ".join(sorted(owner.tokens))
                status, value = owner.answer(self.command, self.path, echo)
                if token in owner.expired:
                    status, value = 401, {"error": {"code": 401, "message": echo, "status": "UNAUTHENTICATED"}}
                body = json.dumps(value).encode()
                if self.command == "DELETE":
                    body += b"\xff"  # no text: such a body is recorded in base64
                self.send_response(status, f"No {token}")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Echo", echo)
                self.send_header("Location", f"https://elsewhere.example/?access_token={quote_plus(token)}")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_any

            def log_message(self, format: str, *_: object) -> None:
                """Nobody reads it."""

        return Handler


def _user_and_password(text: str) -> Iterator[str]:
    """What Basic credentials say to who decodes them (RFC 7617)."""
    if text.startswith("Basic "):
        try:
            said = base64.b64decode(text.removeprefix("Basic ")).decode("latin-1")
        except binascii.Error:
            return
        yield from (said, said.partition(":")[2])


def spelled(text: str) -> str:
    """A text in the ways in which servers and clients repeat it; the last is a part of it."""
    octets = text.encode("latin-1")
    return " ".join(
        [
            text,
            quote(text),
            quote(text, safe=""),
            re.sub("%..", lambda escape: escape[0].lower(), quote(text, safe="")),
            quote_plus(text),
            json.dumps(text),
            json.dumps(text).replace("/", "\\/"),
            html.escape(text),
            *(base64.b64encode(b"." * before + octets).decode() for before in range(3)),
            base64.urlsafe_b64encode(octets).decode().rstrip("="),
            text.swapcase(),
            octets.hex(),
            octets.hex().upper(),
            *_user_and_password(text),
            f"{text[: len(text) * 2 // 3]}...",
        ]
    )
