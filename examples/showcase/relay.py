"""Runs a server inside this network namespace, and carries connections from a listener outside to it.

    unshare --net python relay.py DESCRIPTOR PORT COMMAND [ARGUMENT...]

A socket belongs to the namespace it was made in. DESCRIPTOR is a listening socket that was made outside and
inherited; PORT is where the server listens inside. Bytes are passed on as they come. Ends when the server ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples.serving.children import die_with_parent

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_CHUNK = 65536


def bring_loopback_up() -> None:
    """A new namespace has a loopback interface, and it is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        name, flags = struct.unpack("16sH14x", answer)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", name, flags | _IFF_UP))


def accept_all(listener: socket.socket, port: int) -> None:
    while True:
        outside, _ = listener.accept()
        try:
            inside = socket.create_connection(("127.0.0.1", port), timeout=10)
        except OSError:
            outside.close()  # not up yet, or gone: the client sees what it would see without us
            continue
        inside.settimeout(None)
        for source, sink in ((outside, inside), (inside, outside)):
            sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=carry, args=(source, sink), daemon=True).start()


def carry(source: socket.socket, sink: socket.socket) -> None:
    """One direction of a connection; its end is passed on, too."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def main(arguments: list[str]) -> int:
    descriptor, port, *command = arguments
    die_with_parent()  # again: entering a namespace may have made the kernel forget it
    bring_loopback_up()
    listener = socket.socket(fileno=int(descriptor))
    server = subprocess.Popen(command, preexec_fn=die_with_parent)
    threading.Thread(target=accept_all, args=(listener, int(port)), daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
