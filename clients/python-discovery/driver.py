"""Drives beyondcorp v1 of google-api-python-client: one JSON line in, one JSON line out. It speaks REST only."""

import json
import os
import sys
from functools import cache
from http.client import HTTPException
from typing import Any

import google_auth_httplib2
import httplib2
from google.auth.credentials import AnonymousCredentials, Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

Message = dict[str, Any]


class Bearer(Credentials):  # type: ignore[misc]
    """The token of the gate; a new one is the same."""

    def refresh(self, _request: object) -> None:
        self.token = os.environ["LRO_CONFORMANCE_TOKEN"]


CREDENTIALS = Bearer() if "LRO_CONFORMANCE_TOKEN" in os.environ else AnonymousCredentials()


@cache
def service(endpoint: str, timeout: float) -> Any:
    http = google_auth_httplib2.AuthorizedHttp(CREDENTIALS, httplib2.Http(timeout=timeout))
    return build("beyondcorp", "v1", http=http, client_options={"api_endpoint": endpoint})


def call(request: Message) -> Message:
    name, api = request["name"], service(request["endpoint"], request["timeout_ms"] / 1000)
    owner = api.organizations() if name.startswith("organizations/") else api.projects()
    operations = owner.locations().operations()
    if request["method"] == "cancel":
        operations.cancel(name=name).execute()
        return {"outcome": "ok"}
    answer = operations.get(name=name).execute()
    operation = answer if isinstance(answer, dict) else {}  # what is no JSON comes back as text, and as a success
    seen = {name: operation.get(name) for name in ("name", "done", "error", "response")}  # null is what is absent
    told = {"name": seen["name"] or "", "done": bool(seen["done"]), "error": seen["error"]}
    return {"outcome": "ok", "operation": {**told, "response": seen["response"] is not None}}


def outcome(request: Message) -> Message:
    if request.get("transport") == "grpc":
        return {"outcome": "unsupported"}
    try:
        return call(request)
    except HttpError as error:
        return {"outcome": "rpc_error", "code": None, "http_status": error.status_code, "message": error.reason}
    except (OSError, HTTPException, httplib2.HttpLib2Error) as error:
        return {"outcome": "transport_error", "message": repr(error)}
    except Exception as error:  # a name that the SDK refuses, or an answer that breaks it
        return {"outcome": "client_error", "message": repr(error)}


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], **outcome(request)}), flush=True)
