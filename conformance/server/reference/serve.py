"""The service on a socket, by uvicorn: for a command line that serves until told to stop, and for tests.

The parser is h11, even where a faster one is installed, so that requests that are not HTTP get the same answer
everywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from conformance.errors import TargetError, UsageError
from conformance.exchange import Request, Response
from conformance.server.reference.asgi import application
from conformance.server.reference.service import Service

if TYPE_CHECKING:
    import uvicorn

LOOPBACK = "127.0.0.1"


async def _in_threads(service: Service, request: Request) -> Response:
    """Each request in its own thread, so that requests that overlap on the wire also overlap in the service."""
    return await asyncio.to_thread(service.handle, request)


def serve(service: Service, host: str = LOOPBACK, port: int = 0, latency: float = 0.0) -> None:
    """Serves until SIGINT or SIGTERM; prints the URL, as the first line, once connections are accepted.

    Port 0 means any free port. Answers are delayed by `latency` milliseconds. Call it in the main thread.
    Raises UsageError when the address cannot be bound.
    """
    listener = _listen(host, port)
    server = _server(service, latency, lambda: print(_url(listener), flush=True))

    def stop(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def running_server(service: Service, host: str = LOOPBACK, port: int = 0, latency: float = 0.0) -> Iterator[str]:
    """Serves in a background thread for as long as the context lasts; the value is the URL.

    Raises UsageError when the address cannot be bound, TargetError when the server does not start.
    """
    listener = _listen(host, port)
    ready = threading.Event()
    server = _server(service, latency, ready.set)

    def run() -> None:
        try:
            server.run(sockets=[listener])
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="reference-server", daemon=True)
    thread.start()
    try:
        ready.wait()
        if not server.started:
            raise TargetError("the reference server did not start", "look at what it wrote to stderr")
        yield _url(listener)
    finally:
        server.should_exit = True
        thread.join()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket on exactly this address. Raises UsageError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, OverflowError) as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error}", "give a host of this machine") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        is_elsewhere = error.errno == errno.EADDRNOTAVAIL
        remedy = "give a host of this machine" if is_elsewhere else "give another port, or 0 for any that is free"
        raise UsageError(f"cannot listen on {host}:{port}: {error}", remedy) from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(service: Service, latency: float, started: Callable[[], object]) -> uvicorn.Server:
    """A silent uvicorn server that calls `started` once it accepts connections and leaves signals to its caller."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started()

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        application(service, latency, _in_threads),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        backlog=1024,
    )
    return Server(config)
