"""Serves Google's gapic-showcase 0.39.0: the server that Google's own client generators are tested against.

    python examples/showcase/serve.py [--port NUMBER]

It accepts a cancel of anything and cancels nothing. It is built with Go, once, at a pinned version; a
showcase that you have already may be named in the environment variable GAPIC_SHOWCASE.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `serve` takes over, nothing runs that Ctrl-C could leave behind
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from examples.serving.lifetime import Running, Stage, serve  # noqa: E402  (found through the line above)
from examples.showcase.confinement import start_confined  # noqa: E402
from examples.showcase.installation import showcase_program  # noqa: E402
from examples.showcase.waits import Waits  # noqa: E402

START_SECONDS = 30.0


def come_up(stage: Stage) -> Running:
    program = showcase_program(stage.children)
    url = start_confined(
        stage.children,
        lambda port, other: [program, "run", "--port", f":{port}", "--fallback-port", f":{other}"],
        port=stage.port,
    )
    waits = Waits(url)
    stage.children.wait_until("gapic-showcase", waits.answers, within=START_SECONDS)
    return Running(url, waits.start_operation)


if __name__ == "__main__":
    sys.exit(serve("showcase", come_up, requirements=None, arguments=sys.argv[1:]))
