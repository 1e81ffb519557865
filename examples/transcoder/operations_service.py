"""The gRPC service: `google.longrunning.Operations` over the store of the reference server.

It speaks the messages of a real API (BeyondCorp app connections), so operations look here as they look there.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NoReturn

import grpc
from google.cloud.beyondcorp_appconnections_v1 import types
from google.longrunning import operations_pb2, operations_pb2_grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from conformance.lro.clock import SystemClock
from conformance.lro.codes import Code
from conformance.server.reference.store import Behaviour, Mode, Snapshot, Store, UnknownOperation

PARENT: Final = "projects/p/locations/l"
DOMAIN: Final = "beyondcorp.googleapis.com"
WORKERS: Final = 16
LARGEST_PAGE: Final = 1000

RUNNING: Final = Behaviour.of(Mode.RUN, delay=0.2)
"""Runs until it is cancelled, and then a moment longer: cancelling is asynchronous, and clients should see that."""

COMPLETED: Final = Behaviour.of(Mode.DONE)


def descriptors() -> list[FileDescriptor]:
    """The operations service, and every message that its operations and errors carry in an `Any`."""
    return [
        operations_pb2.DESCRIPTOR,
        error_details_pb2.DESCRIPTOR,
        types.AppConnectionOperationMetadata.pb().DESCRIPTOR.file,
        types.AppConnection.pb().DESCRIPTOR.file,
    ]


class OperationsService(operations_pb2_grpc.OperationsServicer):
    """Get, list, cancel and delete; WaitOperation stays unimplemented, as the base class has it."""

    def __init__(self) -> None:
        clock = SystemClock()
        self._store = Store(clock, epoch=time.time() - clock.now())

    def start_operation(self, completed: bool) -> str:
        """Start an operation, not through the API: the contract has no method for it."""
        return self._store.start(PARENT, COMPLETED if completed else RUNNING).name

    def GetOperation(
        self, request: operations_pb2.GetOperationRequest, context: grpc.ServicerContext
    ) -> operations_pb2.Operation:
        try:
            return self._message(self._store.get(request.name))
        except UnknownOperation as error:
            _not_found(context, error)

    def ListOperations(
        self, request: operations_pb2.ListOperationsRequest, context: grpc.ServicerContext
    ) -> operations_pb2.ListOperationsResponse:
        if request.filter:
            _invalid(context, "filter", "Filters are not supported.")
        if request.page_size < 0:
            _invalid(context, "page_size", "It must not be negative.")
        # A page token is the number of the last operation seen: right even while operations come and go.
        if request.page_token and not (request.page_token.isascii() and request.page_token.isdigit()):
            _invalid(context, "page_token", "It was not given out by this service.")
        after = int(request.page_token or 0)
        rest = [operation for operation in self._store.list(request.name) if operation.number > after]
        page = rest[: min(request.page_size or LARGEST_PAGE, LARGEST_PAGE)]
        return operations_pb2.ListOperationsResponse(
            operations=[self._message(operation) for operation in page],
            next_page_token=str(page[-1].number) if len(rest) > len(page) else "",
        )

    def CancelOperation(self, request: operations_pb2.CancelOperationRequest, context: grpc.ServicerContext) -> Empty:
        try:
            self._store.cancel(request.name)
        except UnknownOperation as error:
            _not_found(context, error)
        return Empty()

    def DeleteOperation(self, request: operations_pb2.DeleteOperationRequest, context: grpc.ServicerContext) -> Empty:
        try:
            self._store.delete(request.name)
        except UnknownOperation as error:
            _not_found(context, error)
        return Empty()

    def _message(self, operation: Snapshot) -> operations_pb2.Operation:
        message = operations_pb2.Operation(name=operation.name, done=operation.done)
        message.metadata.CopyFrom(self._metadata(operation))
        if operation.error is not None:
            message.error.CopyFrom(status_pb2.Status(code=int(operation.error.code), message=operation.error.message))
        elif operation.response is not None:
            connection = types.AppConnection(name=operation.target)
            message.response.Pack(types.AppConnection.pb(connection))
        return message

    def _metadata(self, operation: Snapshot) -> Any:
        metadata = types.AppConnectionOperationMetadata.pb(
            types.AppConnectionOperationMetadata(
                target=operation.target,
                verb=operation.verb,
                requested_cancellation=operation.requested_cancellation,
                api_version="v1",
            )
        )
        metadata.create_time.CopyFrom(self._timestamp(operation.started_at))
        if operation.ended_at is not None:
            metadata.end_time.CopyFrom(self._timestamp(operation.ended_at))
        packed = Any()
        packed.Pack(metadata)
        return packed

    def _timestamp(self, seconds: float) -> Timestamp:
        timestamp = Timestamp()
        timestamp.FromMicroseconds(round((self._store.epoch + seconds) * 1_000_000))
        return timestamp


@contextlib.contextmanager
def listening(service: OperationsService, socket: Path) -> Iterator[None]:
    """While this is entered, the service answers on the socket."""
    server = grpc.server(ThreadPoolExecutor(WORKERS))
    operations_pb2_grpc.add_OperationsServicer_to_server(service, server)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    try:
        yield
    finally:
        server.stop(grace=None).wait()


def _not_found(context: grpc.ServicerContext, error: UnknownOperation) -> NoReturn:
    info = error_details_pb2.ErrorInfo(reason="OPERATION_NOT_FOUND", domain=DOMAIN, metadata={"resource": error.name})
    _abort(context, Code.NOT_FOUND, f"Operation '{error.name}' was not found.", info)


def _invalid(context: grpc.ServicerContext, field: str, problem: str) -> NoReturn:
    info = error_details_pb2.ErrorInfo(reason="INVALID_ARGUMENT", domain=DOMAIN, metadata={"field": field})
    _abort(context, Code.INVALID_ARGUMENT, f"Invalid value at '{field}': {problem}", info)


def _abort(context: grpc.ServicerContext, code: Code, message: str, info: error_details_pb2.ErrorInfo) -> NoReturn:
    detail = Any()
    detail.Pack(info)
    status = status_pb2.Status(code=int(code), message=message, details=[detail])
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort_with_status never returns")
