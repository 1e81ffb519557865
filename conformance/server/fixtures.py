"""Fixtures of the user that say what is tested: a URL, a transport, or how operations are started.

pytest finds a fixture for a check where the check is, or above; the checks are in this package, so that pytest alone
would see only what stands in the conftest.py of its root. What a team has in `tests/conftest.py` is meant, too.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from conformance.errors import ConformanceError, UsageError, nearest
from conformance.server.target.configuration import Configuration, SupplyForm, with_transport, with_url
from conformance.server.target.python_supply import described

URL, TRANSPORT, OPERATIONS = "iut_url", "iut_transport", "iut_operations"
_PLACES = ("conftest.py", "tests/conftest.py")
_NEAR = 0.7
"""How much the name of a fixture is like one of ours that may have been meant, where nothing else says what is."""

_MODULES = pytest.StashKey[list[ModuleType]]()
"""The modules of the user's conftest.py files."""


def load_conftests(config: pytest.Config) -> None:
    """Let every check see the fixtures of the user's conftest.py files.

    pytest may have loaded such a file already, for the tests beside it; then its fixtures, and nothing else of it, are
    made known a second time. Raises UsageError for a file that cannot be imported.
    """
    loaded = {str(getattr(plugin, "__file__", "")): plugin for plugin in config.pluginmanager.get_plugins()}
    modules = config.stash[_MODULES] = []
    for path in _conftests(config):
        name = f"lro_conformance_fixtures_of_{path.parent.name}"
        module = loaded.get(str(path)) or _imported(path, name)
        modules.append(module)
        shown = ModuleType(name)
        shown.__dict__.update({key: value for key, value in vars(module).items() if _is_fixture(value)})
        config.pluginmanager.register(shown, name)


def _is_fixture(value: object) -> bool:
    return type(value).__name__ == "FixtureFunctionDefinition" or hasattr(value, "_pytestfixturefunction")


def _imported(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    home = str(path.parent)
    if home not in sys.path:
        sys.path.insert(0, home)  # as pytest does before it imports one
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{path} cannot be imported: {described(error)}", "fix it, or run pytest elsewhere") from error
    return module


def _conftests(config: pytest.Config) -> list[Path]:
    directory = config.invocation_params.dir
    return [path for place in _PLACES if (path := directory / place).is_file()]


def refuse_misspelt(config: pytest.Config) -> None:
    """Raise UsageError for a fixture whose name is almost one of ours, and for a function that is no fixture.

    It is asked where nothing else says what is tested: the embedded server would be judged in place of what was meant.
    """
    for module in config.stash.get(_MODULES, []):
        for name, value in vars(module).items():
            if name in (URL, TRANSPORT, OPERATIONS) and not _is_fixture(value):
                raise UsageError(
                    f"{module.__file__}: {name} is no fixture", 'write @pytest.fixture(scope="session") above it'
                )
            meant = nearest(name.lower(), (TRANSPORT, URL, OPERATIONS), _NEAR)
            if meant and _is_fixture(value):
                raise UsageError(
                    f"{module.__file__}: nothing says what is under test, and there is a fixture {name}",
                    f"did you mean {meant}? `lro-conformance run` tests the embedded reference server",
                )


def places(config: pytest.Config) -> str:
    """Where fixtures are looked for, in words."""
    directory = config.invocation_params.dir
    return f"{', '.join(str(directory / place) for place in _PLACES)} and the plugins of pytest"


def value_of(request: pytest.FixtureRequest, name: str) -> object:
    """What the user's fixture of this name gives; None where there is none. Raises UsageError if it cannot be used."""
    try:
        given = request.getfixturevalue(name)
    except pytest.FixtureLookupError as error:
        if error.argname != name:
            raise  # it exists, and something that it asks for does not
        return None
    except pytest.fail.Exception as error:  # pytest says so, among others, of a fixture of another scope
        raise UsageError(
            f"the fixture {name} cannot be used: {str(error).partition(chr(10))[0]}",
            'write @pytest.fixture(scope="session"): all checks are made on one target',
        ) from error
    except ConformanceError:
        raise
    except Exception as error:
        raise UsageError(f"the fixture {name} raised {described(error)}", "fix what it raises") from error
    if given is None:
        raise UsageError(f"the fixture {name} gives None", "let it return or yield what is to be tested")
    return given


def with_fixtures(
    configuration: Configuration, iut_url: object, iut_transport: object, iut_operations: object
) -> Configuration:
    """The configuration with what fixtures of the user's give in place of it; None is a fixture that there is not.

    Beside a transport, the URL is the one for which it was made. Raises UsageError where they give something else than
    they should.
    """
    if isinstance(iut_transport, httpx.HTTPTransport):
        raise UsageError("the fixture iut_transport gives a way to the network", "give the server's URL as iut_url")
    if iut_url is not None:
        if not isinstance(iut_url, str):
            raise UsageError(f"the fixture iut_url gives {iut_url!r:.100}, which is no URL", "let it give a text")
        configuration = with_url(configuration, iut_url, "the fixture iut_url")
    if iut_transport is not None:
        configuration = with_transport(configuration, iut_transport)
    if iut_operations is not None:
        if not callable(iut_operations):
            raise UsageError("the fixture iut_operations gives no function", "let it give one that starts an operation")
        form = SupplyForm(function=iut_operations, where="the fixture iut_operations")
        operations = replace(configuration.operations, running=form)
        configuration = replace(configuration, operations=operations)
    return configuration
