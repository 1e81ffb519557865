"""Serves BuildGrid 0.4.4 behind Envoy: two programs that we did not write, together a real endpoint of the contract.

    python examples/buildgrid/serve.py [--port NUMBER]

BuildGrid is a Remote Execution server with a `google.longrunning.Operations` service of its own. Nobody works for it
here, so what it is asked to execute stays queued until somebody cancels it: ideal running operations.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `serve` takes over, nothing runs that Ctrl-C could leave behind
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from examples.serving.lifetime import Running, Stage, serve  # noqa: E402  (found through the line above)


def come_up(stage: Stage) -> Running:
    # Imported here: these packages exist only in the environment that `serve` has entered by now.
    from examples.buildgrid.execution import Executor, descriptors
    from examples.buildgrid.postgres import start_postgres
    from examples.buildgrid.server import start_buildgrid
    from examples.transcoder.envoy import start_envoy

    database = start_postgres(stage.children, stage.scratch)
    socket = start_buildgrid(stage.children, stage.scratch, database)
    url = start_envoy(stage.children, stage.scratch, files=descriptors(), service_socket=socket, port=stage.port)
    executor = stage.cleanup.enter_context(Executor(socket))
    return Running(url, executor.start_operation)


if __name__ == "__main__":
    sys.exit(serve("buildgrid", come_up, requirements=HERE / "requirements.txt", arguments=sys.argv[1:]))
