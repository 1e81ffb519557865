"""Drives operations_v1 of google-api-core over REST and gRPC: one JSON line in, one JSON line out."""

import json
import os
import sys
from functools import cache
from typing import Any

import grpc
import requests
from google.api_core import exceptions, operations_v1
from google.auth.credentials import AnonymousCredentials, Credentials
from google.protobuf import json_format

Message = dict[str, Any]


class Bearer(Credentials):  # type: ignore[misc]
    """The token of the gate; a new one is the same."""

    def refresh(self, _request: object) -> None:
        self.token = os.environ["LRO_CONFORMANCE_TOKEN"]


CREDENTIALS = Bearer() if "LRO_CONFORMANCE_TOKEN" in os.environ else AnonymousCredentials()

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


def call(request: Message) -> Message:
    operations = client(request["endpoint"], request.get("transport", "rest"))
    timeout = request["timeout_ms"] / 1000
    if request["method"] == "cancel":
        operations.cancel_operation(request["name"], timeout=timeout)
        return {"outcome": "ok"}
    operation = operations.get_operation(request["name"], timeout=timeout)
    seen: Message = {"name": operation.name, "done": operation.done, "response": operation.HasField("response")}
    if operation.HasField("error"):
        seen["error"] = {"code": operation.error.code, "message": operation.error.message}
    return {"outcome": "ok", "operation": seen}


def outcome(request: Message) -> Message:
    try:
        return call(request)
    except exceptions.GoogleAPICallError as error:
        code = error.grpc_status_code.name if error.grpc_status_code else None
        status = None if isinstance(error.response, grpc.RpcError) else error.code
        return {"outcome": "rpc_error", "code": code, "http_status": status, "message": error.message}
    except (exceptions.RetryError, requests.RequestException) as error:
        return {"outcome": "transport_error", "message": repr(error)}
    except json_format.ParseError as error:
        return {"outcome": "decode_error", "message": repr(error)}
    except Exception as error:  # a name that the SDK refuses, or an answer that breaks it
        return {"outcome": "client_error", "message": repr(error)}


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], **outcome(request)}), flush=True)
