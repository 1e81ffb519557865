"""The gapic-showcase program: named by the user, cached, or installed with Go."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from examples.serving.children import Children
from examples.serving.environment import CACHE
from examples.serving.failure import CannotServe, NotAvailable

MODULE: Final = "github.com/googleapis/gapic-showcase"
PROGRAM: Final = f"{MODULE}/cmd/gapic-showcase"
VERSION: Final = "v0.39.0"
INSTALL_SECONDS: Final = 900.0


def showcase_program(children: Children) -> Path:
    """The program's path. Raises NotAvailable when this machine cannot have it."""
    if named := os.environ.get("GAPIC_SHOWCASE"):
        if not os.access(named, os.X_OK):
            raise CannotServe(
                f"GAPIC_SHOWCASE names {named}, which is no program", "name the gapic-showcase program, or unset it"
            )
        return Path(named).resolve()
    program = CACHE / f"showcase-{VERSION}" / "gapic-showcase"
    if not program.exists():
        _install(children, program.parent)
    return program


def _install(children: Children, folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise NotAvailable(
            "Go is not installed, and gapic-showcase is built with it",
            "install Go 1.25 or newer, or name a gapic-showcase program in GAPIC_SHOWCASE",
        )
    # A module of our own that requires the pinned version, and nothing newer of anything: unlike `go install`, building
    # in it asks no proxy for the list of all versions.
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text(f"module showcase\n\ngo 1.24\n\nrequire {MODULE} {VERSION}\n", "utf-8")
    try:
        children.run(
            "go-build",
            [go, "build", "-C", str(folder), "-mod=mod", "-o", "gapic-showcase", PROGRAM],
            within=INSTALL_SECONDS,
            remedy="check that Go can fetch this module, or name a gapic-showcase program in GAPIC_SHOWCASE",
        )
    except CannotServe as error:
        raise NotAvailable(error.message, error.remedy) from None
