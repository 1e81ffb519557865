"""Drives google-api-core's future, `operation.Operation`, over REST and gRPC: one JSON line in, one JSON line out."""

import concurrent.futures
import json
import os
import sys
from functools import cache, partial
from typing import Any

import google.api_core
import grpc
import requests
from google.api_core import exceptions, operations_v1
from google.api_core.future.polling import DEFAULT_POLLING
from google.api_core.operation import Operation
from google.auth.credentials import AnonymousCredentials, Credentials
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2, json_format

Message = dict[str, Any]


class Bearer(Credentials):  # type: ignore[misc]
    """The token of the gate; a new one is the same."""

    def refresh(self, _request: object) -> None:
        self.token = os.environ["LRO_CONFORMANCE_TOKEN"]


CREDENTIALS = Bearer() if "LRO_CONFORMANCE_TOKEN" in os.environ else AnonymousCredentials()
HELLO = {
    "outcome": "ok",
    "sdk": {"name": "google-api-core, operation.Operation", "version": google.api_core.__version__},
    "methods": ["cancel", "get", "wait"],
    "transports": ["rest", "grpc"],
    "habits": ["future"],
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


@cache
def client(endpoint: str, transport: str) -> Any:
    if transport == "grpc":
        return operations_v1.OperationsClient(grpc.insecure_channel(endpoint.removeprefix("http://")))
    rest = operations_v1.OperationsRestTransport(host=endpoint, credentials=CREDENTIALS, http_options=BINDINGS)
    return operations_v1.AbstractOperationsClient(transport=rest)


def future(request: Message, timeout: Message) -> Any:
    """The future of an operation of which only the name is known; `timeout` is that of each of its calls."""
    operations, name = client(request["endpoint"], request.get("transport", "rest")), request["name"]
    return Operation(
        operations_pb2.Operation(name=name),
        partial(operations.get_operation, name, **timeout),
        partial(operations.cancel_operation, name, **timeout),
        empty_pb2.Empty,
        polling=DEFAULT_POLLING.with_delay(initial=request.get("poll_ms", 1000) / 1000),
    )


def shown(operation: Any) -> Message:
    seen: Message = {"name": operation.name, "done": operation.done, "response": operation.HasField("response")}
    if operation.HasField("error"):
        seen["error"] = {"code": operation.error.code, "message": operation.error.message}
    return {"outcome": "ok", "operation": seen}


def call(request: Message) -> Message:
    timeout = request["timeout_ms"] / 1000
    if request["method"] == "hello":
        return HELLO
    if request["method"] == "cancel":
        is_sent = future(request, {"timeout": timeout}).cancel()
        return {"outcome": "ok", "cancelled": None if is_sent else False}
    if request["method"] == "get":
        # Not the future's: that looks only at operations whose response is of its own type.
        operations = client(request["endpoint"], request.get("transport", "rest"))
        return shown(operations.get_operation(request["name"], timeout=timeout))
    waiting = future(request, {})
    try:
        waiting.result(timeout=timeout)
    except exceptions.GoogleAPICallError as error:
        return failed(error) | {"cancelled": waiting.cancelled() if waiting.operation.done else None}
    return shown(waiting.operation) | {"cancelled": waiting.cancelled()}


def failed(error: Any) -> Message:
    code = error.grpc_status_code.name if error.grpc_status_code else None
    status = None if isinstance(error.response, grpc.RpcError | operations_pb2.Operation) else error.code
    said = {"outcome": "rpc_error", "code": code, "http_status": status, "message": error.message}
    return said | {"exception": type(error).__name__}


def outcome(request: Message) -> Message:
    try:
        return call(request)
    except exceptions.GoogleAPICallError as error:
        return failed(error)
    except (exceptions.RetryError, requests.RequestException, concurrent.futures.TimeoutError) as error:
        return {"outcome": "transport_error", "message": repr(error)}
    except json_format.ParseError as error:
        return {"outcome": "decode_error", "message": repr(error)}
    except Exception as error:  # a name that the SDK refuses, or an answer that breaks it
        return {"outcome": "client_error", "message": repr(error), "exception": type(error).__name__}


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], **outcome(request)}), flush=True)
