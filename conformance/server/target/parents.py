"""The parents that a run is about, and how operations are started below each of them.

The first is where the run happens; of each further one it is asked only whether its operations can be cancelled, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.server.target.configuration import Configuration, SupplyForm
from conformance.spec.contract import Contract
from conformance.spec.home import home_below, homes

PLACEHOLDER = "{parent}"


def with_parents(configuration: Configuration, contract: Contract, all_bindings: bool = False) -> Configuration:
    """The configuration with the parent that the contract has for example, where none is said.

    With `all_bindings` it has one of every cancel binding.
    """
    iut = configuration.iut
    if iut.parent or "parent" in iut.said:
        return configuration
    examples = list(dict.fromkeys(home.example for home in homes(contract)))
    further = tuple(examples[1:]) if all_bindings else ()
    return replace(configuration, iut=replace(iut, parent=examples[0], further_parents=further))


REQUESTS_EACH = 6
"""For a further parent: a start, a look, the cancel of the twin, a look, a cancel, a look; the clean-up has its own."""


def with_room(configuration: Configuration) -> Configuration:
    """The configuration with limits that hold the further parents, too, where the file does not say others."""
    limits, count = configuration.limits, len(configuration.iut.further_parents)
    operations = 0 if "operations" in limits.said else count
    requests = 0 if "requests" in limits.said else count * REQUESTS_EACH
    limits = replace(limits, operations=limits.operations + operations, requests=limits.requests + requests)
    return replace(configuration, limits=limits)


def form_below(form: SupplyForm, contract: Contract, parent: str, is_first: bool = True) -> SupplyForm:
    """The form of supply with which operations below a parent are started.

    For a further parent it is no form at all when nothing in it names the parent.
    """
    start = form.start
    if start is not None and not start.path:
        path = home_below(contract, parent).start_path(parent)
        return replace(form, start=replace(start, path=path))
    if start is not None and (is_first or _names_it([start.path, start.json])):
        start = replace(start, path=start.path.replace(PLACEHOLDER, parent), json=_filled(start.json, parent))
        return replace(form, start=start)
    if form.command and (is_first or _names_it(list(form.command))):
        return replace(form, command=tuple(_filled(list(form.command), parent)))
    if form.names and not is_first:
        return replace(form, names=tuple(name for name in form.names if name.startswith(f"{parent}/")))
    return form if is_first else SupplyForm(where=form.where)


def _names_it(value: Any) -> bool:
    return _any_text(value, lambda text: PLACEHOLDER in text)


def _any_text(value: Any, is_so: Callable[[str], bool]) -> bool:
    if isinstance(value, str):
        return is_so(value)
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and any(_any_text(entry, is_so) for entry in value)


def _filled(value: Any, parent: str) -> Any:
    """The JSON value with `{parent}` replaced in every text."""
    if isinstance(value, str):
        return value.replace(PLACEHOLDER, parent)
    if isinstance(value, list):
        return [_filled(entry, parent) for entry in value]
    if isinstance(value, dict):
        return {key: _filled(entry, parent) for key, entry in value.items()}
    return value
