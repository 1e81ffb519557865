"""The account of one process of a run, apart from its results: recordings, findings, used limits, left-over
operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from conformance.exchange import CLEAN_UP, Exchange
from conformance.exchange.serial import exchange_as_json, exchange_from_json
from conformance.secrets.secret import Secret
from conformance.server.target.iut import Iut


@dataclass(frozen=True, slots=True)
class Account:
    """The facts of one process. `exchanges` are whole, and `secrets` are what has to be masked where they are shown."""

    name: str
    url: str
    is_in_process: bool
    spec: Mapping[str, str]
    statement: Mapping[str, Any]
    exchanges: tuple[Exchange, ...]
    secrets: tuple[Secret, ...]
    requests: int
    operations: int
    operation_names: tuple[str, ...]
    left_over: tuple[Mapping[str, str], ...]
    unnamed: int
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, iut: Iut) -> Account:
        """What this process accounts for."""
        ledger, contract = iut.ledger, iut.contract
        left = iut.left_over().items() if ledger is not None else ()
        return cls(
            name=iut.configuration.iut.name,
            url=iut.configuration.iut.url,
            is_in_process=iut.configuration.is_in_process,
            spec={"name": contract.name, "version": contract.version, "sha256": contract.sha256},
            statement=iut.statement.as_json(),
            exchanges=tuple(iut.target.exchanges),
            secrets=iut.target.secrets,
            requests=iut.target.requests_used,
            operations=iut.target.operations_used,
            operation_names=tuple(iut.handed_out),
            left_over=tuple(
                {"name": name, "state": state.value, "ledger": str(ledger.path) if ledger is not None else ""}
                for name, state in left
            ),
            unnamed=sum(supply.unnamed for supply in iut.supplies),
            warnings=tuple(iut.supply_warnings()),
        )

    def of_process(self, number: int) -> Account:
        """The same, with exchanges that tell from which process they are."""
        return replace(self, exchanges=tuple(replace(exchange, process=number) for exchange in self.exchanges))

    @property
    def clean_up_requests(self) -> int:
        return sum(exchange.check == CLEAN_UP for exchange in self.exchanges)

    def as_json(self) -> dict[str, Any]:
        """For another process of the run, and never for a file: secrets are revealed."""
        return {
            **{one.name: getattr(self, one.name) for one in fields(self)},
            "exchanges": [exchange_as_json(exchange, reveal=True) for exchange in self.exchanges],
            "secrets": [secret.reveal() for secret in self.secrets],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Account:
        """The account that another process made the value of."""
        exchanges = tuple(exchange_from_json(exchange) for exchange in value["exchanges"])
        return cls(**{**value, "exchanges": exchanges, "secrets": tuple(map(Secret, value["secrets"]))})
