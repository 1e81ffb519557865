"""Header fields that every request carries by configuration: an API key, a quota project.

    headers = {X-Goog-User-Project = "demo", X-Goog-Api-Key = {env = "API_KEY"}}

What comes from an environment variable is a secret whatever the field is called; what stands in the file is one when
the field's name says so. A secret's record is a placeholder, `$API_KEY`, that a shell can fill.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.errors import UsageError
from conformance.exchange import Header
from conformance.secrets.looks import is_secret_field
from conformance.secrets.secret import Secret

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"([!-~\x80-\xff]([\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """A value that is not in the file but in an environment variable, and a secret: `{env = "API_KEY"}`."""

    env: str


def is_name(text: str) -> bool:
    """Whether a header field can be called so."""
    return _NAME.fullmatch(text) is not None


def is_variable(text: str) -> bool:
    """Whether an environment variable can be called so."""
    return _VARIABLE.fullmatch(text) is not None


def as_value(value: object) -> str | FromEnvironment | None:
    """What the file says of a header field's value; None when it says nothing that a field can hold."""
    if isinstance(value, str):
        return value if _VALUE.fullmatch(value) else None
    if isinstance(value, dict) and set(value) == {"env"}:
        name = value["env"]
        return FromEnvironment(name) if isinstance(name, str) and is_variable(name) else None
    return None


def without_secrets(headers: Mapping[str, str | FromEnvironment]) -> tuple[list[Header], dict[Header, Secret]]:
    """Configured headers as they are recorded, with a placeholder for a secret, and what the placeholders hide.

    Raises UsageError for a variable that is not set, or that no header field can hold.
    """
    recorded: list[Header] = []
    hidden: dict[Header, Secret] = {}
    for name, value in headers.items():
        header = (name, value if isinstance(value, str) else f"${value.env}")
        if isinstance(value, FromEnvironment):
            hidden[header] = _from_environment(name, value.env)
        elif is_secret_field(name) and value:
            header = (name, "$" + re.sub(r"\W", "_", name.upper(), flags=re.ASCII))
            hidden[header] = Secret(value)
        recorded.append(header)
    return recorded, hidden


def _from_environment(name: str, variable: str) -> Secret:
    text = os.environ.get(variable, "").strip()
    if not text:
        raise UsageError(
            f"iut.headers.{name}: the environment variable {variable} is not set",
            f"export {variable} with the field's value",
        )
    if _VALUE.fullmatch(text) is None:
        raise UsageError(
            f"iut.headers.{name}: the environment variable {variable} has a value that no header field can hold",
            "give one line of printable characters",
        )
    return Secret(text)


def echoes(secrets: Iterable[Secret]) -> list[Secret]:
    """What of configured headers must not be seen in answers: each value, whole and without its scheme."""
    texts = (text for secret in secrets for text in (secret.reveal(), secret.reveal().rpartition(" ")[2]))
    return [Secret(text) for text in dict.fromkeys(texts)]
