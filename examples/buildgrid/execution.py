"""Operations of BuildGrid: a command that nobody will ever run, queued for execution."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from types import TracebackType

import grpc
from buildgrid._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as execution
from buildgrid._protos.build.bazel.remote.execution.v2 import remote_execution_pb2_grpc as execution_grpc
from buildgrid._protos.google.longrunning import operations_pb2 as operations
from buildgrid._protos.google.longrunning import operations_pb2_grpc as operations_grpc
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message

INSTANCE = "projects/p/locations/l/operations"
TIMEOUT = 10.0


def descriptors() -> list[FileDescriptor]:
    """The operations service, and the messages that BuildGrid packs into an operation's `Any` fields."""
    return [operations.DESCRIPTOR, execution.DESCRIPTOR]


class Executor:
    """Asks BuildGrid to execute something, over one gRPC channel that stays open."""

    def __init__(self, socket: Path) -> None:
        self._channel = grpc.insecure_channel(f"unix:{socket}")
        self._storage = execution_grpc.ContentAddressableStorageStub(self._channel)
        self._execution = execution_grpc.ExecutionStub(self._channel)
        self._operations = operations_grpc.OperationsStub(self._channel)

    def __enter__(self) -> Executor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()

    def start_operation(self, completed: bool) -> str:
        """Queue one action; without a worker the only way to complete it is to cancel it."""
        stream = self._execution.Execute(
            execution.ExecuteRequest(
                instance_name=INSTANCE, action_digest=self._upload_action(), skip_cache_lookup=True
            ),
            timeout=TIMEOUT,
        )
        name = str(next(stream).name)
        stream.cancel()  # stop listening; the operation goes on
        if completed:
            self._operations.CancelOperation(operations.CancelOperationRequest(name=name), timeout=TIMEOUT)
        return name

    def _upload_action(self) -> execution.Digest:
        # The argument is unique: BuildGrid joins requests for the same action into one job, which all would share.
        command = execution.Command(arguments=["wait", str(uuid.uuid4())])
        root = execution.Directory()
        action = execution.Action(command_digest=_digest(command), input_root_digest=_digest(root), do_not_cache=True)
        blobs = [
            execution.BatchUpdateBlobsRequest.Request(digest=_digest(message), data=message.SerializeToString())
            for message in (command, root, action)
        ]
        self._storage.BatchUpdateBlobs(
            execution.BatchUpdateBlobsRequest(instance_name=INSTANCE, requests=blobs), timeout=TIMEOUT
        )
        return _digest(action)


def _digest(message: Message) -> execution.Digest:
    data = message.SerializeToString()
    return execution.Digest(hash=hashlib.sha256(data).hexdigest(), size_bytes=len(data))
