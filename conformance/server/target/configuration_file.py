"""How `conformance.toml` is read, and `--statement`, which has the keys of one of its sections.

Every mistake is one UsageError that names the file, the key and the remedy; an unknown key names the nearest one.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

from conformance.errors import UsageError, did_you_mean
from conformance.judging.statement import (
    AuthOrder,
    CancelStatement,
    ErrorsStatement,
    Statement,
    StatementSection,
    UnknownFieldsStatement,
)
from conformance.server.target.configuration import (
    AuthKind,
    AuthSection,
    Cleanup,
    Configuration,
    IutSection,
    LimitsSection,
    OperationsSection,
    StartRequest,
    SupplyForm,
)
from conformance.server.target.headers import FromEnvironment, as_value, is_name, is_variable
from conformance.server.target.url import check_host, usual_url
from conformance.spec.files import read_text


def read_configuration(path: Path) -> Configuration:
    """The configuration in a TOML file.

    Raises UsageError for a file that is not there, is not TOML, or has a key or value that is not known.
    """
    text = read_text(path, "name a file that can be read" if path.exists() else "name a conformance.toml that exists")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: is not TOML: {error}", "fix the line that is named") from error
    configuration = _Reader(str(path)).configuration(document)
    return replace(configuration, directory=path.parent, file=str(path))


def declared_statement(settings: Mapping[str, str]) -> Statement:
    """The statement that `--statement KEY=VALUE` settings declare. Raises UsageError for an unknown key or value."""
    return Statement(with_statement(Configuration(), settings).statement)


def with_statement(configuration: Configuration, settings: Mapping[str, str]) -> Configuration:
    """The configuration with `--statement KEY=VALUE` settings put over its conformance statement."""
    words: dict[str, Any] = {
        key: {"true": True, "false": False}.get(value.lower(), value) for key, value in settings.items()
    }
    over = _Reader("--statement").statement(words)
    said = {key.name: getattr(over, key.name) for key in fields(over) if getattr(over, key.name) is not None}
    return replace(configuration, statement=replace(configuration.statement, **said))


_ENTRY_POINT = re.compile(r"\w+(\.\w+)*:\w+")
_SUPPLIES = ("start", "command", "python", "names")
_LARGEST = 1e9
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def duration_of(text: str) -> float | None:
    """The seconds of a duration such as "10s", "500ms" or "2.5"; None for another text."""
    match = _DURATION.fullmatch(text)
    return float(match[1]) * _UNITS[match[2]] if match else None


class _Reader:
    """Reads a TOML document into sections; `where` names the file in messages."""

    def __init__(self, where: str) -> None:
        self.where = where

    def configuration(self, document: Mapping[str, Any]) -> Configuration:
        self._known("", document, ("iut", "auth", "operations", "statement", "limits"))
        for section, value in document.items():
            if not isinstance(value, dict):
                raise self._wrong(section, "a table", value)
        return Configuration(
            iut=self._iut(document.get("iut", {})),
            auth=self._auth(document.get("auth", {})),
            operations=self._operations(document.get("operations", {})),
            statement=self.statement(document.get("statement", {})),
            limits=self._limits(document.get("limits", {})),
        )

    def _iut(self, table: Mapping[str, Any]) -> IutSection:
        self._known("iut", table, tuple(key.name for key in fields(IutSection) if key.compare))
        default = IutSection()
        hosts = self._texts(table, "iut.allow_hosts")
        for host in hosts:
            if "*" in host:
                raise UsageError(
                    f"{self.where}: iut.allow_hosts has the pattern {host!r}; nobody may test them all",
                    "name every host that you may test",
                )
            check_host(f"{self.where}: iut.allow_hosts", host)
        url = self._text(table, "iut.url", default.url)
        if url:
            url = usual_url(self.where, url)
        parents = self._parents(table["parent"]) if "parent" in table else ()
        app = self._text(table, "iut.app", default.app)
        if app and url:
            raise UsageError(
                f"{self.where}: [iut] has a url and an app", "test one or the other: leave one of them out"
            )
        header = self._text(table, "iut.request_id_header", default.request_id_header)
        if header and not is_name(header):
            raise self._wrong("iut.request_id_header", "the name of a header field", header)
        return IutSection(
            name=self._text(table, "iut.name", default.name),
            url=url,
            spec=self._text(table, "iut.spec", default.spec),
            parent=parents[0] if parents else "",
            allow_hosts=hosts,
            headers=self._headers(table.get("headers", {})),
            ca=self._text(table, "iut.ca", default.ca),
            version=self._text(table, "iut.version", default.version),
            app=app,
            request_id_header=header,
            said=frozenset(table),
            further_parents=parents[1:],
        )

    def _parents(self, said: Any) -> tuple[str, ...]:
        """One parent, or a list of several."""
        texts = [said] if isinstance(said, str) else said
        if not (isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)):
            raise self._wrong("iut.parent", "a text or a list of texts", said)
        parents = tuple(text.strip("/") for text in texts)
        for parent in parents:
            if parents.count(parent) > 1:
                raise UsageError(f"{self.where}: iut.parent has {parent!r} twice", "name each one in iut.parent once")
        return parents

    def _headers(self, table: Any) -> Mapping[str, str | FromEnvironment]:
        """Header fields; a value may be a secret, so that none is ever shown."""
        if not isinstance(table, dict):
            raise self._wrong("iut.headers", "a table of texts", "something else")
        headers: dict[str, str | FromEnvironment] = {}
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
            kind=self._choice(table, "auth.kind", get_args(AuthKind), "none"),
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
        self._known("operations", table, (*_SUPPLIES, "completed", "settle", "watch", "cleanup"))
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
            watch=self._duration(table, "operations.watch", 0.0) if "watch" in table else None,
            cleanup=self._choice(table, "operations.cleanup", get_args(Cleanup), "delete"),
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
            where=f"{self.where}: {'.'.join([where, *table])}",
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
        method = self._text(table, f"{where}.method", "POST")
        if not is_name(method):
            raise self._wrong(f"{where}.method", "an HTTP method such as POST", method)
        return StartRequest(method.upper(), path, body, pointer)

    def statement(self, table: Mapping[str, Any]) -> StatementSection:
        """The conformance statement in a table."""
        self._known("statement", table, tuple(key.name for key in fields(StatementSection)))
        for key in ("list", "delete", "auth"):
            if not isinstance(table.get(key, True), bool):
                raise self._wrong(f"statement.{key}", "true or false", table[key])
        return StatementSection(
            cancel=self._choice(table, "statement.cancel", get_args(CancelStatement), None),
            list=table.get("list"),
            delete=table.get("delete"),
            auth=table.get("auth"),
            errors=self._choice(table, "statement.errors", get_args(ErrorsStatement), None),
            unknown_fields=self._choice(table, "statement.unknown_fields", get_args(UnknownFieldsStatement), None),
            auth_order=self._choice(table, "statement.auth_order", get_args(AuthOrder), None),
        )

    def _limits(self, table: Mapping[str, Any]) -> LimitsSection:
        self._known("limits", table, tuple(key.name for key in fields(LimitsSection) if key.compare))
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
            said=frozenset(table),
        )

    def _known(self, section: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                place = f"[{section}]" if section else "the file"
                hint = did_you_mean(key, known, f"{place} has the keys {', '.join(known)}", alike=0.4)
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
        elif isinstance(value, str):
            said = duration_of(value)
            seconds = said if said is not None else -1.0
        if not 0 <= seconds <= _LARGEST:
            raise self._wrong(key, 'a duration such as "10s" or "500ms"', value)
        return float(seconds)

    def _wrong(self, key: str, expected: str, got: object) -> UsageError:
        return UsageError(f"{self.where}: {key} must be {expected}, got {got!r}", f"fix {key}")
