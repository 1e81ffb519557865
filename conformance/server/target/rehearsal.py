"""A rehearsal: the reference server takes the place of the target, so that a run can be shown before it is made.

It has the contract, the parent, the statement and the form of supply of the real run, and stands in for what that would
ask outside of this process: nothing is sent, no command is run, no credential is read.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from conformance.exchange import Request
from conformance.judging.statement import StatementSection
from conformance.lro import TickingClock
from conformance.secrets.secret import Secret
from conformance.server.target.configuration import (
    DEFAULT_START,
    AuthSection,
    Configuration,
    SupplyForm,
)
from conformance.server.target.credentials import Credentials
from conformance.server.target.iut import Iut
from conformance.server.target.profile import Profile
from conformance.server.target.target import Target
from conformance.server.target.token import FixedToken
from conformance.server.target.transport import HttpTransport
from conformance.spec.contract import Contract
from conformance.spec.home import Home

MAIN, FORBIDDEN = "main", "forbidden"
"""What stands for the tokens in the record."""

CANCEL_WINS, CANCEL_LOSES = "run", "never-ends"
"""What becomes of a cancelled operation: the two ends between which a server may behave."""

MODES = (CANCEL_WINS, CANCEL_LOSES)


def rehearsed(configuration: Configuration, contract: Contract, profile: Profile) -> Iut:
    """The stand-in for the target of a configuration whose `rehearsal` says how its operations behave."""
    from conformance.server.reference.auth import CLOUD_PLATFORM, Auth
    from conformance.server.reference.bindings import bindings_for
    from conformance.server.reference.build import reference_service
    from conformance.server.reference.in_process import ORIGIN
    from conformance.server.reference.in_process import transport as transport_of

    credentials = _credentials(configuration.auth)
    auth = Auth({MAIN: frozenset({CLOUD_PLATFORM}), FORBIDDEN: frozenset()}) if credentials.main is not None else None
    clock = TickingClock()
    service = reference_service(clock=clock, auth=auth, seed=0, bindings=bindings_for(contract.bindings))

    def start(name: str, mode: str) -> str:
        """The name of an operation of the reference server, for one that has a name already."""
        body = f'{{"mode": "{mode}"}}'.encode()
        home = Home.of(contract.cancel_template(name))
        parent = f"/{name}".rpartition(f"/{home.collection}/")[0].strip("/")
        headers = (("Content-Type", "application/json"), ("Authorization", f"Bearer {MAIN}"))
        answer = service.handle(Request("POST", home.start_path(parent), headers, body))
        return str((answer.json_object() or {}).get("name", ""))

    def stand_in(form: SupplyForm, mode: str) -> SupplyForm:
        if not form.is_given:
            return form
        if form.names:
            return SupplyForm(names=tuple(start(name, mode) for name in form.names))
        body = dict(DEFAULT_START.json) if form.takes_ids else {}
        return SupplyForm(start=replace(DEFAULT_START, json={**body, "mode": mode}))

    operations = configuration.operations
    running = operations.running if operations.running.is_given else SupplyForm(start=DEFAULT_START)
    configuration = replace(
        configuration,
        iut=replace(configuration.iut, headers={}),
        operations=replace(
            operations,
            running=stand_in(running, configuration.rehearsal),
            completed=stand_in(operations.completed, "done"),
        ),
        statement=_statement(configuration),
    )
    transport = HttpTransport(transport_of(service), ORIGIN, clock)
    target = Target(transport, clock, configuration.limits, contract.identify, ORIGIN, parallel=False)
    return Iut(configuration, contract, target, credentials, profile)


def _credentials(section: AuthSection) -> Credentials:
    """Stand-ins for the credentials that are configured."""
    weak: list[Any] = [getattr(section, key.name) for key in fields(section) if key.name.startswith("forbidden")]
    return Credentials(
        main=FixedToken(Secret(MAIN), MAIN) if section.kind != "none" else None,
        forbidden=FixedToken(Secret(FORBIDDEN), FORBIDDEN) if any(weak) else None,
    )


def _statement(configuration: Configuration) -> StatementSection:
    """What is declared. The embedded server's own statement is known without being declared."""
    declared = configuration.statement
    if configuration.iut.url or configuration.operations.running.is_given:
        return declared
    return declared.over(StatementSection(cancel="guaranteed", list=True, delete=True, errors="aip-193"))
