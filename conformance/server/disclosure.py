"""`run --disallow-unredacted`: what in a configuration would be seen by others, and is refused before anything is sent.

What comes from the environment, a command or the machine's default credentials is redacted by its type. What stands in
the file is in the file; some of it goes into records (paths, bodies, headers), and a command's words are in the list of
processes and in the curl line. So with this option

* a header field that carries a credential, by its name or its look, must come from the environment;
* a start request must have no credential in its query or its body;
* a command must have none among its words.

A URL with a user, a password or a query is refused without the option too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from conformance.errors import UsageError
from conformance.secrets.command import command_without_secrets
from conformance.secrets.looks import is_secret_field, is_secret_parameter, looks_secret
from conformance.server.target.configuration import Configuration, SupplyForm

_MEMBER = re.compile(r"token|secret|passw|api[-_]?key|private[-_]?key|credential", re.IGNORECASE)


def refuse_unredacted(configuration: Configuration, where: str) -> None:
    """Raise UsageError naming every key of the configuration whose value would be seen; no value is shown."""
    found = list(_disclosures(configuration))
    if found:
        raise UsageError(
            f"{where}: with --disallow-unredacted these may not hold a secret: {'; '.join(found)}",
            'leave it out of the file: [iut] headers take {env = "NAME"}, [auth] takes token_env or token_command, and'
            " a command can read the environment by itself",
        )


def _disclosures(configuration: Configuration) -> Iterator[str]:
    for name, value in configuration.iut.headers.items():
        if isinstance(value, str) and value and (is_secret_field(name) or looks_secret(value)):
            yield f"iut.headers.{name} is written out"
    if looks_secret(unquote(configuration.iut.url)):
        yield "iut.url has what looks like a token"
    auth, operations = configuration.auth, configuration.operations
    yield from _in_command("auth.token_command", auth.token_command)
    yield from _in_command("auth.forbidden_token_command", auth.forbidden_token_command)
    yield from _in_supply("operations", operations.running)
    yield from _in_supply("operations.completed", operations.completed)


def _in_command(key: str, command: Sequence[str]) -> Iterator[str]:
    if command_without_secrets(command) != list(command) or looks_secret(" ".join(command)):
        yield f"{key} has a credential among its words, which every user of this machine can see"


def _in_supply(key: str, supply: SupplyForm) -> Iterator[str]:
    yield from _in_command(f"{key}.command", supply.command)
    start = supply.start
    if start is None:
        return
    path, _, query = start.path.partition("?")
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if value and (is_secret_parameter(name) or looks_secret(unquote(value))):
            yield f"{key}.start.path has the parameter {unquote(name)!r}"
    if looks_secret(unquote(path)):
        yield f"{key}.start.path has what looks like a token"
    yield from _in_json(f"{key}.start.json", start.json)


def _in_json(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, str) and member and _MEMBER.search(name):
                yield f"{key}.{name} is written out"
            else:
                yield from _in_json(f"{key}.{name}", member)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _in_json(f"{key}[{index}]", entry)
    elif isinstance(value, str) and looks_secret(value):
        yield f"{key} has what looks like a token"
