"""Serves a gRPC `google.longrunning.Operations` service behind grpc-gateway 2.33: the transcoder of many Go services.

    python examples/grpc-gateway/serve.py [--port NUMBER]

The operations are those of the reference server, so whatever differs from it is the gateway's doing.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `serve` takes over, nothing runs that Ctrl-C could leave behind
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from examples.serving.lifetime import Running, Stage, serve  # noqa: E402  (found through the line above)

START_SECONDS = 30.0


def come_up(stage: Stage) -> Running:
    # Imported here: these packages exist only in the environment that `serve` has entered by now.
    from gateway_program import gateway_program

    from examples.transcoder.operations_service import OperationsService, listening

    service = OperationsService()
    socket, address = stage.scratch / "operations.sock", stage.scratch / "address"
    program = gateway_program(stage.children)
    # The gateway first: a process that already runs gRPC threads had better not fork.
    options = ["-port", str(stage.port), "-service", socket, "-address-file", address]
    stage.children.start("grpc-gateway", [program, *options])

    def listens() -> str | None:
        return f"http://{address.read_text('ascii')}" if address.exists() and address.stat().st_size else None

    url = stage.children.wait_until("grpc-gateway", listens, within=START_SECONDS)
    stage.cleanup.enter_context(listening(service, socket))
    return Running(url, service.start_operation)


if __name__ == "__main__":
    sys.exit(serve("grpc-gateway", come_up, requirements=HERE / "requirements.txt", arguments=sys.argv[1:]))
