"""What a run is told, by `conformance.toml` and the command line.

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
from conformance.server.target.headers import Variable
from conformance.server.target.url import check_url

CANCEL_STATEMENTS = ("guaranteed", "best-effort", "unimplemented")
ERROR_STATEMENTS = ("aip-193", "status")


@dataclass(frozen=True, slots=True)
class IutSection:
    """`[iut]`: what is under test. Without a url the embedded reference server is.

    `ca` is a file of certificates in PEM that are trusted in place of the system's. `version` is the implementation's,
    for reports.
    """

    name: str = ""
    url: str = ""
    spec: str = "beyondcorp.v1"
    parent: str = "projects/demo/locations/us"
    allow_hosts: tuple[str, ...] = ()
    headers: Mapping[str, str | Variable] = field(default_factory=dict, repr=False)
    ca: str = ""
    version: str = ""
    said: frozenset[str] = field(default=frozenset(), compare=False)
    """The keys that the file has: a parent that was given is where every operation of ours has to be."""


@dataclass(frozen=True, slots=True)
class AuthSection:
    """`[auth]`: where credentials come from; never the credentials themselves.

    `token_lifetime` is how many seconds what a command prints is good for; 0: nobody knows. `client_certificate` and
    `client_key` are files in PEM; the key may stand in the file of the certificate.
    """

    kind: str = "none"
    token_env: str = ""
    token_command: tuple[str, ...] = ()
    forbidden_token_env: str = ""
    forbidden_token_command: tuple[str, ...] = ()
    token_lifetime: float = 0.0
    client_certificate: str = ""
    client_key: str = ""


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A request that starts an operation and answers with it; `name` is a JSON pointer to the operation's name."""

    method: str
    path: str
    json: Any = None
    name: str = "/name"


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
    """`[operations]`: the supply of running operations, and what becomes of them. `settle` is in seconds."""

    running: SupplyForm = field(default_factory=SupplyForm)
    completed: SupplyForm = field(default_factory=SupplyForm)
    settle: float = 10.0
    cleanup: str = "delete"


@dataclass(frozen=True, slots=True)
class LimitsSection:
    """`[limits]`: what a run may use. `rate` is requests per second (0: no limit), `timeout` seconds per request.

    None of these says anything about conformance, but for `timeout`: a request that is not answered within it is
    not answered.
    """

    requests: int = 2000
    operations: int = 60
    rate: float = 0.0
    concurrency: int = 16
    timeout: float = 10.0
    said: frozenset[str] = field(default=frozenset(), compare=False)
    """The keys that the file has: what it says holds, what it does not say a profile may need to be larger."""


@dataclass(frozen=True, slots=True)
class Disguise:
    """What the embedded reference server pretends to be: a fault or a correct variant, by name. Not in the file."""

    kind: Literal["fault", "variant"]
    name: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything a run is told about its target."""

    iut: IutSection = field(default_factory=IutSection)
    auth: AuthSection = field(default_factory=AuthSection)
    operations: OperationsSection = field(default_factory=OperationsSection)
    statement: StatementSection = field(default_factory=StatementSection)
    limits: LimitsSection = field(default_factory=LimitsSection)
    directory: Path = field(default_factory=Path)
    disguise: Disguise | None = None
    world: str = ""
    """How the embedded server behaves besides; empty: at once. Not in the file."""
    file: str = field(default="", compare=False)
    """The file that was read, as it was named; empty when there is none."""
    rehearsal: str = ""
    """How the operations of a stand-in behave that takes the target's place; empty in a real run. Not in the file."""

    @property
    def is_embedded(self) -> bool:
        """Whether the target is the embedded reference server."""
        return not self.iut.url


def with_url(configuration: Configuration, url: str) -> Configuration:
    """The configuration with another target; without a supply of its own it starts operations as `serve` does."""
    check_url("--url", url)
    operations = configuration.operations
    if not operations.running.is_given:
        operations = replace(operations, running=SupplyForm(start=default_start(configuration.iut.parent)))
    return replace(configuration, iut=replace(configuration.iut, url=url.rstrip("/")), operations=operations)


def with_operations(configuration: Configuration, names: tuple[str, ...]) -> Configuration:
    """The configuration with `--operation NAME` operations as its supply."""
    for name in names:
        if "/operations/" not in name:
            raise UsageError(
                f"--operation: {name!r} is not the name of an operation",
                "give the whole name, such as projects/demo/locations/us/operations/op-1",
            )
    operations = replace(configuration.operations, running=SupplyForm(names=names, where="--operation"), cleanup="none")
    parent = names[0].rpartition("/operations/")[0]
    return replace(configuration, operations=operations, iut=replace(configuration.iut, parent=parent))


def default_start(parent: str) -> StartRequest:
    """How the reference server and `serve` start a running operation."""
    return StartRequest(method="POST", path=f"/v1/{parent}/operations:start", json={"mode": "run"})
