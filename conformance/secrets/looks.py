"""What is a secret by its name or its form: fields, parameters and members that carry one, and tokens anywhere."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote_plus

from conformance.secrets.redaction import MASK, is_a_mask

_CREDENTIAL = re.compile(r"key|token|auth|cookie|secret", re.IGNORECASE)
_WORDS = r"api[-_]?key|token|secret|password|passwd|session|signature|credential|assertion"
_FIELD = re.compile(
    rf"(.*[-_])?(authorization|cookie2?|auth|jwt|{_WORDS})([-_](id|value))?|x-client-data", re.IGNORECASE
)
_PARAMETER = re.compile(rf"key|code|state|sig|auth|jwt|(.*[-_.])?({_WORDS})|.*token|.*password", re.IGNORECASE)
_HARMLESS = frozenset({"pagetoken", "page_token", "nextpagetoken", "page-token"})
_IN_URL = re.compile(r"([?&]([^=&#\s\"'<>]+)=)([^&#\s\"'<>]+)")
_MEMBER = re.compile(
    r'("(?:access_?token|refresh_?token|id_?token|client_?secret|private_?key|password|api_?key)"\s*:\s*")'
    r'((?:[^"\\]|\\.)*)(")',
    re.IGNORECASE,
)
_MASKED = MASK.rstrip("]")
"""The start of every mask."""

_LOOKS_SECRET = re.compile(
    r"(?<=(?i:bearer) )[\w.~+/-]{8,}=*"  # any bearer token
    r"|(?<=(?i:basic) )[A-Za-z0-9+/]{6,}={0,2}"  # a user and password in base64
    r"|(?<=://)[^/@\s\"'<>]+(?=@)"  # user and password in a URL
    r"|\bya29\.[\w-]+"  # Google's access tokens,
    r"|\bAIza[\w-]{30,}"  # its API keys,
    r"|\bey[JK][\w-]+\.ey[JK][\w-]+\.[\w-]*"  # and JSON Web Tokens
)


def is_secret_field(name: str) -> bool:
    """Whether a header field, by its name, carries a credential: `Authorization`, `X-Api-Key`, `Cookie`."""
    return _CREDENTIAL.search(name) is not None


def carries_a_secret(name: str) -> bool:
    """The same for a field in a recording of others, where a session or a signature is a secret, too."""
    return _FIELD.fullmatch(name) is not None


def secrets_of_field(name: str, value: str) -> Iterator[str]:
    """The secret parts of the value of such a field, without the scheme and the attributes of a cookie."""
    lower = name.lower()
    if lower.endswith("authorization"):
        scheme, space, credentials = value.partition(" ")
        yield credentials if space else value
        if scheme.lower() == "basic":
            yield from _user_and_password(credentials)
    elif "cookie" in lower:
        # In Set-Cookie only the first part is the cookie; the others are attributes such as a path.
        parts = value.split(";")[: 1 if lower.startswith("set") else None]
        yield from (part.partition("=")[2].strip() for part in parts)
    else:
        yield value


def _user_and_password(credentials: str) -> Iterator[str]:
    try:
        yield base64.b64decode(credentials).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return


def secrets_of_query(query: str) -> Iterator[str]:
    """The values of the parameters that carry a secret, encoded and decoded."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if is_secret_parameter(name):
            yield value
            yield unquote_plus(value)


def secrets_of_text(text: str) -> Iterator[str]:
    """The values of members of JSON that carry a secret."""
    yield from (match[2] for match in _MEMBER.finditer(text))


def is_secret_parameter(name: str) -> bool:
    """Whether a parameter of a query, by its name, carries a credential: `key`, `access_token`."""
    plain = unquote_plus(name).lower().removeprefix("$")  # Google's system parameters have it, or leave it out
    return plain not in _HARMLESS and _PARAMETER.fullmatch(plain) is not None


def looks_secret(text: str) -> bool:
    """Whether something in a text looks like a token, a key, or the password in a URL."""
    return any(map(_is_meant, _LOOKS_SECRET.finditer(text)))


def _is_meant(found: re.Match[str]) -> bool:
    """What follows the word "basic" is a credential where it is the base64 of a user and password (RFC 7617)."""
    before = found.string[max(0, found.start() - 6) : found.start()]
    return before.lower() != "basic " or any(_user_and_password(found[0]))


def nothing_is_public(_: str) -> bool:
    """No text is public: every credential is a secret."""
    return False


def without_look_alikes(text: str, is_public: Callable[[str], bool] = nothing_is_public) -> str:
    """A text of others, such as a log, with everything masked that looks like a token, a key or a password.

    A text for which `is_public` holds is not a secret, whatever it looks like.
    """

    def parameter(found: re.Match[str]) -> str:
        is_shown = is_public(found[3]) or found[3].startswith(_MASKED) or not is_secret_parameter(found[2])
        return found[0] if is_shown else found[1] + MASK

    def look_alike(found: re.Match[str]) -> str:
        return MASK if _is_meant(found) and not is_public(found[0]) else found[0]

    return _LOOKS_SECRET.sub(look_alike, _IN_URL.sub(parameter, text))


def without_secret_members(text: str) -> str:
    """A JSON text with the values of such members masked; one that has its mask keeps that."""
    return _MEMBER.sub(lambda found: found[0] if is_a_mask(found[2]) else f"{found[1]}{MASK}{found[3]}", text)
