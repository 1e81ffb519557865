"""Prints the name of one fresh operation of a target that an example's `serve.py` serves.

    python examples/serving/start_operation.py buildgrid               a running one
    python examples/serving/start_operation.py buildgrid --completed   one that has ended

Runs once per operation, hence quick: a bare socket, because importing an HTTP client takes longer than asking.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

TIMEOUT = 30.0


def serving_file(example: str) -> Path:
    """Where `serve.py` of an example says how it can be reached; see `hook.py`."""
    chosen = os.environ.get("LRO_SERVING_FILE")
    return Path(chosen) if chosen else Path(__file__).resolve().parents[2] / ".interop" / example / "serving.json"


def ask(operations_url: str, path: str) -> tuple[int, str]:
    """Status and text of one POST to the serving process."""
    host, _, port = operations_url.removeprefix("http://").rstrip("/").partition(":")
    with socket.create_connection((host, int(port)), TIMEOUT) as connection:
        connection.sendall(f"POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            head, _, body = answer.read().partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body.decode()


def main(arguments: list[str]) -> int:
    match arguments:
        case [example]:
            path = "/running"
        case [example, "--completed"]:
            path = "/completed"
        case _:
            print("usage: start_operation.py EXAMPLE [--completed]", file=sys.stderr)
            return 2
    try:
        serving = json.loads(serving_file(example).read_text("utf-8"))
        status, text = ask(serving["operations"], path)
    except (OSError, ValueError, KeyError, IndexError) as error:
        print(
            f"{example} does not answer: {error}\n  remedy: start it: python examples/{example}/serve.py",
            file=sys.stderr,
        )
        return 2
    if status != 200:
        print(f"{example}: no operation was started: {text}\n  remedy: look at the logs of serve.py", file=sys.stderr)
        return 2
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
