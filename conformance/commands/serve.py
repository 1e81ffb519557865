"""`serve`: the reference server on a socket."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.commands import Commands

_LAST_PORT = 65535
_LONGEST_LATENCY = 3_600_000.0


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "serve",
        help="serve the reference server; prints its URL first",
        description="Serve the reference server on a socket until it is interrupted. The first line is its URL.",
        allow_abbrev=False,
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="default: 0, any free port")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="milliseconds before every answer")
    parser.add_argument("--fault", metavar="NAME", help="lie in one way; `lro-conformance faults` lists them")
    parser.add_argument("--variant", metavar="NAME", help="be one of the correct variants")
    parser.add_argument("--world", metavar="NAME", help="how the honest server behaves: at-once, late, very-late, …")
    parser.add_argument("--spec", default="beyondcorp.v1", metavar="SPEC", help="the contract whose paths it serves")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from conformance.errors import UsageError
    from conformance.server.reference.bindings import bindings_for
    from conformance.server.reference.build import reference_service
    from conformance.server.reference.serve import serve
    from conformance.server.reference.worlds import AT_ONCE, world_named
    from conformance.spec.contract import Contract

    if not 0 <= options.port <= _LAST_PORT:
        raise UsageError(f"--port: there is no port {options.port}", "give 1 to 65535, or 0 for any that is free")
    if not 0 <= options.latency < _LONGEST_LATENCY:
        raise UsageError(f"--latency: an answer cannot be {options.latency:g} ms late", "give 0 or more milliseconds")
    if options.fault and options.variant:
        raise UsageError("--fault and --variant exclude each other", "name one of them")
    service = world_named(options.world or AT_ONCE.name).of(
        reference_service(bindings=bindings_for(Contract.load(options.spec).bindings))
    )
    if options.fault:
        from conformance.server.reference.faults import fault_named

        service = fault_named(options.fault).apply(service)
    if options.variant:
        from conformance.server.reference.variants import variant_named

        service = variant_named(options.variant).apply(service)
    serve(service, options.host, options.port, options.latency)
    return 0
