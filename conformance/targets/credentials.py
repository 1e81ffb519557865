"""Which credentials a request carries, and where they come from.

A credential is chosen by name (`Credential`); its text exists as a `Secret` only, and only the transport reveals it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from enum import Enum

from conformance.errors import UsageError
from conformance.targets.configuration import AuthSection
from conformance.targets.secret import Secret


class Credential(Enum):
    """Whose credentials a request carries."""

    MAIN = "the configured credentials"
    NONE = "no credentials"
    INVALID = "a token that nobody issued"
    FORBIDDEN = "credentials without the permission"


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the text that stands for it in records and in curl lines, such as `$IUT_TOKEN`."""

    secret: Secret
    placeholder: str


INVALID_TOKEN = Token(Secret("lro-conformance-invalid-token"), "lro-conformance-invalid-token")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The tokens of a run; a kind that is not there is None."""

    main: Token | None = None
    forbidden: Token | None = None

    def token(self, credential: Credential) -> Token | None:
        """The token for a kind of credential; None when such a request carries none."""
        if credential is Credential.MAIN:
            return self.main
        if credential is Credential.FORBIDDEN:
            return self.forbidden
        return INVALID_TOKEN if credential is Credential.INVALID else None

    @property
    def secrets(self) -> set[Secret]:
        """What must not be seen; a token whose record is its own text (the embedded server's) is no secret."""
        tokens = [token for token in (self.main, self.forbidden) if token is not None]
        return {token.secret for token in tokens if token.secret.reveal() != token.placeholder}


def read_credentials(section: AuthSection) -> Credentials:
    """The credentials that `[auth]` names.

    Raises UsageError when an environment variable is not set, a command fails, or what they give is no token.
    """
    main = None
    if section.kind == "bearer":
        main = _from_command(section.token_command) if section.token_command else _from_environment(section.token_env)
    elif section.kind == "google":
        raise UsageError(
            'auth.kind = "google" is not supported by this version',
            'use kind = "bearer" with token_command = ["gcloud", "auth", "print-access-token"]',
        )
    forbidden = _from_environment(section.forbidden_token_env) if section.forbidden_token_env else None
    return Credentials(main, forbidden)


def _from_environment(name: str) -> Token:
    text = os.environ.get(name, "").strip()
    if not text:
        raise UsageError(f"the environment variable {name} is not set", f"export {name} with the token as its value")
    return _token(text, f"${name}", f"the environment variable {name}")


def _from_command(command: tuple[str, ...]) -> Token:
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"auth.token_command {command[0]!r} cannot be run: {error}", "mend the command") from error
    text = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode != 0 or not text:
        raise UsageError(
            f"auth.token_command {command[0]!r} printed no token (exit status {done.returncode})",
            "run it by hand; it must print the token and exit with 0",
        )
    return _token(text, f"$({shlex.join(command)})", f"auth.token_command {command[0]!r}")


def _token(text: str, placeholder: str, source: str) -> Token:
    """The token, unless no header field can carry it; it is not shown either way."""
    if not (text.isascii() and text.isprintable()):
        raise UsageError(
            f"{source} gives a token that no header can carry: it has a line end, or a character that is not ASCII",
            "give the token alone, on one line",
        )
    return Token(Secret(text), placeholder)
