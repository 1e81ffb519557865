"""Takes secrets out of exchanges: applied by whatever writes them down or shows them, never by what records or judges.

Of our own traffic the secrets are known: the run sent them. A browser or proxy records what it sends, too: tokens,
cookies, keys; there, what fields, parameters and members are known to carry is a secret, and what looks like one.
Either way a secret is blotted out wherever else it stands, for servers echo.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.exchange.message import Exchange, Failure, Header, Response
from conformance.secrets.looks import (
    carries_a_secret,
    secrets_of_field,
    secrets_of_query,
    secrets_of_text,
    without_look_alikes,
    without_secret_members,
)
from conformance.secrets.redaction import MASK, Redaction, is_masked
from conformance.secrets.secret import Secret

_SHORTEST = 6
"""A shorter value of a stranger's is not looked for elsewhere: `1` or `true` would blot out what is no secret."""


class Masking:
    """Masks the secrets that are known, in the order that gives each its number."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._known = Redaction(secret.reveal() for secret in secrets)

    def text(self, value: str) -> str:
        """A text without the secrets."""
        return self._known.text(value)

    def octets(self, value: bytes) -> bytes:
        """A body without them; what is not text stays what it is."""
        return self._known.octets(value)

    def fields(self, headers: Iterable[Header]) -> tuple[Header, ...]:
        """Header fields without them."""
        return tuple((self.text(name), self.text(value)) for name, value in headers)

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange as it may be shown: its credentials are their masks."""
        request, outcome = exchange.request, exchange.outcome
        if isinstance(outcome, Failure):
            outcome = replace(outcome, detail=self.text(outcome.detail))
        else:
            outcome = replace(
                outcome,
                headers=self.fields(outcome.headers),
                body=self.octets(outcome.body),
                reason=self.text(outcome.reason),
            )
        return replace(
            exchange,
            request=replace(
                request,
                target=self.text(request.target),
                headers=self.fields(request.headers),
                body=self.octets(request.body),
            ),
            outcome=outcome,
            note=self.text(exchange.note),
            credentials=tuple(Secret(self.text(secret.reveal())) for secret in exchange.credentials),
        )


class StrangersMasking(Masking):
    """Masks what can be recognised in a recording that is not ours."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        found = (secret for exchange in exchanges for secret in _secrets(exchange))
        super().__init__(Secret(secret) for secret in found if len(secret) >= _SHORTEST and not is_masked(secret))

    def text(self, value: str) -> str:
        return without_look_alikes(super().text(value))

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
        """The mask in place of a secret field's value; a scheme such as Bearer stays, for rules and readers."""
        scheme, space, credentials = value.partition(" ")
        has_scheme = name.lower().endswith("authorization") and space and scheme.isalpha()
        shown = self.text(credentials if has_scheme else value)
        hidden = shown if is_masked(shown) else MASK
        return f"{scheme} {hidden}" if has_scheme else hidden


def _secrets(exchange: Exchange) -> Iterator[str]:
    """The values of an exchange's secret fields, parameters and members."""
    outcome = exchange.outcome
    for name, value in (*exchange.request.headers, *(outcome.headers if isinstance(outcome, Response) else ())):
        if carries_a_secret(name):
            yield from secrets_of_field(name, value)
    yield from secrets_of_query(exchange.request.query)
    for body in (exchange.request.body, outcome.body if isinstance(outcome, Response) else b""):
        yield from secrets_of_text(body.decode("utf-8", "replace"))
