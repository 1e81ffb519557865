"""Takes the secrets out of traffic that somebody else recorded, before anything of it is shown or written.

A browser or proxy records what it sends: tokens, cookies, keys. Fields, parameters and members that are known to carry
secrets lose their values; a value that was found so is blotted out wherever else it stands, for servers echo; and what
looks like a token is masked wherever it stands.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import unquote_plus

from conformance.exchange.message import Exchange, Failure, Header, Response
from conformance.secrets.redaction import Redaction

MASK = "[redacted]"

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
_LOOKS_SECRET = re.compile(
    r"(?<=Bearer )[\w.~+/-]{8,}=*"  # any bearer token
    r"|(?<=://)[^/@\s\"'<>]+(?=@)"  # user and password in a URL
    r"|\bya29\.[\w-]+"  # Google's access tokens,
    r"|\bAIza[\w-]{30,}"  # its API keys,
    r"|\bey[JK][\w-]+\.ey[JK][\w-]+\.[\w-]*"  # and JSON Web Tokens
)
_SHORTEST = 6
"""A shorter value is not looked for elsewhere: `1` or `true` would blot out what is no secret."""


def without_secrets(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The same exchanges with every secret that can be recognised replaced by a mask."""
    exchanges = list(exchanges)
    found = {secret for exchange in exchanges for secret in _secrets(exchange) if len(secret) >= _SHORTEST}
    echoes = Redaction(found, MASK)
    return [_masked(exchange, echoes) for exchange in exchanges]


def _secrets(exchange: Exchange) -> Iterator[str]:
    """The values of an exchange's secret fields, parameters and members."""
    outcome = exchange.outcome
    for name, value in (*exchange.request.headers, *(outcome.headers if isinstance(outcome, Response) else ())):
        if _FIELD.fullmatch(name):
            yield from _secrets_of_field(name.lower(), value)
    for pair in exchange.request.query.split("&"):
        name, _, value = pair.partition("=")
        if is_secret_parameter(name):
            yield value
            yield unquote_plus(value)
    for body in (exchange.request.body, outcome.body if isinstance(outcome, Response) else b""):
        yield from (match[2] for match in _MEMBER.finditer(body.decode("utf-8", "replace")))


def _secrets_of_field(name: str, value: str) -> Iterator[str]:
    if name.endswith("authorization"):
        scheme, space, credentials = value.partition(" ")
        yield credentials if space else value
        if scheme.lower() == "basic":
            yield from _user_and_password(credentials)
    elif "cookie" in name:
        # In Set-Cookie only the first part is the cookie; the others are attributes such as a path.
        parts = value.split(";")[: 1 if name.startswith("set") else None]
        yield from (part.partition("=")[2].strip() for part in parts)
    else:
        yield value


def _user_and_password(credentials: str) -> Iterator[str]:
    try:
        yield base64.b64decode(credentials).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return


def _masked(exchange: Exchange, echoes: Redaction) -> Exchange:
    def text(value: str) -> str:
        value = echoes.text(value)
        value = _IN_URL.sub(lambda found: found[1] + MASK if is_secret_parameter(found[2]) else found[0], value)
        return _LOOKS_SECRET.sub(MASK, value)

    def body(value: bytes) -> bytes:
        try:
            decoded = value.decode("utf-8")
        except UnicodeDecodeError:
            # Bytes one to one as characters, so that what is not text stays what it is.
            return text(value.decode("latin-1")).encode("latin-1")
        return _MEMBER.sub(rf"\g<1>{MASK}\g<3>", text(decoded)).encode("utf-8")

    def fields(headers: Iterable[Header]) -> tuple[Header, ...]:
        return tuple((name, _field(name, value) if _FIELD.fullmatch(name) else text(value)) for name, value in headers)

    request, outcome = exchange.request, exchange.outcome
    if isinstance(outcome, Failure):
        outcome = replace(outcome, detail=text(outcome.detail))
    else:
        outcome = replace(
            outcome, headers=fields(outcome.headers), body=body(outcome.body), reason=text(outcome.reason)
        )
    return replace(
        exchange,
        request=replace(request, target=text(request.target), headers=fields(request.headers), body=body(request.body)),
        outcome=outcome,
    )


def _field(name: str, value: str) -> str:
    """The mask in place of a secret field's value; a scheme such as Bearer stays, for rules and readers."""
    scheme, space, _ = value.partition(" ")
    has_scheme = name.lower().endswith("authorization") and space and scheme.isalpha()
    return f"{scheme} {MASK}" if has_scheme else MASK


def is_secret_parameter(name: str) -> bool:
    """Whether a parameter of a query, by its name, carries a credential: `key`, `access_token`."""
    plain = unquote_plus(name).lower()
    return plain not in _HARMLESS and _PARAMETER.fullmatch(plain) is not None


def looks_secret(text: str) -> bool:
    """Whether something in a text looks like a token, a key, or the password in a URL."""
    return _LOOKS_SECRET.search(text) is not None


def without_look_alikes(text: str) -> str:
    """A text of a stranger, such as a log, with everything masked that looks like a token, a key or a password."""
    return _LOOKS_SECRET.sub(MASK, text)
