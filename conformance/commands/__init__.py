"""The commands of `lro-conformance`, one file each.

A command file has `add(commands)`, which describes its arguments, and a function that runs it and returns the exit
status. What is heavy is imported by that function, so that no command pays for another.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # argparse has no public name for what `add_subparsers` returns.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
