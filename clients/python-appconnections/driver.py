"""Drives google-cloud-beyondcorp-appconnections over REST and gRPC: one JSON line in, one JSON line out."""

import json
import os
import sys
from functools import cache
from typing import Any

import grpc
import requests
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials, Credentials
from google.cloud.beyondcorp_appconnections_v1 import AppConnectionsServiceClient
from google.protobuf import json_format

Message = dict[str, Any]


class Bearer(Credentials):  # type: ignore[misc]
    """The token of the gate; a new one is the same."""

    def refresh(self, _request: object) -> None:
        self.token = os.environ["LRO_CONFORMANCE_TOKEN"]


CREDENTIALS = Bearer() if "LRO_CONFORMANCE_TOKEN" in os.environ else AnonymousCredentials()


@cache
def client(endpoint: str, transport: str) -> Any:
    host = endpoint.removeprefix("http://")
    settings: Message = {"host": host, "credentials": CREDENTIALS, "url_scheme": "http"}
    if transport == "grpc":
        settings = {"channel": grpc.insecure_channel(host)}
    return AppConnectionsServiceClient(transport=AppConnectionsServiceClient.get_transport_class(transport)(**settings))


def call(request: Message) -> Message:
    service = client(request["endpoint"], request.get("transport", "rest"))
    about, timeout = {"name": request["name"]}, request["timeout_ms"] / 1000
    if request["method"] == "cancel":
        service.cancel_operation(about, timeout=timeout)
        return {"outcome": "ok"}
    operation = service.get_operation(about, timeout=timeout)
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
    except requests.RequestException as error:
        return {"outcome": "transport_error", "message": repr(error)}
    except json_format.ParseError as error:
        return {"outcome": "decode_error", "message": repr(error)}
    except Exception as error:  # a name that the SDK refuses, or an answer that breaks it
        return {"outcome": "client_error", "message": repr(error)}


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], **outcome(request)}), flush=True)
