"""A driver around a client with one fault: `python -m conformance.sdk.lying_driver --fault NAME`.

The faults are in `conformance.sdk.faults`; `--list` prints them, each with what it breaks.
"""

from __future__ import annotations

import argparse
import sys

from conformance.errors import ConformanceError
from conformance.sdk.faults import client_faults, fault_named
from conformance.sdk.honest_driver import Client, main


def run() -> int:
    """Drive the liar, or list what it can be told to get wrong; the exit status."""
    parser = argparse.ArgumentParser(description="A driver around a client with one fault.")
    parser.add_argument("--fault", metavar="NAME", help="what the client gets wrong")
    parser.add_argument("--list", action="store_true", help="list the faults")
    options = parser.parse_args()
    if options.list:
        for fault in client_faults().values():
            print(f"{fault.name}\n  {fault.lie}\n  breaks {', '.join(fault.breaks)}")
        return 0
    try:
        main(fault_named(options.fault).apply(Client()) if options.fault else Client())
    except ConformanceError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(run())
