"""The command line: `lro-conformance`, and `python -m conformance`.

Exit status: 0 conformant, 1 not conformant, 2 usage or environment error, 3 incomplete.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from conformance import __version__
from conformance.commands import audit, baseline, diff, faults, replay, requirements, run, sdk, serve, spec
from conformance.errors import ConformanceError

USAGE_ERROR = 2
COMMANDS = (run, serve, requirements, faults, baseline, sdk, audit, diff, replay, spec)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. Every error of this program is one message, without a traceback."""
    _escape_what_cannot_be_written()
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and not options.takes_pytest_options:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.pytest_options = rest
    try:
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except ConformanceError as error:
        print(f"lro-conformance: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("lro-conformance: interrupted", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USAGE_ERROR


def _escape_what_cannot_be_written() -> None:
    """Marks, arrows and what a peer sent stand in the output; a terminal or pipe of another encoding gets escapes.

    A `UnicodeEncodeError` would end the program with status 1, which means "not conformant".
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lro-conformance", description="Conformance of long-running operations over HTTP/JSON.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"lro-conformance {__version__}")
    parser.set_defaults(takes_pytest_options=False)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
