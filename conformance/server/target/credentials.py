"""Which credentials a request carries, and where they come from.

A credential is chosen by name (`Credential`); its text exists as a `Secret` only, and only the transport reveals it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from conformance.errors import UsageError
from conformance.exchange import Header
from conformance.lro import Clock, SystemClock
from conformance.secrets.secret import Secret
from conformance.server.target.command import run_command
from conformance.server.target.configuration import AuthSection
from conformance.server.target.token import (
    LONGER,
    OTHER_CASE,
    SHORTER,
    THE_SAME,
    Alteration,
    FixedToken,
    Issued,
    RenewableToken,
    Token,
    altered,
    as_secret,
    expiry_of,
)
from conformance.server.target.waits import TOKEN_COMMAND


class Credential(Enum):
    """Whose credentials a request carries."""

    MAIN = "the configured credentials"
    NONE = "no credentials"
    INVALID = "a token that nobody issued"
    ALTERED = "the configured token with two characters more"
    SHORTENED = "the configured token without its last character"
    OTHER_CASE = "the configured token with its letters in the other case"
    AS_BASIC = "the configured token under another scheme"
    FORBIDDEN = "credentials without the permission"


ALTERED: Mapping[Credential, Alteration] = {
    Credential.ALTERED: LONGER,
    Credential.SHORTENED: SHORTER,
    Credential.OTHER_CASE: OTHER_CASE,
    Credential.AS_BASIC: THE_SAME,
}
"""The credentials that are almost the configured ones, and what is different."""

INVALID_TOKEN = FixedToken(Secret("lro-conformance-invalid-token"), "lro-conformance-invalid-token")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The tokens of a run; a kind that is not there is None. `headers` go with them, such as a quota project."""

    main: Token | None = None
    forbidden: Token | None = None
    headers: tuple[Header, ...] = ()

    def token(self, credential: Credential) -> Token | None:
        """The token for a kind of credential; None when such a request carries none."""
        if credential is Credential.MAIN:
            return self.main
        if credential is Credential.FORBIDDEN:
            return self.forbidden
        if credential in ALTERED:
            return altered(self.main, ALTERED[credential]) if self.main is not None else None
        return INVALID_TOKEN if credential is Credential.INVALID else None

    @property
    def secrets(self) -> list[Secret]:
        """What must not be seen; a token whose record is its own text (the embedded server's) is no secret."""
        tokens = [token for token in (self.main, self.forbidden) if token is not None]
        return [token.current() for token in tokens if token.current().reveal() != token.placeholder]


def read_credentials(
    section: AuthSection,
    clock: Clock | None = None,
    wall_clock: Callable[[], float] = time.time,
) -> Credentials:
    """The credentials that `[auth]` names.

    `clock` tells when a token is due, `wall_clock` (seconds since 1970) what is left of one that names its end.

    Raises UsageError when an environment variable is not set, a command fails, a library is missing, or what they give
    is no token, or one token twice.
    """
    clock = clock or SystemClock()

    def by_command(key: str, command: tuple[str, ...]) -> Token:
        def source() -> Issued:
            return _from_command(key, command, section.token_lifetime, wall_clock)

        return RenewableToken(f"$({shlex.join(command)})", source, clock)

    main: Token | None = None
    headers: tuple[Header, ...] = ()
    if section.kind == "bearer":
        if section.token_command:
            main = by_command("token_command", section.token_command)
        else:
            main = _from_environment(section.token_env)
    elif section.kind == "google":
        from conformance.server.target.google_credentials import google_credentials

        google = google_credentials()
        main = RenewableToken(google.placeholder, google.issue, clock)
        headers = google.headers
    forbidden: Token | None = None
    if section.forbidden_token_command:
        forbidden = by_command("forbidden_token_command", section.forbidden_token_command)
    elif section.forbidden_token_env:
        forbidden = _from_environment(section.forbidden_token_env)
    if main is not None and forbidden is not None and main.current() == forbidden.current():
        # Whoever may do everything is refused nothing: the checks would accuse a correct server.
        key = "forbidden_token_command" if section.forbidden_token_command else "forbidden_token_env"
        raise UsageError(
            f"auth.{key} gives the same token as the main credentials",
            "give the token of somebody without the permission, or leave it out",
        )
    return Credentials(main, forbidden, headers)


def _from_environment(name: str) -> FixedToken:
    text = os.environ.get(name, "").strip()
    if not text:
        raise UsageError(f"the environment variable {name} is not set", f"export {name} with the token as its value")
    return FixedToken(as_secret(text, f"the environment variable {name}"), f"${name}")


def _from_command(key: str, command: tuple[str, ...], lifetime: float, wall_clock: Callable[[], float]) -> Issued:
    """What a command prints. What it says on stderr is not shown: it may be the token."""
    what = f"auth.{key} {command[0]!r}"
    try:
        done = run_command(command, TOKEN_COMMAND)
    except subprocess.TimeoutExpired:
        raise UsageError(f"{what} did not end within {TOKEN_COMMAND:g} s", "fix the command") from None
    except OSError as error:
        raise UsageError(f"{what} cannot be run: {error.strerror}", "fix the command") from None
    text = done.stdout.decode("utf-8", "replace").strip()
    if done.status != 0 or not text:
        raise UsageError(
            f"{what} printed no token (exit status {done.status})",
            "run it by hand; it must print the token and exit with 0",
        )
    secret = as_secret(text, what)
    expiry = expiry_of(text)
    if expiry is None:
        return Issued(secret, lifetime or None)
    left = expiry - wall_clock()
    if left <= 0:
        raise UsageError(f"{what} printed a token that has expired", "log in again, or look at this machine's clock")
    return Issued(secret, min(left, lifetime or left))
