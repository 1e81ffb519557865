"""Removes secrets from exchanges before they are written or shown. Recording and judging use the originals.

The secrets of our own traffic are known, because the run sent them. In the recording of a browser or proxy they are
found by the fields, parameters and members that usually carry secrets, and by what looks like a token. A secret is then
masked wherever it occurs, because servers repeat what they are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from conformance.exchange.exchange import Exchange
from conformance.exchange.message import Failure, Header, Request, Response
from conformance.secrets.looks import (
    carries_a_secret,
    nothing_is_public,
    secrets_of_field,
    secrets_of_query,
    secrets_of_text,
    without_look_alikes,
    without_secret_members,
)
from conformance.secrets.redaction import MASK, Redaction, is_masked
from conformance.secrets.secret import Secret

_SHORTEST = 6
"""A shorter value is not searched for elsewhere: `1` or `true` would mask text that is not secret."""


class Masking:
    """Masks the secrets that are known, in the order that gives each its number."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._known = Redaction(secret.reveal() for secret in secrets)

    def text(self, value: str) -> str:
        """A text without the secrets."""
        return self._known.text(value)

    def octets(self, value: bytes) -> bytes:
        """A body without the secrets; what is not text stays unchanged."""
        return self._known.octets(value)

    def fields(self, headers: Iterable[Header]) -> tuple[Header, ...]:
        """Header fields without them."""
        return tuple((self.text(name), self.text(value)) for name, value in headers)

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange as it may be shown, with its form on the wire; masks stand in place of its credentials."""
        wire = exchange.wire
        return replace(
            exchange,
            request=self._request(exchange.request),
            outcome=self._outcome(exchange.outcome),
            note=self.text(exchange.note),
            credentials=tuple(Secret(self.text(secret.reveal())) for secret in exchange.credentials),
            wire=wire and replace(wire, request=self._request(wire.request), outcome=self._outcome(wire.outcome)),
        )

    def _request(self, request: Request) -> Request:
        return replace(
            request,
            target=self.text(request.target),
            headers=self.fields(request.headers),
            body=self.octets(request.body),
        )

    def _outcome(self, outcome: Response | Failure) -> Response | Failure:
        if isinstance(outcome, Failure):
            return replace(outcome, detail=self.text(outcome.detail))
        return replace(
            outcome,
            headers=self.fields(outcome.headers),
            body=self.octets(outcome.body),
            reason=self.text(outcome.reason),
        )


class StrangersMasking(Masking):
    """Masks what can be recognised as a secret in traffic of others, and what is `known` to be one.

    A text for which `is_public` holds is not a secret, whatever field contains it.
    """

    def __init__(
        self,
        exchanges: Iterable[Exchange],
        known: Iterable[str] = (),
        is_public: Callable[[str], bool] = nothing_is_public,
    ) -> None:
        self._is_public = is_public
        found = (secret for exchange in exchanges for secret in _secrets(exchange) if len(secret) >= _SHORTEST)
        super().__init__(Secret(text) for text in (*known, *found) if not (is_masked(text) or is_public(text)))

    def text(self, value: str) -> str:
        return without_look_alikes(super().text(value), self._is_public)

    def octets(self, value: bytes) -> bytes:
        try:
            return without_secret_members(self.text(value.decode("utf-8"))).encode("utf-8")
        except UnicodeDecodeError:
            # Bytes one to one as characters, so that what is not text stays what it is.
            return self.text(value.decode("latin-1")).encode("latin-1")

    def fields(self, headers: Iterable[Header]) -> tuple[Header, ...]:
        return tuple(
            (name, self._field(name, value) if carries_a_secret(name) else self.text(value)) for name, value in headers
        )

    def _field(self, name: str, value: str) -> str:
        """The mask for a secret field's value; a scheme such as Bearer stays for rules and readers."""
        scheme, space, credentials = value.partition(" ")
        has_scheme = name.lower().endswith("authorization") and space and scheme.isalpha()
        secret = credentials if has_scheme else value
        shown = self.text(secret)
        hidden = shown if is_masked(shown) or self._is_public(secret) else MASK
        return f"{scheme} {hidden}" if has_scheme else hidden


def _secrets(exchange: Exchange) -> Iterator[str]:
    """The values of an exchange's secret fields, parameters and members."""
    exchange = exchange.as_sent
    outcome = exchange.outcome
    for name, value in (*exchange.request.headers, *(outcome.headers if isinstance(outcome, Response) else ())):
        if carries_a_secret(name):
            yield from secrets_of_field(name, value)
    yield from secrets_of_query(exchange.request.query)
    for body in (exchange.request.body, outcome.body if isinstance(outcome, Response) else b""):
        yield from secrets_of_text(body.decode("utf-8", "replace"))
