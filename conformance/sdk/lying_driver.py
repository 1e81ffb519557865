"""A driver around a client with one fault: `python -m conformance.sdk.lying_driver --fault NAME`.

The faults are in `conformance.sdk.faults`; `--list` prints them, each with what it breaks. Without a fault the client
is the honest one, with `--spec SPEC` that of another contract.
"""

from __future__ import annotations

import argparse
import sys

from conformance.errors import ConformanceError
from conformance.exchange import Method
from conformance.sdk.faults import client_faults, fault_named
from conformance.sdk.honest_driver import Client, main
from conformance.spec.contract import Contract


def client_of(contract: Contract) -> Client:
    """The honest client of an API with this contract."""

    def path(method: str, name: str) -> str:
        return contract.path(Method.CANCEL if method == "cancel" else Method.GET, name)

    return Client(check=lambda name: contract.binds(Method.CANCEL, name), path=path)


def run() -> int:
    """Drive the liar, or list what it can be told to get wrong; the exit status."""
    parser = argparse.ArgumentParser(description="A driver around a client with one fault.")
    parser.add_argument("--fault", metavar="NAME", help="what the client gets wrong")
    parser.add_argument("--spec", metavar="SPEC", help="the contract of its API (default: that of BeyondCorp)")
    parser.add_argument("--list", action="store_true", help="list the faults")
    options = parser.parse_args()
    if options.list:
        for fault in client_faults().values():
            print(f"{fault.name}\n  {fault.lie}\n  breaks {', '.join(fault.breaks)}")
        return 0
    try:
        honest = client_of(Contract.load(options.spec)) if options.spec else Client()
        main(fault_named(options.fault).apply(honest) if options.fault else honest)
    except ConformanceError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(run())
