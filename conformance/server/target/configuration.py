"""The configuration of a run: `conformance.toml` and the command line.

The values are frozen dataclasses whose fields are the keys of the file, so the file has no second description;
`configuration_file` reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from conformance.errors import UsageError
from conformance.judging.statement import StatementSection
from conformance.server.target.headers import FromEnvironment
from conformance.server.target.placeholders import ID, is_in
from conformance.server.target.url import usual_url

AuthKind = Literal["none", "bearer", "google"]
Cleanup = Literal["delete", "none"]


@dataclass(frozen=True, slots=True)
class IutSection:
    """`[iut]`: what is under test. Without a url and an app the embedded reference server is.

    `app` is an ASGI or WSGI application, `package.module:app`, that is tested in this process. Every request carries an
    id of its own in the header `request_id_header`, if that is given.

    Without a `parent` it is one that the first cancel binding of the spec has, such as projects/demo/locations/us.
    `ca` is a file of certificates in PEM that are trusted in place of the system's. `version` is the implementation's,
    for reports.
    """

    name: str = ""
    url: str = ""
    spec: str = "beyondcorp.v1"
    parent: str = ""
    allow_hosts: tuple[str, ...] = ()
    headers: Mapping[str, str | FromEnvironment] = field(default_factory=dict, repr=False)
    ca: str = ""
    version: str = ""
    app: str = ""
    request_id_header: str = ""
    said: frozenset[str] = field(default=frozenset(), compare=False)
    """The keys that the file has: a parent that was given is where every operation of ours has to be."""
    further_parents: tuple[str, ...] = field(default=(), compare=False)
    """The parents after the first one, where `parent` is a list: what operations there are cancelled by is tested, too.
    """


@dataclass(frozen=True, slots=True)
class AuthSection:
    """`[auth]`: where credentials come from; never the credentials themselves.

    `token_lifetime` is how many seconds what a command prints is good for; 0: nobody knows. `client_certificate` and
    `client_key` are files in PEM; the key may stand in the file of the certificate.
    """

    kind: AuthKind = "none"
    token_env: str = ""
    token_command: tuple[str, ...] = ()
    forbidden_token_env: str = ""
    forbidden_token_command: tuple[str, ...] = ()
    token_lifetime: float = 0.0
    client_certificate: str = ""
    client_key: str = ""


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A request that starts an operation and answers with it; `name` is a JSON pointer to the operation's name.

    `{parent}` in the path or the body is one of `[iut] parent`, `{unique}` a fresh id, and `{id}` a fresh one, or one
    that a check has chosen. Without a path it is the hook with which the reference server starts operations, and the
    spec says where that is.
    """

    method: str
    path: str
    json: Any = None
    name: str = "/name"


DEFAULT_START = StartRequest(method="POST", path="", json={"mode": "run", "id": "{id}"})
"""How the reference server and `serve` start a running operation."""


@dataclass(frozen=True, slots=True)
class SupplyForm:
    """One way to come by operations: exactly one of the four is given, or none.

    `python` names a function of the user's, `package.module:function`; `function` is one that a test fixture gave.
    """

    start: StartRequest | None = None
    command: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    python: str = ""
    function: Callable[[], str] | None = None
    where: str = field(default="[operations]", compare=False)
    """What has said so: the file and the section, an option, a fixture. For messages."""

    @property
    def is_given(self) -> bool:
        return bool(self.kind)

    @property
    def takes_ids(self) -> bool:
        """Whether a start request says which id its operation is to have."""
        return self.start is not None and is_in(ID, [self.start.path, self.start.json])

    @property
    def kind(self) -> str:
        """The key of `[operations]` that is given; empty when none is."""
        given = {
            "start": self.start is not None,
            "command": bool(self.command),
            "python": bool(self.python) or self.function is not None,
            "names": bool(self.names),
        }
        return next((key for key, is_given in given.items() if is_given), "")


@dataclass(frozen=True, slots=True)
class OperationsSection:
    """`[operations]`: the supply of running operations, and what becomes of them. `settle` and `watch` are in seconds.

    `watch` is how long after their end operations are looked at again; None leaves it to the profile.
    """

    running: SupplyForm = field(default_factory=SupplyForm)
    completed: SupplyForm = field(default_factory=SupplyForm)
    settle: float = 10.0
    cleanup: Cleanup = "delete"
    watch: float | None = None


@dataclass(frozen=True, slots=True)
class LimitsSection:
    """`[limits]`: what a run may use. `rate` is requests per second (0: no limit), `timeout` seconds per request.

    None of these says anything about conformance, but for `timeout`: a request that is not answered within it is
    not answered.
    """

    requests: int = 2000
    operations: int = 80
    rate: float = 0.0
    concurrency: int = 16
    timeout: float = 10.0
    said: frozenset[str] = field(default=frozenset(), compare=False)
    """The keys that the file sets. A profile may enlarge only the limits that it does not set."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """What the embedded reference server pretends to be: a fault or a correct variant, by name. Not in the file."""

    kind: Literal["fault", "variant"]
    name: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that the user says about the target."""

    iut: IutSection = field(default_factory=IutSection)
    auth: AuthSection = field(default_factory=AuthSection)
    operations: OperationsSection = field(default_factory=OperationsSection)
    statement: StatementSection = field(default_factory=StatementSection)
    limits: LimitsSection = field(default_factory=LimitsSection)
    directory: Path = field(default_factory=Path)
    deviation: Deviation | None = None
    world: str = ""
    """How the embedded server behaves besides; empty: at once. Not in the file."""
    file: str = field(default="", compare=False)
    """The file that was read, as it was named; empty when there is none."""
    transport: object = field(default=None, compare=False)
    """What a test fixture gave to be asked in place of a server. Not in the file."""
    transport_url: str = ""
    """The URL for which that was made, as a mock may be; empty: any. Not in the file."""
    rehearsal: str = ""
    """How the operations of a stand-in behave that takes the target's place; empty in a real run. Not in the file."""
    disruptive: bool = False
    """Whether disruptive checks are run on another machine, too. Not in the file."""

    @property
    def is_embedded(self) -> bool:
        """Whether the target is the embedded reference server."""
        return not self.iut.url and not self.is_in_process

    @property
    def is_in_process(self) -> bool:
        """Whether the target is an application or a transport of the user's in this process."""
        return bool(self.iut.app) or self.transport is not None


def with_url(configuration: Configuration, url: str, where: str = "--url") -> Configuration:
    """The configuration with another target; without a supply of its own it starts operations as `serve` does."""
    url = usual_url(where, url)
    if configuration.iut.app:
        raise UsageError(f"{where}: the file has [iut] app, too", "test one or the other: leave one of them out")
    return _with_default_start(replace(configuration, iut=replace(configuration.iut, url=url)))


def with_app(configuration: Configuration, app: str) -> Configuration:
    """The configuration with an application as its target, which it starts operations on as `with_url`."""
    if configuration.iut.url:
        raise UsageError("--app: the file has [iut] url, too", "test one or the other: leave one of them out")
    return _with_default_start(replace(configuration, iut=replace(configuration.iut, app=app)))


def with_transport(configuration: Configuration, transport: object) -> Configuration:
    """The configuration with what a fixture gave as its target, which it starts operations on as `with_url`.

    A URL that it had is the one for which the transport was made: nobody is asked at it.
    """
    url, iut = configuration.iut.url, replace(configuration.iut, url="")
    return _with_default_start(replace(configuration, transport=transport, transport_url=url, iut=iut))


def _with_default_start(configuration: Configuration) -> Configuration:
    operations = configuration.operations
    if operations.running.is_given:
        return configuration
    start = SupplyForm(start=DEFAULT_START, where=THE_DEFAULT)
    return replace(configuration, operations=replace(operations, running=start))


THE_DEFAULT = "the default start, which the reference server has"
"""How messages name the supply if the user gives none."""


def with_operations(configuration: Configuration, names: tuple[str, ...]) -> Configuration:
    """The configuration with `--operation NAME` operations as its supply."""
    for name in names:
        if "/operations/" not in f"/{name}":
            raise UsageError(
                f"--operation: {name!r} is not the name of an operation",
                "give the whole name, such as projects/demo/locations/us/operations/op-1",
            )
    operations = replace(configuration.operations, running=SupplyForm(names=names, where="--operation"), cleanup="none")
    parent = f"/{names[0]}".rpartition("/operations/")[0].strip("/")
    return replace(configuration, operations=operations, iut=replace(configuration.iut, parent=parent))
