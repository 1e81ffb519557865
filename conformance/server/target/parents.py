"""The parents that a run is about, and how operations are started below each of them.

The first is where the run happens; of each further one it is asked only whether its operations can be cancelled, too.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.server.target.configuration import Configuration, SupplyForm
from conformance.server.target.placeholders import PARENT, filled, is_in
from conformance.spec.contract import Contract
from conformance.spec.home import home_below, homes


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
    """The configuration, with limits large enough for the further parents unless the file sets its own."""
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
    words = {PARENT: parent}
    if start is not None and (is_first or is_in(PARENT, [start.path, start.json])):
        start = replace(start, path=filled(start.path, words), json=filled(start.json, words))
        return replace(form, start=start)
    if form.command and (is_first or is_in(PARENT, list(form.command))):
        return replace(form, command=tuple(filled(list(form.command), words)))
    if form.names and not is_first:
        return replace(form, names=tuple(name for name in form.names if name.startswith(f"{parent}/")))
    return form if is_first else SupplyForm(where=form.where)
