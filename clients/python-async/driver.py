"""Drives the asyncio half of google-api-core over REST and gRPC: one JSON line in, one JSON line out."""

import asyncio
import json
import os
import sys
from functools import partial
from typing import Any

import aiohttp
import google.api_core
import grpc
from google.api_core import exceptions, operations_v1
from google.api_core.future.async_future import DEFAULT_RETRY
from google.api_core.operation_async import AsyncOperation
from google.auth.aio.credentials import AnonymousCredentials, StaticCredentials
from google.auth.exceptions import GoogleAuthError
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2, json_format
from google.rpc import code_pb2

Message = dict[str, Any]

TOKEN = os.environ.get("LRO_CONFORMANCE_TOKEN")
CREDENTIALS = StaticCredentials(TOKEN) if TOKEN else AnonymousCredentials()
HELLO = {
    "outcome": "ok",
    "sdk": {"name": "google-api-core, asyncio", "version": google.api_core.__version__},
    "methods": ["cancel", "get", "wait"],
    "transports": ["rest", "grpc"],
    "concurrent": True,
}

# The bindings of beyondcorp, handed to operations_v1 as every generated client hands over those of its service.
COLLECTIONS = ("projects/*/locations/*/operations/*", "organizations/*/locations/*/operations/*")
BINDINGS = {
    "google.longrunning.Operations.CancelOperation": [
        {"method": "post", "uri": f"/v1/{{name={name}}}:cancel", "body": "*"} for name in COLLECTIONS
    ],
    "google.longrunning.Operations.GetOperation": [
        {"method": "get", "uri": f"/v1/{{name={name}}}"} for name in COLLECTIONS
    ],
}

clients: dict[tuple[str, str], Any] = {}


def client(endpoint: str, transport: str) -> Any:
    """The client of an endpoint; it is made within the loop that its connections belong to."""
    key = (endpoint, transport)
    if key not in clients and transport == "grpc":
        clients[key] = operations_v1.OperationsAsyncClient(grpc.aio.insecure_channel(endpoint.removeprefix("http://")))
    elif key not in clients:
        rest = operations_v1.AsyncOperationsRestTransport(host=endpoint, credentials=CREDENTIALS, http_options=BINDINGS)
        clients[key] = operations_v1.AsyncOperationsRestClient(transport=rest)
    return clients[key]


def shown(operation: Any) -> Message:
    seen: Message = {"name": operation.name, "done": operation.done, "response": operation.HasField("response")}
    if operation.HasField("error"):
        seen["error"] = {"code": operation.error.code, "message": operation.error.message}
    return {"outcome": "ok", "operation": seen}


async def call(request: Message) -> Message:
    if request["method"] == "hello":
        return HELLO
    name, timeout = request["name"], request["timeout_ms"] / 1000
    operations = client(request["endpoint"], request.get("transport", "rest"))
    if request["method"] == "cancel":
        await operations.cancel_operation(name, timeout=timeout)
        return {"outcome": "ok"}
    if request["method"] == "get":
        return shown(await operations.get_operation(name, timeout=timeout))
    waiting = AsyncOperation(
        operations_pb2.Operation(name=name),
        partial(operations.get_operation, name),
        partial(operations.cancel_operation, name),
        empty_pb2.Empty,
        retry=DEFAULT_RETRY.with_delay(initial=request["poll_ms"] / 1000),
    )
    try:
        await waiting.result(timeout=timeout)
    except exceptions.GoogleAPICallError as error:
        return failed(error) | {"cancelled": await waiting.cancelled() if waiting.operation.done else None}
    return shown(waiting.operation) | {"cancelled": await waiting.cancelled()}


def failed(error: Any) -> Message:
    code = error.grpc_status_code.name if error.grpc_status_code else None
    if isinstance(error.response, operations_pb2.Operation):  # the future keeps the operation's Status among the errors
        code = code_pb2.Code.Name(error.errors[0].code)
    status = None if isinstance(error.response, grpc.RpcError | operations_pb2.Operation) else error.code
    said = {"outcome": "rpc_error", "code": code, "http_status": status, "message": error.message}
    return said | {"exception": type(error).__name__}


async def outcome(request: Message) -> Message:
    try:
        return await call(request)
    except exceptions.GoogleAPICallError as error:
        return failed(error)
    except (TimeoutError, exceptions.RetryError, GoogleAuthError, aiohttp.ClientError) as error:
        return {"outcome": "transport_error", "message": repr(error), "exception": type(error).__name__}
    except (json.JSONDecodeError, UnicodeDecodeError, json_format.ParseError) as error:
        return {"outcome": "decode_error", "message": repr(error), "exception": type(error).__name__}
    except Exception as error:  # a name that the SDK refuses, or an answer that breaks it
        return {"outcome": "client_error", "message": repr(error), "exception": type(error).__name__}


async def reply(line: str) -> None:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], **await outcome(request)}), flush=True)


async def main() -> None:
    """Every line is a task, so that calls overlap which are asked for at once; stdin is read in a thread."""
    loop, tasks = asyncio.get_running_loop(), set()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        task = asyncio.create_task(reply(line))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


asyncio.run(main())
