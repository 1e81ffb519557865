"""Serves a gRPC `google.longrunning.Operations` service behind Envoy: a real transcoder in front of honest operations.

    python examples/envoy-grpc/serve.py [--port NUMBER]

The operations are those of the reference server, so whatever differs from it is the transcoder's doing.
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
    from examples.transcoder.envoy import start_envoy
    from examples.transcoder.operations_service import OperationsService, descriptors, listening

    service = OperationsService()
    socket = stage.scratch / "operations.sock"
    # Envoy first: a process that already runs gRPC threads had better not fork.
    url = start_envoy(stage.children, stage.scratch, files=descriptors(), service_socket=socket, port=stage.port)
    stage.cleanup.enter_context(listening(service, socket))
    return Running(url, service.start_operation)


if __name__ == "__main__":
    sys.exit(serve("envoy-grpc", come_up, requirements=HERE / "requirements.txt", arguments=sys.argv[1:]))
