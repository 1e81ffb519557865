"""One fresh operation per request: the far end of `[operations] command`.

Starting an operation may need a gRPC channel and megabytes of imports; a command that paid for them on each call would
be slow. So the serving process, which has both already, listens on a loopback port, and the command is
`start_operation.py`, which asks it. They find each other through a small file, the *serving file*.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from examples.serving.failure import CannotServe
from examples.serving.start_operation import serving_file

StartOperation = Callable[[bool], str]
"""Starts one operation and returns its name; true: return only when it has ended."""


@contextlib.contextmanager
def operations_on_request(example: str, target_url: str, start: StartOperation) -> Iterator[None]:
    """While this is entered, `start_operation.py EXAMPLE` prints the names that `start` returns."""
    path = serving_file(example)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(start))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="operations", daemon=True)
    thread.start()
    mine = json.dumps({"url": target_url, "operations": f"http://127.0.0.1:{server.server_port}/", "pid": os.getpid()})
    _write(path, mine)
    try:
        yield
    finally:
        if path.exists() and path.read_text("utf-8") == mine:
            path.unlink()
        server.shutdown()
        server.server_close()


def _handler(start: StartOperation) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, "alive")

        def do_POST(self) -> None:
            try:
                name = start(self.path == "/completed")
            except Exception as error:  # whatever the target's client raises: the command prints it as one message
                self._answer(503, f"{type(error).__name__}: {error}")
            else:
                self._answer(200, name)

        def _answer(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: standard error is for people."""

    return Handler


def refuse_to_replace_a_live_one(example: str) -> None:
    """Two servers behind one serving file would hand out operations of the wrong target."""
    try:
        other = json.loads(serving_file(example).read_text("utf-8"))
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(other["operations"], timeout=2):
            pass
    except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError):
        return  # none, or left over from one that was killed
    raise CannotServe(
        f"this example is already served at {other['url']} by process {other['pid']}",
        "stop it, or give each its own file through the environment variable LRO_SERVING_FILE",
    )


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    draft.replace(path)
