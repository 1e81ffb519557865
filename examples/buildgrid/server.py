"""BuildGrid itself: its configuration, its database schema, its process."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from string import Template

from examples.serving.children import Children
from examples.serving.sockets import accepts

START_SECONDS = 60.0
OTHERWISE = "see what BuildGrid said above; delete .interop to have its environment made again"

BGD = ["-c", "from buildgrid.server.app import cli; cli()"]
"""BuildGrid's command, without relying on a script whose first line holds a path."""


def start_buildgrid(children: Children, scratch: Path, database: str) -> Path:
    """Start BuildGrid on a Unix socket; return the socket as soon as it takes connections."""
    listening = scratch / "buildgrid.sock"
    configuration = scratch / "buildgrid.yml"
    template = Template(Path(__file__).with_name("buildgrid.yml").read_text("utf-8"))
    # JSON strings are YAML strings: nothing in a path can break out of the quotes.
    configuration.write_text(
        template.substitute(address=json.dumps(f"unix:{listening}"), database=json.dumps(database)), "utf-8"
    )
    children.run(
        "buildgrid-migrate",
        [sys.executable, *BGD, "migrate", "apply", database],
        within=START_SECONDS,
        remedy=OTHERWISE,
    )
    children.start("buildgrid", [sys.executable, *BGD, "server", "start", configuration])
    children.wait_until("BuildGrid", lambda: accepts(listening), within=START_SECONDS)
    return listening
