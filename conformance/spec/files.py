"""Where the specs are, and how their YAML is read.

In a checkout the specs are the folder `specs/` beside the package; in an installed wheel they are inside the package.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import yaml

from conformance.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent.parent
_ENDINGS = (".yaml", ".yml", ".json")
_OPENAPI = re.compile(rb"""^[\s{]*["']?openapi["']?\s*:""", re.MULTILINE)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def specs_directory() -> Path:
    """The folder that holds the specs of this installation."""
    # The wheel's folder first: beside an installed package, `specs` could be anybody's.
    inside = _PACKAGE / "specs"
    return inside if inside.is_dir() else _PACKAGE.parent / "specs"


def spec_names() -> list[str]:
    """The names of the OpenAPI files in the specs folder, without ending, sorted."""
    return sorted(path.stem for path in specs_directory().iterdir() if path.suffix in _ENDINGS and _is_openapi(path))


def _is_openapi(path: Path) -> bool:
    """Whether the file says so; the folder has the catalogues, too."""
    return _OPENAPI.search(path.read_bytes()) is not None


def spec_path(name: str | Path) -> Path:
    """The file that `name` means: a file of the specs folder, with or without ending, or else any path.

    Raises UsageError, with the nearest name there is, when no such file exists.
    """
    for candidate in (*_in_specs_directory(str(name)), Path(name)):
        if candidate.is_file():
            return candidate
    known = spec_names()
    nearest = difflib.get_close_matches(Path(name).name, [*known, *(f"{stem}.yaml" for stem in known)], n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"name one of {', '.join(known)}"
    raise UsageError(f"there is no spec {name}", f"{hint} A path to an OpenAPI file is accepted, too.")


def read_yaml(path: Path) -> Any:
    """The YAML (or JSON, which is YAML) document in a file.

    Raises UsageError when the file cannot be read, is not UTF-8 or is not YAML.
    """
    try:
        return yaml.load(path.read_text("utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where is not None else ""
        what = getattr(error, "problem", None) or "it cannot be parsed"
        raise UsageError(f"{path}{line}: not YAML: {what}", "mend the file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", "name a readable text file in UTF-8") from error


_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef", "operationRef"})


def refuse_foreign_references(path: Path, document: Any) -> None:
    """Raise UsageError for a reference to anything but the document itself.

    What resolves references fetches URLs and opens files: a description would decide what this machine asks for.
    """
    seen: set[int] = set()
    pending = [("", document)]
    while pending:
        where, value = pending.pop()
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        seen.add(id(value))  # an alias of YAML may stand in itself
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if key in _REFERENCES and isinstance(inner, str) and not inner.startswith("#"):
                raise UsageError(
                    f"{path}: {where}/{key} is {_without_secrets(inner)!r:.200}, which is not in this file",
                    "put what it refers to into the file, such as under components, and refer to it as #/components/…",
                )
            pending.append((f"{where}/{key}", inner))


def _without_secrets(reference: str) -> str:
    """A reference without a user, a password and a query that may stand in it."""
    return re.sub(r"([?]).*", r"\1…", re.sub(r"//[^/?#]*@", "//…@", reference), flags=re.DOTALL)


def _in_specs_directory(name: str) -> list[Path]:
    if Path(name).name != name:
        return []
    return [specs_directory() / f"{name}{ending}" for ending in ("", *_ENDINGS)]
