"""Whether somebody listens on a Unix socket."""

from __future__ import annotations

import socket
from pathlib import Path


def accepts(path: Path) -> bool | None:
    """True, or None for "not yet": the form `Children.wait_until` asks for."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
        except OSError:
            return None
    return True
