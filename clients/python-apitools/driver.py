"""Drives google-apitools, the library under gcloud: one JSON line in, one JSON line out. It speaks REST only."""

import importlib.metadata
import json
import os
import sys
from functools import cache
from http.client import HTTPException
from typing import Any

import httplib2
from apitools.base.py import exceptions
from beyondcorp_v1 import BeyondcorpV1, CancelOperationRequest, CancelRequest, GetRequest
from oauth2client.client import AccessTokenCredentials

Message = dict[str, Any]

HELLO = {
    "outcome": "ok",
    "sdk": {"name": "google-apitools", "version": importlib.metadata.version("google-apitools")},
    "methods": ["cancel", "get"],
    "transports": ["rest"],
}


@cache
def operations(endpoint: str, timeout: float) -> Any:
    http = httplib2.Http(timeout=timeout)
    if "LRO_CONFORMANCE_TOKEN" in os.environ:
        http = AccessTokenCredentials(os.environ["LRO_CONFORMANCE_TOKEN"], "driver").authorize(http)
    return BeyondcorpV1(endpoint, http).operations


def call(request: Message) -> Message:
    name, service = request["name"], operations(request["endpoint"], request["timeout_ms"] / 1000)
    if request["method"] == "cancel":
        service.Cancel(CancelRequest(name=name, cancelOperationRequest=CancelOperationRequest()))
        return {"outcome": "ok"}
    operation = service.Get(GetRequest(name=name))
    seen: Message = {"name": operation.name, "done": bool(operation.done), "response": operation.response is not None}
    if operation.error is not None:
        seen["error"] = {"code": operation.error.code or 0, "message": operation.error.message or ""}
    return {"outcome": "ok", "operation": seen}


def outcome(request: Message) -> Message:
    if request["method"] == "hello":
        return HELLO
    try:
        return call(request)
    except exceptions.HttpError as error:
        said = {"outcome": "rpc_error", "code": None, "http_status": error.status_code, "message": str(error)}
    except exceptions.InvalidDataFromServerError as error:
        said = {"outcome": "decode_error", "message": repr(error)}
    except (OSError, HTTPException, httplib2.HttpLib2Error, exceptions.CommunicationError) as error:
        said = {"outcome": "transport_error", "message": repr(error)}
    except Exception as error:  # a name that the SDK refuses, or an answer that breaks it
        said = {"outcome": "client_error", "message": repr(error)}
    return said


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], **outcome(request)}), flush=True)
