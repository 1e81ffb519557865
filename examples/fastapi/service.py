"""A FastAPI service that keeps the contract of long-running operations, in one file: `uvicorn service:app`."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

SECONDS = 60.0
NAMES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 405: "UNIMPLEMENTED", 500: "INTERNAL"}

app = FastAPI(redirect_slashes=False)
operations: dict[str, dict[str, Any]] = {}
running: dict[str, asyncio.Task[None]] = {}


def error(status: int, message: str) -> JSONResponse:
    """An error as AIP-193 has it."""
    name = NAMES.get(status, "UNKNOWN")
    details = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": name,
            "domain": "service.example.com",
            "metadata": {},
        }
    ]
    body = {"error": {"code": status, "message": message, "status": name, "details": details}}
    return JSONResponse(body, status)


@app.exception_handler(404)
async def not_found(request: Request, _: Exception) -> JSONResponse:
    return error(404, f"{request.url.path} was not found.")


@app.exception_handler(405)
async def no_such_method(request: Request, _: Exception) -> JSONResponse:
    return error(404, f"{request.method} {request.url.path} was not found.")


async def work(name: str) -> None:
    """What takes long."""
    await asyncio.sleep(SECONDS)
    operations[name] |= {"done": True, "response": {"@type": "type.googleapis.com/google.protobuf.Empty"}}


@app.post("/v1/projects/{project}/locations/{location}/things")
async def create_thing(project: str, location: str) -> dict[str, Any]:
    """The service's own method: it starts an operation."""
    name = f"projects/{project}/locations/{location}/operations/{uuid.uuid4().hex}"
    operations[name] = {"name": name, "done": False}
    running[name] = asyncio.create_task(work(name))
    return operations[name]


@app.get("/v1/projects/{project}/locations/{location}/operations")
async def list_operations(project: str, location: str) -> dict[str, Any]:
    parent = f"projects/{project}/locations/{location}/operations/"
    return {"operations": [operation for name, operation in operations.items() if name.startswith(parent)]}


@app.get("/v1/projects/{project}/locations/{location}/operations/{operation}")
async def get_operation(project: str, location: str, operation: str) -> Any:
    name = f"projects/{project}/locations/{location}/operations/{operation}"
    return operations.get(name) or error(404, f"Operation {name} was not found.")


@app.delete("/v1/projects/{project}/locations/{location}/operations/{operation}")
async def delete_operation(project: str, location: str, operation: str) -> Any:
    name = f"projects/{project}/locations/{location}/operations/{operation}"
    if operations.pop(name, None) is None:
        return error(404, f"Operation {name} was not found.")
    return {}


@app.post("/v1/projects/{project}/locations/{location}/operations/{operation}:cancel")
async def cancel_operation(project: str, location: str, operation: str, request: Request) -> Any:
    """Best effort: an operation that is done stays as it is."""
    body = await request.body()
    try:
        message = json.loads(body) if body else {}
    except ValueError:
        message = None
    if not isinstance(message, dict):
        return error(400, "The body is not a JSON object.")
    name = f"projects/{project}/locations/{location}/operations/{operation}"
    found = operations.get(name)
    if found is None:
        return error(404, f"Operation {name} was not found.")
    if not found["done"]:
        running.pop(name).cancel()
        found |= {"done": True, "error": {"code": 1, "message": "The operation was cancelled."}}
    return {}
