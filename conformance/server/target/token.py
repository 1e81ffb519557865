"""A bearer token, and how it is renewed before it expires.

Three things decide when:

* Before it expires, if its lifetime is known: from the source, from the configuration, or from the token itself (a JSON
  Web Token has `exp`).
* When a request that carried it is answered with 401. The request is sent once more with the renewed token: the first
  answer may be about an expired token, the second one is not.
* A token that has just been renewed is not renewed again for a 401: it cannot have expired, so the refusal has another
  reason. So the second request shows that a server refuses every token, and that costs one renewal a minute.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from conformance.errors import UsageError
from conformance.lro import Clock
from conformance.secrets.secret import Secret

MOST_RENEWALS = 20
"""How often one token is renewed in one run because it was refused."""

_SURELY_VALID = 60.0
"""Seconds after a renewal within which a refusal has another reason than age."""

_LONGEST_MARGIN = 60.0


class Token(Protocol):
    """A bearer token and the text that stands for it in records and in curl lines, such as `$IUT_TOKEN`."""

    @property
    def placeholder(self) -> str: ...

    def current(self) -> Secret:
        """The token to be sent now. Raises UsageError when it has to be renewed and cannot be."""

    def after_refusal(self, refused: Secret, /) -> Secret | None:
        """Another token in place of one that was answered with 401, or None when there is none to be had.

        Raises UsageError when its source does not work any more.
        """


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that stays what it is."""

    secret: Secret
    placeholder: str

    def current(self) -> Secret:
        return self.secret

    def after_refusal(self, _: Secret, /) -> Secret | None:
        return None


@dataclass(frozen=True, slots=True)
class Alteration:
    """A way to make a wrong token of a right one: what it does to the text, and what follows the placeholder."""

    change: Callable[[str], str]
    says: str
    scheme: str = "Bearer"


LONGER = Alteration(lambda text: f"{text}-x", "-x")
SHORTER = Alteration(lambda text: text.rstrip("=")[:-1], "-without-its-last-character")
OTHER_CASE = Alteration(str.swapcase, "-in-the-other-case")
THE_SAME = Alteration(lambda text: text, "", "Basic")


@dataclass(frozen=True, slots=True)
class AlteredToken:
    """Almost another token: nobody issued that, however much of it is right."""

    original: Token
    alteration: Alteration

    @property
    def scheme(self) -> str:
        return self.alteration.scheme

    @property
    def placeholder(self) -> str:
        return f"{self.original.placeholder}{self.alteration.says}"

    def current(self) -> Secret:
        return Secret(self.alteration.change(self.original.current().reveal()))

    def after_refusal(self, _: Secret, /) -> Secret | None:
        return None


def scheme_of(token: Token) -> str:
    """The scheme under which a token is sent."""
    return token.scheme if isinstance(token, AlteredToken) else "Bearer"


def altered(original: Token, alteration: Alteration) -> AlteredToken | None:
    """The token altered; None where the case of its letters may say nothing."""
    text = original.current().reveal()
    if alteration is OTHER_CASE and (text.swapcase() == text or _HEXADECIMAL.fullmatch(text)):
        return None
    return AlteredToken(original, alteration)


_HEXADECIMAL = re.compile(r"[0-9A-Fa-f-]+")


@dataclass(frozen=True, slots=True)
class Issued:
    """A token as its source gives it; `lifetime` is in seconds from now, None when nobody knows."""

    secret: Secret
    lifetime: float | None = None


class RenewableToken:
    """A token that its source issues anew when it grows old; shared by the threads of a run."""

    def __init__(self, placeholder: str, source: Callable[[], Issued], clock: Clock) -> None:
        """Asks the source for the first token. Raises what the source raises."""
        self.placeholder = placeholder
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._renewals = 0
        self._renewed_at: float | None = None
        self._secret, self._due = self._issue()

    def current(self) -> Secret:
        with self._lock:
            if self._due is not None and self._clock.now() >= self._due:
                self._secret, self._due = self._issue()
                self._renewed_at = self._clock.now()
            return self._secret

    def after_refusal(self, refused: Secret, /) -> Secret | None:
        with self._lock:
            if self._secret != refused:
                return self._secret  # somebody else was refused too, and has renewed it
            now = self._clock.now()
            is_young = self._renewed_at is not None and now - self._renewed_at < _SURELY_VALID
            if is_young or self._renewals >= MOST_RENEWALS:
                return None
            self._renewals += 1
            self._renewed_at = now
            self._secret, self._due = self._issue()
            return self._secret if self._secret != refused else None

    def _issue(self) -> tuple[Secret, float | None]:
        """A token, and when the next one is due: a little before this one ends."""
        issued = self._source()
        if issued.lifetime is None:
            return issued.secret, None
        margin = min(_LONGEST_MARGIN, issued.lifetime / 10)
        return issued.secret, self._clock.now() + issued.lifetime - margin


def expiry_of(token: str) -> float | None:
    """When a JSON Web Token says that it ends, in seconds since 1970 (RFC 7519, section 4.1.4); None for any other."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    expiry = claims.get("exp") if isinstance(claims, dict) else None
    return float(expiry) if isinstance(expiry, int | float) and not isinstance(expiry, bool) else None


def as_secret(text: str, source: str) -> Secret:
    """The token, unless no header field can carry it; it is not shown either way."""
    if not (text.isascii() and text.isprintable()):
        raise UsageError(
            f"{source} gives a token that no header can carry: it has a line end, or a character that is not ASCII",
            "give nothing but the token, on one line",
        )
    if text.startswith("{") or text[:7].lower() == "bearer ":
        # As the answer of a token endpoint, or a whole header field; a token has neither brace nor blank (RFC 6750,
        # section 2.1), and every request would be refused for it.
        if text[0] == "{":
            what, remedy = "a JSON object", "let it give the token alone, such as with `| jq -r .access_token`"
        else:
            what, remedy = "the word Bearer before the token", "leave the word out: the run writes it"
        raise UsageError(f"{source} gives {what}", remedy)
    return Secret(text)
