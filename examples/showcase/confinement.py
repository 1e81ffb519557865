"""On loopback only: for a server that can listen on nothing but all interfaces.

On Linux the server runs in a network namespace of its own, where loopback is the only interface there is, and
`relay.py` carries connections from our loopback to that one. Where that is not possible, the user may decide to let
the server listen on all interfaces.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from examples.serving.children import Children
from examples.serving.failure import NotAvailable

INSIDE_PORTS: Final = (7469, 1337)
"""In a namespace of our own every port is free."""

Command = Callable[[int, int], Sequence[str | Path]]
"""The server's command line for a port to serve on, and one that it opens besides."""


def start_confined(children: Children, command: Command, *, port: int) -> str:
    """Start the server so that it can be reached through loopback only; return its URL."""
    if os.environ.get("LRO_ALL_INTERFACES") == "1":
        chosen, other = port or _free_port(), _free_port()
        children.start("server", command(chosen, other))
        return f"http://127.0.0.1:{chosen}"
    isolate = _isolation()
    with socket.create_server(("127.0.0.1", port)) as listener:
        descriptor = listener.fileno()
        words = [str(word) for word in command(*INSIDE_PORTS)]
        relay = [sys.executable, str(Path(__file__).with_name("relay.py")), str(descriptor), str(INSIDE_PORTS[0])]
        children.start("server", [*isolate, *relay, *words], inherit=[descriptor])
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _isolation() -> list[str]:
    """A command prefix that runs a program without a network. Raises NotAvailable."""
    program = shutil.which("unshare")
    if program is not None:
        for options in (["--net"], ["--user", "--map-root-user", "--net"]):
            if subprocess.run([program, *options, "true"], capture_output=True, check=False).returncode == 0:
                return [program, *options]
    raise NotAvailable(
        "gapic-showcase only listens on all interfaces, and no network namespace can be had here to confine it",
        "allow unprivileged user namespaces, or accept that it can be reached from outside: set LRO_ALL_INTERFACES=1",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
