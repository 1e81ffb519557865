"""Credentials that arrive: ours, which is worth nothing and shown, and anybody else's, which no artefact shows.

A driver finds a bearer token of ours in its environment. A client that was set up with its user's real credentials
would send those to us. What is recorded has them, for the rules; whatever is written of it has their masks.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

from conformance.exchange import Exchange, header_values
from conformance.exchange.masking import Masking, StrangersMasking
from conformance.secrets.command import secrets_of_command

TOKEN_VARIABLE = "LRO_CONFORMANCE_TOKEN"
TOKEN = "lro-conformance-token-that-opens-nothing"

_SECRET_VARIABLE = re.compile(r"token|secret|passw|api_?key|private_?key|access_?key|credential", re.I)
_SHORTEST = 8
"""A shorter value of an environment variable is not looked for: `1` or `true` would blot out what is no secret."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}")


def masking_of(exchanges: Iterable[Exchange], command: Sequence[str] = ()) -> Masking:
    """What takes the secrets out of whatever is written of a driver.

    That are credentials in what arrived, among the words of the driver's command, and in variables of the environment
    that are called so: a driver inherits them, and a client may tell them.
    """
    known = (*_environment_secrets(), *secrets_of_command(command))
    return StrangersMasking(exchanges, known, _is_ours)


def _is_ours(text: str) -> bool:
    """Whether a text is our token, the start of it, or has it in some spelling."""
    return TOKEN.startswith(text) or carries_token(text)


def carries_token(text: str) -> bool:
    """Whether our token stands in a text, as it is, percent-encoded, or in base64."""
    return TOKEN in unquote(text) or any(TOKEN in _decoded(word) for word in _BASE64.findall(unquote(text)))


def carries_what_was_the_token(text: str) -> bool:
    """The same, or that a word of the text is the start of our token, cut off."""
    return carries_token(text) or any(len(word) >= _SHORTEST and TOKEN.startswith(word) for word in text.split())


def credential_in(exchanges: Iterable[Exchange]) -> str:
    """What Authorization has to be, if a driver sends our token or a part of it in that field; else nothing."""
    values = (value for exchange in exchanges for value in header_values(exchange.request.headers, "authorization"))
    return f"Bearer {TOKEN}" if any(map(carries_what_was_the_token, values)) else ""


def _decoded(word: str) -> str:
    """What a word is in base64, of either alphabet."""
    standard = word.translate(str.maketrans("-_", "+/"))
    whole = standard[:-1] if len(standard) % 4 == 1 else standard
    return base64.b64decode(whole + "=" * (-len(whole) % 4)).decode("utf-8", "replace")


def _environment_secrets() -> Iterator[str]:
    for name, value in os.environ.items():
        if _SECRET_VARIABLE.search(name) and len(value) >= _SHORTEST:
            yield value
