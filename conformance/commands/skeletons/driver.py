"""Drives your SDK for `lro-conformance sdk -- python driver.py`: one JSON line in, one JSON line out.

Fill in `cancel` and `get`; the rest is the protocol. stdout is for replies only: let logs go to stderr.
"""

import json
import sys
from typing import Any


def cancel(endpoint: str, name: str, timeout: float) -> None:
    """Cancel the operation with your SDK; `timeout` (seconds) is for the whole call, retries included."""
    raise NotImplementedError("call your SDK here: client(endpoint).cancel_operation(name, timeout=timeout)")


def get(endpoint: str, name: str, timeout: float) -> dict[str, Any]:
    """The operation as your SDK shows it."""
    raise NotImplementedError("call your SDK here, and return name, done, error and response")
    # return {"name": seen.name, "done": seen.done, "response": seen.response is not None,
    #         "error": {"code": seen.error.code, "message": seen.error.message} if seen.error else None}


def reply_to(request: dict[str, Any]) -> dict[str, Any]:
    if request["method"] == "hello":
        return {"outcome": "ok", "sdk": {"name": "your-sdk", "version": "0"}, "methods": ["cancel", "get"]}
    call = {"endpoint": request["endpoint"], "name": request["name"], "timeout": request["timeout_ms"] / 1000}
    try:
        if request["method"] == "cancel":
            cancel(**call)
            return {"outcome": "ok"}
        return {"outcome": "ok", "operation": get(**call)}
    # Put what your SDK raises before the last line:
    # except YourApiError as error:
    #     return {"outcome": "rpc_error", "code": "NOT_FOUND", "http_status": 404, "message": str(error)}
    # except YourConnectionError as error:
    #     return {"outcome": "transport_error", "message": str(error)}
    except Exception as error:
        return {"outcome": "client_error", "message": repr(error)}


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], **reply_to(request)}), flush=True)
