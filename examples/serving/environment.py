"""A virtual environment of pinned packages, made once and cached in `.interop/`.

The targets need packages that the suite must not depend on (BuildGrid pins half of its world), so each example has
its own environment. Its folder is named after the requirements and the interpreter: whoever changes either gets a
new one, and never a stale one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from examples.serving.children import POLL, Children
from examples.serving.failure import CannotServe
from examples.serving.stopping import StopRequest

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".interop"
INSTALL_SECONDS = 900.0


def enter(requirements: Path, stop: StopRequest, scratch: Path) -> None:
    """Return if we run in the environment of `requirements`; else make it, and run this same program again in it."""
    home = CACHE / f"environment-{requirements.parent.name}-{_fingerprint(requirements)}"
    if Path(sys.prefix).resolve() == home.resolve():
        return
    _prepare_cache()
    with _only_one(home.with_suffix(".lock"), stop):
        if not _marker(home).exists():
            _make(home, requirements, stop, scratch)
    shutil.rmtree(scratch)  # the next program makes its own; this one ends here without unwinding
    python = home / "bin" / "python"
    os.execv(python, [str(python), *sys.orig_argv[1:]])


def _make(home: Path, requirements: Path, stop: StopRequest, scratch: Path) -> None:
    print(f"making {home.relative_to(CHECKOUT)} (once; some minutes at worst)", file=sys.stderr, flush=True)
    shutil.rmtree(home, ignore_errors=True)
    with Children(scratch, stop) as children:
        children.run(
            "venv",
            [sys.executable, "-m", "venv", home],
            within=INSTALL_SECONDS,
            remedy="install the venv module of this Python (on Debian: python3-venv)",
        )
        children.run(
            "pip",
            [home / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-input", "-r", requirements],
            within=INSTALL_SECONDS,
            remedy=f"check the network and the package index of pip, and that {requirements} supports this Python",
        )
    _marker(home).touch()


def _prepare_cache() -> None:
    try:
        CACHE.mkdir(exist_ok=True)
    except OSError as error:
        raise CannotServe(f"the cache {CACHE} cannot be made: {error}", "make the checkout writable") from None


def _marker(home: Path) -> Path:
    """Written last: an environment without it was interrupted half-way and is made again."""
    return home / ".complete"


def _fingerprint(requirements: Path) -> str:
    pins = [line.partition("#")[0].strip() for line in requirements.read_text("utf-8").splitlines()]
    return hashlib.sha256("\n".join([sys.version, *filter(None, pins)]).encode()).hexdigest()[:12]


@contextlib.contextmanager
def _only_one(path: Path, stop: StopRequest) -> Iterator[None]:
    """Two examples started at the same time must not build the same environment twice."""
    with path.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                stop.pause(POLL)
        yield
