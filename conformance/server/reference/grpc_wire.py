"""gRPC as HTTP/2: a call becomes a Request, and a Response becomes its answer.

    POST /google.longrunning.Operations/CancelOperation     :path
    x-goog-request-params: name=…                           metadata
    <CancelOperationRequest>                                content, without the five bytes of framing

    200, content-type: application/grpc, <Empty>, grpc-status: 0                      a success
    200, content-type: application/grpc, grpc-status: 5, grpc-message: …,             an error
         grpc-status-details-bin: <google.rpc.Status>

So the same service can answer both, and both are recorded in the same way. The messages are those of
googleapis-common-protos, the connection is grpcio's: the extra `grpc`, imported when it is first needed.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, unquote

from conformance.errors import UsageError
from conformance.exchange import FailureKind, Header, Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import NoAnswer

SERVICE = "google.longrunning.Operations"
LOOPBACK = "127.0.0.1"
WORKERS = 32
"""Calls that can be under way at the same time."""

Answers = Callable[[Request, threading.Event], Response]
"""Answers a call. The event is set when the client has cancelled the call or closed the connection."""


def part_of_grpc(module: str) -> Any:
    """A module of the extra `grpc`. Raises UsageError when it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(f"gRPC needs {module}: {error}", "pip install 'lro-conformance[grpc]'") from error


def success(message: Any) -> Response:
    """The answer that a message is."""
    return Response(200, (("content-type", "application/grpc"), ("grpc-status", "0")), message.SerializeToString())


def failure(code: Code, message: str, details: Iterable[Any] = ()) -> Response:
    """The answer that an error is, with its details, which are messages."""
    status = part_of_grpc("google.rpc.status_pb2").Status(code=int(code), message=message)
    for detail in details:
        status.details.add().Pack(detail)
    headers: tuple[Header, ...] = (
        ("content-type", "application/grpc"),
        ("grpc-status", str(int(code))),
        ("grpc-message", quote(message, safe=" !\"#$&'()*+,/:;<=>?@[\\]^`{|}")),
        ("grpc-status-details-bin", base64.b64encode(status.SerializeToString()).decode()),
    )
    return Response(200, headers)


@contextlib.contextmanager
def listening(answers: Answers, host: str = LOOPBACK, port: int = 0) -> Iterator[str]:
    """Answers calls of every method of any service for as long as the context lasts; the value is the URL.

    Raises UsageError when the address cannot be bound or the extra `grpc` is not installed.
    """
    grpc = part_of_grpc("grpc")
    part_of_grpc("google.longrunning.operations_pb2")
    server = grpc.server(ThreadPoolExecutor(WORKERS, "grpc"), options=(("grpc.so_reuseport", 0),))
    server.add_generic_rpc_handlers((_every_method(grpc, answers),))
    authority = f"[{host}]" if ":" in host else host
    try:
        bound = server.add_insecure_port(f"{authority}:{port}")
    except RuntimeError as error:
        raise UsageError(
            f"cannot listen on {authority}:{port}: {error}", "give another port, or 0 for any that is free"
        ) from error
    server.start()
    try:
        yield f"http://{authority}:{bound}"
    finally:
        server.stop(grace=0).wait()


def _every_method(grpc: Any, answers: Answers) -> Any:
    """What gRPC asks who handles a call: whatever is called, `answers` does, and says what is not implemented."""

    class Every(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, handler_call_details: Any) -> Any:
            return grpc.unary_unary_rpc_method_handler(_handler(grpc, handler_call_details.method, answers))

    return Every()


def _handler(grpc: Any, path: str, answers: Answers) -> Callable[[bytes, Any], bytes]:
    def handle(content: bytes, context: Any) -> bytes:
        gone = threading.Event()
        context.add_callback(gone.set)
        request = Request("POST", path, _header_fields(context), content)
        try:
            response = answers(request, gone)
        except NoAnswer as none:
            if none.failure.kind is FailureKind.TIMEOUT:
                gone.wait()
            context.abort(grpc.StatusCode.UNAVAILABLE, none.failure.detail or none.failure.kind.value)
        except Exception:
            # A bug, not an answer anybody meant: told to whoever runs the server, and to the client no more than that.
            traceback.print_exc(file=sys.stderr)
            response = failure(Code.INTERNAL, "Internal error encountered.")
        return _answer(grpc, response, context)

    return handle


def _answer(grpc: Any, response: Response, context: Any) -> bytes:
    """Does to the context what the response says; its content. An error ends the handler by an exception of gRPC's.

    It is sent as trailers only: a status after a message is that of a call which gRPC takes for committed, and never
    tries again by itself.
    """
    code = Code(int(response.header("grpc-status") or 0))
    if code is not Code.OK:
        details = base64.b64decode(response.header("grpc-status-details-bin") or "")
        context.set_trailing_metadata((("grpc-status-details-bin", details),))
        context.abort(getattr(grpc.StatusCode, code.name), unquote(response.header("grpc-message") or ""))
    return response.body


def _header_fields(context: Any) -> tuple[Header, ...]:
    """The metadata of a call as header fields, binary values in base64; and what is left of its deadline."""
    left = context.time_remaining()
    deadline: tuple[Header, ...] = (("grpc-timeout", f"{max(0, round(left * 1000))}m"),) if left is not None else ()
    metadata = tuple(
        (key, base64.b64encode(value).decode() if isinstance(value, bytes) else value)
        for key, value in context.invocation_metadata()
    )
    return deadline + metadata
