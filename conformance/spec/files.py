"""Where the specs are, and how their YAML is read.

In a checkout the specs are the folder `specs/` beside the package; in an installed wheel they are inside the package.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from conformance.errors import UsageError, nearest

_PACKAGE = Path(__file__).resolve().parent.parent
_DEEPEST = 150
_LARGEST = 1_000_000
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
    near = nearest(Path(name).name, [*known, *(f"{stem}.yaml" for stem in known)])
    hint = f"did you mean {near}? Else give" if near else f"name one of {', '.join(known)}, or give"
    raise UsageError(f"there is no spec {name}", f"{hint} the path of an OpenAPI file")


def read_yaml(path: Path) -> Any:
    """The YAML (or JSON, which is YAML) document in a file.

    Raises UsageError when the file cannot be read, is not UTF-8 or is not YAML, or is larger than any spec; a short
    file can become large when it repeats its parts by aliases.
    """
    text = read_text(path, "name a readable text file in UTF-8")
    try:
        return _of_a_size(path, yaml.load(text, Loader=_Loader))
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where is not None else ""
        what = getattr(error, "problem", None) or "it cannot be parsed"
        raise UsageError(f"{path}{line}: not YAML: {what}", "fix the file") from error
    except RecursionError as error:
        raise _too_deep(path) from error


def read_json(path: Path, remedy: str) -> Any:
    """The JSON document in a file; `remedy` says which file is wanted.

    Raises UsageError when the file cannot be read, is not JSON, or is nested too deep.
    """
    text = read_text(path, remedy)
    try:
        return _of_a_size(path, json.loads(text))
    except RecursionError as error:
        raise _too_deep(path) from error
    except ValueError as error:
        raise UsageError(f"{path}: is not JSON: {error}", remedy) from error


def read_text(path: Path, remedy: str) -> str:
    """The text in a file, without the mark that some editors put before it. Raises UsageError when there is none."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: cannot be read: it is not UTF-8", "save it as a text in UTF-8") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", remedy) from error


def _of_a_size(path: Path, document: Any) -> Any:
    """The document, if its whole size is acceptable. Raises UsageError."""
    sizes: dict[int, int] = {}
    open_ones: set[int] = set()

    def size_of(value: Any, depth: int) -> int:
        if not isinstance(value, dict | list) or id(value) in open_ones:
            return 1  # what refers to itself is as large as it stands there
        if depth > _DEEPEST:
            raise _too_deep(path)
        if id(value) not in sizes:
            open_ones.add(id(value))
            members = value.values() if isinstance(value, dict) else value
            sizes[id(value)] = 1 + sum(size_of(member, depth + 1) for member in members)
            open_ones.remove(id(value))
        if sizes[id(value)] > _LARGEST:
            raise UsageError(
                f"{path}: has more than {_LARGEST} values when its aliases are written out", "name a smaller file"
            )
        return sizes[id(value)]

    size_of(document, 0)
    return document


def _too_deep(path: Path) -> UsageError:
    return UsageError(f"{path}: is nested more than {_DEEPEST} deep", "name a file that is not made to be so")


_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef", "operationRef"})


def refuse_foreign_references(path: Path, document: Any) -> None:
    """Raise UsageError for a reference to anything but the document itself.

    A program that resolves references fetches URLs and opens files. A description must not decide what this machine
    opens.
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
