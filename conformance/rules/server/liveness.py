"""The rule that every request is answered."""

from __future__ import annotations

from conformance.exchange import Exchange, Failure
from conformance.rules.rule import When, exchange_rule

_any = When(lambda _: True)


@exchange_rule("liveness.every-request-is-answered", when=_any)
def every_request_is_answered(exchange: Exchange) -> str | None:
    outcome = exchange.outcome
    if not isinstance(outcome, Failure):
        return None
    return outcome.kind.value + (f": {outcome.detail}" if outcome.detail else "")
