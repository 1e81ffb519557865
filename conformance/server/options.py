"""The options of a run: each is declared here once, and used where it is needed.

`lro-conformance run --seed 3` and `pytest --iut-seed 3` make the same object, and the workers of a run are handed it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

from conformance.errors import UsageError
from conformance.server.target.profile import QUICK

_PREFIX = "iut"
_Value = TypeVar("_Value")


def _option(default: _Value, what: str, metavar: str = "", is_of_run: bool = True) -> _Value:
    """An option; one that is not `is_of_run` is for who runs pytest, since it is about the embedded server."""
    value: _Value = field(default=default, metadata={"help": what, "metavar": metavar, "is_of_run": is_of_run})
    return value


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run, as they were given; nothing is read and nothing is checked yet."""

    config: str = _option("", "what is under test; see README", "CONFIG.toml")
    url: str = _option("", "the target, in place of the configuration's", "URL")
    app: str = _option("", "an ASGI or WSGI application to test in this process", "MODULE:APP")
    allow_host: tuple[str, ...] = _option((), "a host other than this machine that you may test", "HOST")
    operation: tuple[str, ...] = _option((), "a running operation to use", "NAME")
    spec: str = _option("", "a file in specs/, or the path of an OpenAPI file", "SPEC")
    statement: tuple[str, ...] = _option((), "conformance statement", "KEY=VALUE")
    baseline: str = _option("", "known failures, which do not fail the run", "FILE")
    profile: str = _option(QUICK.name, "quick, ci or thorough (default: quick)", "NAME")
    seed: int = _option(0, "seed of everything drawn (default: 0)", "N")
    report_dir: str = _option("", "write report.json, report.html, traffic.har, … there", "DIR")
    disruptive: bool = _option(False, "run disruptive checks on other machines, too")
    max_time: str = _option("", "begin no check after this time, such as 90s or 5m", "T")
    strict: bool = _option(False, "let a warning fail the run")
    fault: str = _option("", "let the embedded reference server have this fault", "NAME", is_of_run=False)
    variant: str = _option("", "let the embedded reference server be this correct variant", "NAME", is_of_run=False)
    world: str = _option("", "how the embedded reference server behaves besides", "NAME", is_of_run=False)
    rehearsal: str = ""
    """How operations of the stand-in behave; only `--plan` sets it."""

    @classmethod
    def read(cls, values: Mapping[str, Any], prefix: str = "") -> Options:
        """The options among the values of a parser, whose names have a prefix; what is missing was not given.

        Raises UsageError for an empty one: where a variable of the shell is not set, `--url "$URL"` must not become a
        run on the embedded server, whose green verdict is then taken for the one of that URL.
        """
        given: dict[str, Any] = {}
        for option in fields(cls):
            value = values.get(prefix + option.name)
            if value == "":
                raise UsageError(f"{_word_of(option.name, prefix)} is empty", "give a value, or leave it out")
            if value is not None:
                given[option.name] = tuple(value) if isinstance(value, list) else value
        return cls(**given)

    def as_json(self) -> dict[str, Any]:
        """What another process makes the same object of, by `Options(**value)`."""
        return asdict(self)


def declare_for_run(add: Callable[..., object]) -> None:
    """Describe the options of `run` to its parser; the configuration is its argument."""
    for option in fields(Options):
        described = option.metadata
        if option.name == "config":
            add(option.name, nargs="?", metavar=described["metavar"], help=described["help"])
        elif described and described["is_of_run"]:
            add(f"--{_spelled(option.name)}", dest=option.name, **_keywords(option.default, described))


def declare_for_pytest(add: Callable[..., object]) -> None:
    """Describe all options to pytest, where each begins with `--iut`."""
    for option in fields(Options):
        if option.metadata:
            name = _PREFIX if option.name == "config" else f"{_PREFIX}-{_spelled(option.name)}"
            add(f"--{name}", dest=f"{_PREFIX}_{option.name}", **_keywords(option.default, option.metadata))


def given_to_pytest(values: Mapping[str, Any]) -> Options:
    """The options that pytest was given. Raises UsageError for an empty one."""
    return Options.read(values, f"{_PREFIX}_")


def _word_of(name: str, prefix: str) -> str:
    """What an option is called where it was given: to `run`, or to pytest."""
    if name == "config":
        return f"--{_PREFIX}" if prefix else "CONFIG.toml"
    return f"--{_spelled(prefix + name)}"


def _spelled(name: str) -> str:
    return name.replace("_", "-")


def _keywords(default: object, described: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments that describe an option to a parser, by the kind of its value."""
    if isinstance(default, bool):
        return {"action": "store_true", "help": described["help"]}
    kind = {"action": "append"} if isinstance(default, tuple) else {"type": type(default)}
    return {**kind, "metavar": described["metavar"], "help": described["help"]}
