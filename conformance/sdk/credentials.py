"""Credentials that arrive: ours, which is worth nothing and shown, and anybody else's, which is masked at once.

A driver finds a bearer token of ours in its environment. A client that was set up with its user's real credentials
would send those to us: they are taken out before anything is recorded.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote

from conformance.exchange import Header, Request
from conformance.secrets.redaction import Redaction

TOKEN_VARIABLE = "LRO_CONFORMANCE_TOKEN"
TOKEN = "lro-conformance-token-that-opens-nothing"

_SECRET_FIELDS = frozenset({"authorization", "proxy-authorization", "cookie", "x-goog-api-key"})
_FIELDS_WITH_SCHEME = frozenset({"authorization", "proxy-authorization"})
_SECRET_PARAMETER = re.compile(r"((?:^|[?&])(?:%24|\$)?(?:key|access_token|oauth_token|token|id_token)=)([^&#]*)", re.I)
_SECRET_IN_TEXT = re.compile(r"((?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{8,})", re.I)
_SECRET_VARIABLE = re.compile(r"token|secret|passw|api_?key|private_?key|access_?key|credential", re.I)
_SHORTEST = 8
"""A shorter value of an environment variable is not looked for: `1` or `true` would blot out what is no secret."""
_MASK = "[masked]"
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}")


def without_secrets(request: Request) -> Request:
    """The request with every credential that is not ours masked, in header fields and in the query."""
    target = _SECRET_PARAMETER.sub(lambda found: found[1] + _masked(found[2]), request.target)
    return replace(request, target=target, headers=tuple(_without_secret(header) for header in request.headers))


def carries_token(text: str) -> bool:
    """Whether our token stands in a text, as it is, percent-encoded, or in base64."""
    return TOKEN in unquote(text) or any(TOKEN in _decoded(word) for word in _BASE64.findall(unquote(text)))


def _decoded(word: str) -> str:
    """What a word is in base64, of either alphabet."""
    standard = word.translate(str.maketrans("-_", "+/"))
    whole = standard[:-1] if len(standard) % 4 == 1 else standard
    return base64.b64decode(whole + "=" * (-len(whole) % 4)).decode("utf-8", "replace")


def _without_secret(header: Header) -> Header:
    name, value = header
    if name.lower() not in _SECRET_FIELDS:
        return (name, text_without_secrets(value))
    scheme, space, credential = value.partition(" ") if name.lower() in _FIELDS_WITH_SCHEME else ("", "", value)
    return (name, f"{scheme}{space}{_masked(credential)}") if space else (name, _masked(value))


def _masked(value: str) -> str:
    """The value when it is ours; what holds ours, or the start of it, among other things says so, and is masked."""
    if value in ("", TOKEN):
        return value
    if carries_token(value):
        return f"[masked, with {TOKEN}]"
    return f"[masked, the start of {TOKEN}]" if len(value) >= _SHORTEST and TOKEN.startswith(value) else _MASK


def text_without_secrets(text: str) -> str:
    """A text, such as a log or a reply, with every credential that is not ours masked.

    That is what follows the word Bearer or Basic, and what the environment has in variables that are called so that it
    must be a secret: a driver inherits them, and a client may tell them.
    """
    text = _redaction(frozenset(_environment_secrets())).text(text)
    return _SECRET_IN_TEXT.sub(lambda found: found[1] + _masked(found[2]), text)


def _environment_secrets() -> Iterator[str]:
    for name, value in os.environ.items():
        if _SECRET_VARIABLE.search(name) and len(value) >= _SHORTEST and value != TOKEN:
            yield value


@lru_cache(maxsize=4)
def _redaction(secrets: frozenset[str]) -> Redaction:
    return Redaction(secrets, _MASK)
