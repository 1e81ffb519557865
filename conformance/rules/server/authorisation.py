"""Authorisation: the rule about the challenge, and the oracles."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from conformance.exchange import Exchange, Wire
from conformance.rules.rule import Complaint, When, exchange_rule
from conformance.rules.server.errors import code_said
from conformance.secrets.redaction import Spelling

_is_401 = When(lambda exchange: exchange.response is not None and exchange.response.status == 401)


@exchange_rule("auth.challenge-is-sent", when=_is_401, reads=Wire.HTTP)
def unauthenticated_answer_has_a_challenge(exchange: Exchange) -> str | None:
    assert exchange.response is not None
    # "The server generating a 401 response MUST send a WWW-Authenticate header field" (RFC 9110, section 15.5.2)
    return None if exchange.response.header("www-authenticate") else "status 401 comes without `WWW-Authenticate`"


_FIELDS = ("authorization", "proxy-authorization", "x-goog-api-key")


def _credentials_of(exchange: Exchange) -> Iterator[str]:
    """The credentials of a request, in our traffic and in recordings of others; placeholders count, too."""
    yield from (secret.reveal() for secret in exchange.credentials)
    for name, value in exchange.request.headers:
        credential = value.rpartition(" ")[2]
        if name.lower() in _FIELDS and not credential.startswith("$"):
            yield credential


_carries_credentials = When(
    lambda exchange: exchange.response is not None and next(_credentials_of(exchange), None) is not None
)


@exchange_rule("auth.credentials-are-not-repeated", when=_carries_credentials, reads=Wire.HTTP)
def answer_repeats_no_credential(exchange: Exchange) -> str | None:
    response = exchange.response
    assert response is not None
    # "SHOULD exclude any request fields that are likely to contain sensitive data" (RFC 9110, section 9.3.8)
    fields = [(name, _octets(value)) for name, value in (*response.headers, ("reason phrase", response.reason))]
    everything = b"\n".join([response.body, *(value for _, value in fields)])
    for credential in dict.fromkeys(_credentials_of(exchange)):
        spelling = _spelling(credential)
        if not spelling.is_in(everything):  # one text is searched sooner than ten, and hardly ever has it
            continue
        if spelling.is_in(response.body):
            return "the body of the answer repeats a credential of the request"
        for name, value in fields:
            if spelling.is_in(value):
                return f"the {name} of the answer repeats a credential of the request"
    return None


def _octets(value: str) -> bytes:
    return value.encode("latin-1", "replace")


@lru_cache(maxsize=64)
def _spelling(credential: str) -> Spelling:
    return Spelling(credential)


def refused_for_its_credentials(exchange: Exchange) -> Complaint | None:
    """The request is answered with 401 UNAUTHENTICATED or 403 PERMISSION_DENIED, whatever else is wrong with it."""
    response = exchange.response
    if response is None or response.is_busy:
        return None
    says = code_said(exchange)
    if response.status == 401 and says in (None, "UNAUTHENTICATED"):
        return None
    if response.status == 403 and says in (None, "PERMISSION_DENIED"):
        return None
    what = f" {says}" if says else ""
    return Complaint(f"a request without valid credentials was answered with {response.status}{what}", (exchange,))


def refused_for_its_permission(exchange: Exchange, may_be_hidden: bool = False) -> Complaint | None:
    """The request is answered with 403 PERMISSION_DENIED, or with 404 where that is no more than is said of nothing."""
    response = exchange.response
    if response is None or response.is_busy or (may_be_hidden and is_hidden(exchange)):
        return None
    says = code_said(exchange)
    if response.status == 403 and says in (None, "PERMISSION_DENIED"):
        return None
    what = f" {says}" if says else ""
    return Complaint(f"credentials without permission were answered with {response.status}{what}", (exchange,))


def is_hidden(exchange: Exchange) -> bool:
    """Whether the answer is 404 NOT_FOUND.

    "An origin server that wishes to "hide" the current existence of a forbidden target resource MAY instead respond
    with a status code of 404" (RFC 9110, section 15.5.4).
    """
    says = code_said(exchange)
    return exchange.response is not None and exchange.response.status == 404 and says in (None, "NOT_FOUND")


def denied_and_not_hidden(exchange: Exchange) -> Complaint | None:
    """Who lacks the permission is told so: "regardless of whether or not it exists" (AIP-193)."""
    if not is_hidden(exchange):
        return None
    return Complaint(
        "credentials without permission were answered with 404, as if there were no operation", (exchange,)
    )


def answered_alike(existing: Exchange, unknown: Exchange, who: str = "without credentials") -> Complaint | None:
    """The answer does not tell an operation that exists from one that does not."""
    if existing.response is None or unknown.response is None:
        return None
    statuses = {existing.response.status, unknown.response.status}
    if len(statuses) == 1 or statuses & {429, 503}:
        return None
    return Complaint(
        f"{who} an existing operation is answered with {existing.response.status},"
        f" an unknown one with {unknown.response.status}",
        (existing, unknown),
    )
