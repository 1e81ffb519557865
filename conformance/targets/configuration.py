"""What a run is told: `conformance.toml`, overridden by the command line.

Every mistake is one UsageError that names the file, the key and the remedy; an unknown key names the nearest one.
The values are frozen dataclasses whose fields are the keys of the file, so the file has no second description.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from conformance.errors import UsageError
from conformance.targets.headers import Variable, as_value, is_name, is_variable
from conformance.targets.url import check_url

CANCEL_STATEMENTS = ("guaranteed", "best-effort", "unimplemented")
ERROR_STATEMENTS = ("aip-193", "status")


@dataclass(frozen=True, slots=True)
class IutSection:
    """`[iut]`: what is under test. Without a url the embedded reference server is.

    `ca` is a file of certificates in PEM that are trusted in place of the system's.
    """

    name: str = ""
    url: str = ""
    spec: str = "beyondcorp.v1"
    parent: str = "projects/demo/locations/us"
    allow_hosts: tuple[str, ...] = ()
    headers: Mapping[str, str | Variable] = field(default_factory=dict, repr=False)
    ca: str = ""


@dataclass(frozen=True, slots=True)
class AuthSection:
    """`[auth]`: where credentials come from; never the credentials themselves.

    `token_lifetime` is how many seconds what a command prints is good for; 0: nobody knows. `client_certificate` and
    `client_key` are files in PEM; the key may stand in the file of the certificate.
    """

    kind: str = "none"
    token_env: str = ""
    token_command: tuple[str, ...] = ()
    forbidden_token_env: str = ""
    forbidden_token_command: tuple[str, ...] = ()
    token_lifetime: float = 0.0
    client_certificate: str = ""
    client_key: str = ""


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A request that starts an operation and answers with it; `name` is a JSON pointer to the operation's name."""

    method: str
    path: str
    json: Any = None
    name: str = "/name"


@dataclass(frozen=True, slots=True)
class SupplyForm:
    """One way to come by operations: exactly one of the four is given, or none.

    `python` names a function of the user's, `package.module:function`; `function` is one that a test fixture gave.
    """

    start: StartRequest | None = None
    command: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    python: str = ""
    function: Callable[[], str] | None = None

    @property
    def is_given(self) -> bool:
        return bool(self.kind)

    @property
    def kind(self) -> str:
        """The key of `[operations]` that is given; empty when none is."""
        given = {
            "start": self.start is not None,
            "command": bool(self.command),
            "python": bool(self.python) or self.function is not None,
            "names": bool(self.names),
        }
        return next((key for key, is_given in given.items() if is_given), "")


@dataclass(frozen=True, slots=True)
class OperationsSection:
    """`[operations]`: the supply of running operations, and what becomes of them. `settle` is in seconds."""

    running: SupplyForm = field(default_factory=SupplyForm)
    completed: SupplyForm = field(default_factory=SupplyForm)
    settle: float = 10.0
    cleanup: str = "delete"


@dataclass(frozen=True, slots=True)
class StatementSection:
    """`[statement]`: the conformance statement; None is "not said"."""

    cancel: str | None = None
    list: bool | None = None
    delete: bool | None = None
    auth: bool | None = None
    errors: str | None = None


@dataclass(frozen=True, slots=True)
class LimitsSection:
    """`[limits]`: what a run may use. `rate` is requests per second (0: no limit), `timeout` seconds per request.

    None of these says anything about conformance, but for `timeout`: a request that is not answered within it is
    not answered.
    """

    requests: int = 2000
    operations: int = 60
    rate: float = 0.0
    concurrency: int = 16
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Disguise:
    """What the embedded reference server pretends to be: a fault or a correct variant, by name. Not in the file."""

    kind: Literal["fault", "variant"]
    name: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything a run is told about its target."""

    iut: IutSection = field(default_factory=IutSection)
    auth: AuthSection = field(default_factory=AuthSection)
    operations: OperationsSection = field(default_factory=OperationsSection)
    statement: StatementSection = field(default_factory=StatementSection)
    limits: LimitsSection = field(default_factory=LimitsSection)
    directory: Path = field(default_factory=Path)
    disguise: Disguise | None = None
    rehearsal: str = ""
    """How the operations of a stand-in behave that takes the target's place; empty in a real run. Not in the file."""

    @property
    def is_embedded(self) -> bool:
        """Whether the target is the embedded reference server."""
        return not self.iut.url


def read_configuration(path: Path) -> Configuration:
    """The configuration in a TOML file.

    Raises UsageError for a file that is not there, is not TOML, or has a key or value that is not known.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", "name a conformance.toml that exists") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: is not TOML: {error}", "mend the line that is named") from error
    configuration = _Reader(str(path)).configuration(document)
    return replace(configuration, directory=path.parent)


def with_statement(configuration: Configuration, settings: Mapping[str, str]) -> Configuration:
    """The configuration with `--statement KEY=VALUE` settings put over its conformance statement."""
    words: dict[str, Any] = {
        key: {"true": True, "false": False}.get(value.lower(), value) for key, value in settings.items()
    }
    over = _Reader("--statement").statement(words)
    said = {key.name: getattr(over, key.name) for key in fields(over) if getattr(over, key.name) is not None}
    return replace(configuration, statement=replace(configuration.statement, **said))


def with_url(configuration: Configuration, url: str) -> Configuration:
    """The configuration with another target; without a supply of its own it starts operations as `serve` does."""
    check_url("--url", url)
    operations = configuration.operations
    if not operations.running.is_given:
        operations = replace(operations, running=SupplyForm(start=default_start(configuration.iut.parent)))
    return replace(configuration, iut=replace(configuration.iut, url=url.rstrip("/")), operations=operations)


def with_operations(configuration: Configuration, names: tuple[str, ...]) -> Configuration:
    """The configuration with `--operation NAME` operations as its supply."""
    for name in names:
        if "/operations/" not in name:
            raise UsageError(
                f"--operation: {name!r} is not the name of an operation",
                "give the whole name, such as projects/demo/locations/us/operations/op-1",
            )
    operations = replace(configuration.operations, running=SupplyForm(names=names), cleanup="none")
    parent = names[0].rpartition("/operations/")[0]
    return replace(configuration, operations=operations, iut=replace(configuration.iut, parent=parent))


def default_start(parent: str) -> StartRequest:
    """How the reference server and `serve` start a running operation."""
    return StartRequest(method="POST", path=f"/v1/{parent}/operations:start", json={"mode": "run"})


_ENTRY_POINT = re.compile(r"\w+(\.\w+)*:\w+")
_SUPPLIES = ("start", "command", "python", "names")
_LARGEST = 1e9
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


class _Reader:
    """Reads a TOML document into sections; `where` names the file in messages."""

    def __init__(self, where: str) -> None:
        self.where = where

    def configuration(self, document: Mapping[str, Any]) -> Configuration:
        self._known("", document, ("iut", "auth", "operations", "statement", "limits"))
        for section, value in document.items():
            if not isinstance(value, dict):
                raise self._wrong(section, "a table", value)
        configuration = Configuration(
            iut=self._iut(document.get("iut", {})),
            auth=self._auth(document.get("auth", {})),
            operations=self._operations(document.get("operations", {})),
            statement=self.statement(document.get("statement", {})),
            limits=self._limits(document.get("limits", {})),
        )
        if configuration.iut.url and not configuration.operations.running.is_given:
            raise UsageError(
                f"{self.where}: [operations] says nothing about where running operations come from",
                "set exactly one of start, command, python and names",
            )
        return configuration

    def _iut(self, table: Mapping[str, Any]) -> IutSection:
        self._known("iut", table, tuple(key.name for key in fields(IutSection)))
        default = IutSection()
        url = self._text(table, "iut.url", default.url)
        if url:
            check_url(self.where, url)
        return IutSection(
            name=self._text(table, "iut.name", default.name),
            url=url.rstrip("/"),
            spec=self._text(table, "iut.spec", default.spec),
            parent=self._text(table, "iut.parent", default.parent).strip("/"),
            allow_hosts=self._texts(table, "iut.allow_hosts"),
            headers=self._headers(table.get("headers", {})),
            ca=self._text(table, "iut.ca", default.ca),
        )

    def _headers(self, table: Any) -> Mapping[str, str | Variable]:
        """Header fields; a value may be a secret, so that none is ever shown."""
        if not isinstance(table, dict):
            raise self._wrong("iut.headers", "a table of texts", "something else")
        headers: dict[str, str | Variable] = {}
        for name, said in table.items():
            if not is_name(name):
                raise self._wrong("iut.headers", "names of header fields", name)
            value = as_value(said)
            if value is None:
                expected = 'a field value or {env = "NAME"}'
                raise self._wrong(f"iut.headers.{name}", expected, "something else")
            headers[name] = value
        return headers

    def _auth(self, table: Mapping[str, Any]) -> AuthSection:
        self._known("auth", table, tuple(key.name for key in fields(AuthSection)))
        section = AuthSection(
            kind=self._choice(table, "auth.kind", ("none", "bearer", "google"), "none"),
            token_env=self._text(table, "auth.token_env", ""),
            token_command=self._texts(table, "auth.token_command"),
            token_lifetime=self._duration(table, "auth.token_lifetime", 0.0),
            client_certificate=self._text(table, "auth.client_certificate", ""),
            client_key=self._text(table, "auth.client_key", ""),
            forbidden_token_env=self._text(table, "auth.forbidden_token_env", ""),
            forbidden_token_command=self._texts(table, "auth.forbidden_token_command"),
        )
        if section.forbidden_token_env and section.forbidden_token_command:
            raise UsageError(
                f"{self.where}: [auth] has forbidden_token_env and forbidden_token_command", "keep one of the two"
            )
        if section.client_key and not section.client_certificate:
            raise UsageError(f"{self.where}: [auth] has client_key alone", "set client_certificate to its certificate")
        for key in ("token_env", "forbidden_token_env"):
            if (name := getattr(section, key)) and not is_variable(name):
                # It may be the token itself, so it is not shown.
                raise self._wrong(f"auth.{key}", "the name of an environment variable", "something else")
        if section.kind == "bearer" and bool(section.token_env) == bool(section.token_command):
            raise UsageError(
                f'{self.where}: [auth] kind = "bearer" needs exactly one of token_env and token_command',
                "name the environment variable that holds the token, or the command that prints it",
            )
        return section

    def _operations(self, table: Mapping[str, Any]) -> OperationsSection:
        self._known("operations", table, (*_SUPPLIES, "completed", "settle", "cleanup"))
        running = self._supply("operations", {key: table[key] for key in _SUPPLIES if key in table})
        completed = table.get("completed", {})
        if not isinstance(completed, dict):
            raise self._wrong("operations.completed", "a table with one of start, command, python and names", completed)
        # A start request may stand directly in `completed`, as it does in `start`.
        if "method" in completed or "path" in completed:
            completed = {"start": completed}
        return OperationsSection(
            running=running,
            completed=self._supply("operations.completed", completed),
            settle=self._duration(table, "operations.settle", 10.0),
            cleanup=self._choice(table, "operations.cleanup", ("delete", "none"), "delete"),
        )

    def _supply(self, where: str, table: Mapping[str, Any]) -> SupplyForm:
        self._known(where, table, _SUPPLIES)
        if len(table) > 1:
            raise UsageError(
                f"{self.where}: [{where}] has {', '.join(sorted(table))}",
                "keep exactly one of start, command, python and names",
            )
        start = table.get("start")
        if start is not None and not isinstance(start, dict):
            raise self._wrong(f"{where}.start", "a table with method, path, json and name", start)
        return SupplyForm(
            start=self._start(f"{where}.start", start) if start is not None else None,
            command=self._texts(table, f"{where}.command"),
            names=self._texts(table, f"{where}.names"),
            python=self._entry_point(table, f"{where}.python"),
        )

    def _entry_point(self, table: Mapping[str, Any], key: str) -> str:
        entry = self._text(table, key, "")
        if entry and _ENTRY_POINT.fullmatch(entry) is None:
            raise self._wrong(key, 'a function such as "package.module:function"', entry)
        return entry

    def _start(self, where: str, table: Mapping[str, Any]) -> StartRequest:
        self._known(where, table, tuple(key.name for key in fields(StartRequest)))
        path = self._text(table, f"{where}.path", "")
        if not path.startswith("/"):
            raise self._wrong(f"{where}.path", "a path that begins with /", path)
        pointer = self._text(table, f"{where}.name", "/name")
        if not pointer.startswith("/"):
            raise self._wrong(f"{where}.name", "a JSON pointer such as /name", pointer)
        body = table.get("json")
        try:
            json.dumps(body, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise self._wrong(f"{where}.json", "what JSON can say: no date, no time, no nan, no inf", body) from error
        return StartRequest(self._text(table, f"{where}.method", "POST").upper(), path, body, pointer)

    def statement(self, table: Mapping[str, Any]) -> StatementSection:
        """The conformance statement in a table."""
        self._known("statement", table, tuple(key.name for key in fields(StatementSection)))
        for key in ("list", "delete", "auth"):
            if not isinstance(table.get(key, True), bool):
                raise self._wrong(f"statement.{key}", "true or false", table[key])
        return StatementSection(
            cancel=self._choice(table, "statement.cancel", CANCEL_STATEMENTS, None),
            list=table.get("list"),
            delete=table.get("delete"),
            auth=table.get("auth"),
            errors=self._choice(table, "statement.errors", ERROR_STATEMENTS, None),
        )

    def _limits(self, table: Mapping[str, Any]) -> LimitsSection:
        self._known("limits", table, tuple(key.name for key in fields(LimitsSection)))
        default = LimitsSection()
        timeout = self._duration(table, "limits.timeout", default.timeout)
        if timeout == 0:
            raise self._wrong("limits.timeout", "longer than nothing", table["timeout"])
        return LimitsSection(
            requests=self._count(table, "limits.requests", default.requests),
            operations=self._count(table, "limits.operations", default.operations),
            rate=self._number(table, "limits.rate", default.rate),
            concurrency=self._count(table, "limits.concurrency", default.concurrency),
            timeout=timeout,
        )

    def _known(self, section: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
                place = f"[{section}]" if section else "the file"
                hint = f"did you mean {near[0]!r}?" if near else f"{place} has the keys {', '.join(known)}"
                raise UsageError(f"{self.where}: {place} has an unknown key {key!r}", hint)

    def _text(self, table: Mapping[str, Any], key: str, default: str) -> str:
        value = table.get(key.rpartition(".")[2], default)
        if not isinstance(value, str):
            raise self._wrong(key, "a text", value)
        return value

    def _texts(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key.rpartition(".")[2], [])
        if not (isinstance(value, list) and all(isinstance(entry, str) for entry in value)):
            raise self._wrong(key, "a list of texts", value)
        return tuple(value)

    def _choice(self, table: Mapping[str, Any], key: str, choices: tuple[str, ...], default: Any) -> Any:
        value = table.get(key.rpartition(".")[2], default)
        if value != default and value not in choices:
            raise self._wrong(key, "one of " + ", ".join(choices), value)
        return value

    def _count(self, table: Mapping[str, Any], key: str, default: int) -> int:
        value = table.get(key.rpartition(".")[2], default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self._wrong(key, "a whole number of at least 1", value)
        return value

    def _number(self, table: Mapping[str, Any], key: str, default: float) -> float:
        value = table.get(key.rpartition(".")[2], default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST:
            raise self._wrong(key, "a number of at least 0", value)
        return float(value)

    def _duration(self, table: Mapping[str, Any], key: str, default: float) -> float:
        value = table.get(key.rpartition(".")[2], default)
        seconds = -1.0
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value
        elif isinstance(value, str) and (match := _DURATION.fullmatch(value)):
            seconds = float(match[1]) * _UNITS[match[2]]
        if not 0 <= seconds <= _LARGEST:
            raise self._wrong(key, 'a duration such as "10s" or "500ms"', value)
        return float(seconds)

    def _wrong(self, key: str, expected: str, got: object) -> UsageError:
        return UsageError(f"{self.where}: {key} must be {expected}, got {got!r}", f"mend {key}")
