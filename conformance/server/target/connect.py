"""From a configuration to an implementation under test that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.exchange import Call, Method
from conformance.judging.statement import StatementSection
from conformance.lro import SystemClock, TickingClock
from conformance.secrets.looks import without_look_alikes
from conformance.secrets.redaction import SURE
from conformance.secrets.secret import Secret
from conformance.server.target.configuration import (
    DEFAULT_START,
    Configuration,
    Deviation,
    OperationsSection,
    SupplyForm,
)
from conformance.server.target.credentials import Credentials, read_credentials
from conformance.server.target.iut import Iut
from conformance.server.target.ledger import Ledger
from conformance.server.target.parents import with_parents, with_room
from conformance.server.target.profile import QUICK, Profile
from conformance.server.target.rehearsal import rehearsed
from conformance.server.target.supply import no_name
from conformance.server.target.target import Target
from conformance.server.target.tls import Tls
from conformance.server.target.token import FixedToken
from conformance.server.target.transport import HttpTransport
from conformance.server.target.url import check_url
from conformance.spec.contract import Contract
from conformance.spec.home import home_below, homes

if TYPE_CHECKING:
    from conformance.server.reference.faults import Fault
    from conformance.server.reference.variants import Variant


def connect(configuration: Configuration, profile: Profile = QUICK, ledger_file: Path | None = None) -> Iut:
    """The implementation under test of a configuration; nothing is sent yet.

    What is started on a live target goes into a ledger: the file that is named, else a temporary one.

    Raises UsageError for a host that is not allowed, a spec that cannot be used, or credentials that cannot be had.
    """
    contract = Contract.load(_spec(configuration))
    is_ours = configuration.is_embedded and not configuration.rehearsal
    every_binding = is_ours and not configuration.operations.running.is_given
    configuration = with_room(with_parents(configuration, contract, every_binding))
    _refuse_what_the_contract_has_no_path_for(configuration, contract)
    if configuration.rehearsal:
        return rehearsed(configuration, contract, profile)
    if configuration.is_in_process:
        return _in_process(configuration, contract, profile)
    if configuration.is_embedded:
        return _embedded(configuration, contract, profile)
    check_url("iut.url", configuration.iut.url)
    origin, prefix = _parts(configuration.iut.url)
    refuse_other_hosts(configuration)
    refuse_a_path_that_the_contract_has(configuration.iut.url, contract)
    credentials = read_credentials(configuration.auth)
    limits = configuration.limits
    tls = _tls(configuration)
    tls.check()
    transport = HttpTransport.live(origin, limits.concurrency, tls)
    target = Target(transport, SystemClock(), limits, _below(prefix, contract), origin, parallel=limits.concurrency > 1)
    target.request_id_header = configuration.iut.request_id_header
    if origin.startswith("https:"):
        target.curl_options = tls.curl_options
    ledger = Ledger(configuration.iut.url, configuration.iut.spec, ledger_file)
    iut = Iut(configuration, contract, target, credentials, profile, prefix, ledger)
    for parent in (configuration.iut.parent, *configuration.iut.further_parents):
        _refuse_secrets_in_names(parent, target)
    return iut


def _in_process(configuration: Configuration, contract: Contract, profile: Profile) -> Iut:
    """An application or a transport of the user's: no port, no ledger, for what was started ends with this process."""
    from conformance.server.target.app import ORIGIN, load_app, transport_to

    app = configuration.iut.app
    where = f"the application {app!r}" if app else "the fixture iut_transport"
    found = load_app(app, configuration.directory) if app else configuration.transport
    credentials = read_credentials(configuration.auth)

    def masked(text: str) -> str:
        return without_look_alikes(target.masking().text(text))

    transport = transport_to(found, where, masked)
    clock = SystemClock()
    limits = configuration.limits
    origin, prefix = _parts(configuration.transport_url or ORIGIN)
    target = Target(
        HttpTransport(transport, origin, clock), clock, limits, _below(prefix, contract), origin, limits.concurrency > 1
    )
    target.request_id_header = configuration.iut.request_id_header
    iut = configuration.iut
    configuration = replace(configuration, iut=replace(iut, name=iut.name or app or "iut_transport"))
    return Iut(configuration, contract, target, credentials, profile, prefix)


def _parts(url: str) -> tuple[str, str]:
    """The origin of a URL, and the path that stands before the contract's."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")


def _below(prefix: str, contract: Contract) -> Callable[[str, str], Call | None]:
    return lambda http_method, path: contract.identify(http_method, path.removeprefix(prefix))


def _refuse_what_the_contract_has_no_path_for(configuration: Configuration, contract: Contract) -> None:
    """Names and parents of the user's can be judged before anything is sent."""
    for form in (configuration.operations.running, configuration.operations.completed):
        for name in form.names:
            if not contract.binds(Method.CANCEL, name):
                raise no_name(form.where, name)
            below = tuple(f"{parent}/" for parent in (configuration.iut.parent, *configuration.iut.further_parents))
            if "parent" in configuration.iut.said and not name.startswith(below):
                raise UsageError(
                    f"{form.where}: {name!r:.200} is not under [iut] parent, which is {configuration.iut.parent!r}",
                    "give the parent that the names have as [iut] parent",
                )
    for parent in (configuration.iut.parent, *configuration.iut.further_parents):
        if not any(contract.binds(Method.CANCEL, home.below(parent, "1")) for home in homes(contract)):
            templates = ", ".join(binding.template.text for binding in contract.bindings_of(Method.CANCEL))
            where = configuration.file or "the configuration"
            raise UsageError(
                f"{where}: iut.parent {parent!r} has no operations in {contract.name}",
                f"give what stands before /operations/ in their names; the spec has {templates}",
            )


def refuse_a_path_that_the_contract_has(url: str, contract: Contract) -> None:
    """Raise UsageError for a URL that ends as the paths of the contract begin: with both, nothing would be found."""
    begin = {binding.template.text.split("/")[1] for binding in contract.bindings_of(Method.CANCEL)}
    last = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    if last and begin == {last}:
        raise UsageError(
            f"the url ends in /{last}, with which the paths of {contract.name} begin",
            f"leave /{last} out of the url",
        )


def _refuse_secrets_in_names(parent: str, target: Target) -> None:
    """Secrets are masked in reports. If a secret were part of every name, no name could be read."""
    for secret in target.secrets:
        if len(secret.reveal()) >= SURE and secret.reveal() in parent:
            raise UsageError(
                "the value of a secret header or of a token is part of iut.parent, so it is no secret",
                "write the value as a text in [iut] headers, in place of {env = …}",
            )


def _tls(configuration: Configuration) -> Tls:
    """The files that the configuration names; their paths are relative to its own."""
    auth = configuration.auth
    named = (configuration.iut.ca, auth.client_certificate, auth.client_key)
    return Tls(*(configuration.directory / name if name else None for name in named))


def is_allowed(configuration: Configuration) -> bool:
    """Whether the target may be sent anything: it is this machine, or named in `allow_hosts`."""
    host = urlsplit(configuration.iut.url).hostname or ""
    return is_this_machine(configuration) or host in {name.lower() for name in configuration.iut.allow_hosts}


def refuse_other_hosts(configuration: Configuration) -> None:
    """Raise UsageError unless the target may be sent anything."""
    if not is_allowed(configuration):
        host = urlsplit(configuration.iut.url).hostname or ""
        raise UsageError(
            f"the host {host!r} is neither this machine nor allowed",
            f'if you may test it, give --allow-host {host}, or in the file [iut] allow_hosts = ["{host}"]',
        )


def may_disrupt(configuration: Configuration) -> bool:
    """Whether checks that may disturb others are run: on this machine, or where that was asked for."""
    return configuration.disruptive or is_this_machine(configuration)


def is_this_machine(configuration: Configuration) -> bool:
    """Whether the target is in this process, or at a URL of this machine."""
    return (
        configuration.is_embedded
        or configuration.is_in_process
        or _is_loopback(urlsplit(configuration.iut.url).hostname or "")
    )


def _is_loopback(host: str) -> bool:
    """Whether a host is `localhost` or an address of the loopback network; of other names nothing is known."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _spec(configuration: Configuration) -> str:
    """The spec as it was named; a relative path is relative to the configuration file when it exists there."""
    beside = configuration.directory / configuration.iut.spec
    return str(beside) if beside.is_file() else configuration.iut.spec


def _embedded(configuration: Configuration, contract: Contract, profile: Profile) -> Iut:
    """The reference server in this process, in virtual time, with everything switched on that can be tested."""
    from conformance.server.reference.auth import CLOUD_PLATFORM, Auth
    from conformance.server.reference.bindings import bindings_for
    from conformance.server.reference.build import reference_service
    from conformance.server.reference.in_process import ORIGIN
    from conformance.server.reference.in_process import transport as transport_of
    from conformance.server.reference.worlds import AT_ONCE, world_named

    credentials = Credentials(
        main=FixedToken(Secret("embedded-token"), "embedded-token"),
        forbidden=FixedToken(Secret("embedded-weak-token"), "embedded-weak-token"),
    )
    auth = Auth({"embedded-token": frozenset({CLOUD_PLATFORM}), "embedded-weak-token": frozenset()})
    clock = TickingClock()
    service = reference_service(clock=clock, auth=auth, seed=0, bindings=bindings_for(contract.bindings))
    service = world_named(configuration.world or AT_ONCE.name).of(service)
    start: Mapping[str, object] = {"mode": "run"}
    stated: Mapping[str, object] = {}
    if configuration.deviation is not None:
        deviating = _deviating(configuration.deviation)
        service, start, stated = deviating.apply(service), deviating.start, deviating.statement
    iut = configuration.iut
    configuration = replace(
        configuration,
        iut=replace(iut, name=iut.name or "embedded reference server"),
        operations=_embedded_operations(configuration.operations, start),
        statement=configuration.statement.over(_embedded_statement(contract, iut.parent, stated)),
    )
    transport = HttpTransport(transport_of(service), ORIGIN, clock)
    target = Target(transport, clock, configuration.limits, contract.identify, ORIGIN, parallel=False, in_a_relay=True)
    return Iut(configuration, contract, target, credentials, profile)


def _embedded_statement(contract: Contract, parent: str, stated_by_it: Mapping[str, Any]) -> StatementSection:
    """What the embedded server states: all that the contract binds, unless its deviation says otherwise."""
    name = home_below(contract, parent).below(parent, "1")
    lists, deletes = contract.lists(name), contract.binds(Method.DELETE, name)
    stated = StatementSection(
        cancel="guaranteed", list=lists, delete=deletes, auth=True, errors="aip-193", auth_order="first"
    )
    return replace(stated, **stated_by_it)


def _deviating(deviation: Deviation) -> Fault | Variant:
    """What the service is made to be, how its operations are started, and what is stated of it."""
    if deviation.kind == "fault":
        from conformance.server.reference.faults import fault_named

        return fault_named(deviation.name)
    from conformance.server.reference.variants import variant_named

    return variant_named(deviation.name)


def _embedded_operations(operations: OperationsSection, body: Mapping[str, Any]) -> OperationsSection:
    start = replace(DEFAULT_START, json={**DEFAULT_START.json, **body})
    return replace(
        operations,
        running=operations.running if operations.running.is_given else SupplyForm(start=start),
        completed=operations.completed
        if operations.completed.is_given
        else SupplyForm(start=replace(start, json={"mode": "done"})),
    )
