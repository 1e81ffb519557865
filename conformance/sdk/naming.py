"""What operations are called by a contract: the scenarios have places, and a path template says what stands there.

{parent}          where operations are, `projects/conformance/locations/gate`; chosen by `--parent`
{…-parent}        other such parents, of segments that are awkward but legal (`AWKWARD_PARENTS`)
{collection}      the operations of the parent, `{parent}/operations`
{operation}       the operation of the scenario, `{collection}/` and the scenario's name
{response-type}   the type of what an operation that succeeds returns, google.protobuf.Empty unless it is said
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.errors import UsageError
from conformance.exchange import Method
from conformance.sdk.scenario import Scenario
from conformance.spec.contract import Binding, Contract
from conformance.spec.template import Kind, Segment

EMPTY = "google.protobuf.Empty"

_WORDS = ("conformance", "gate", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
AWKWARD_PARENTS = {
    "{awkward-parent}": ("Example.com:p", "50%25", "a b", "c+d", "e&f", "g=h", "i@j", "k~l"),
    "{delimited-parent}": ("a#b", "c?d=e", "f&g", "h;i", "j+k", "l%m", "n,o", "p!q"),
    "{numbered-parent}": ("007", "1e3", "0x10", "-0", "9007199254740993", "1.0", "00", "+1"),
    "{unicode-parent}": ("Cafe\u0301", "\ufb01\u212b", "\U0001f600", "\u0130", "\u00e9", "a\u00a0", "\u017f", "\u1e9e"),
}
"""Places of parents, and what their segments are that the contract leaves open. All of them are legal by `[^/]+`."""
_TYPE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of one run. `awkward` are the parents in `AWKWARD_PARENTS`, none where the contract has one parent."""

    contract: Contract
    parent: str
    awkward: Mapping[str, str]
    collection: str
    response_type: str = EMPTY

    @classmethod
    def of(cls, contract: Contract, parent: str = "", response_type: str = EMPTY) -> Naming:
        """The names that a contract has, below `parent` if one is given.

        Raises UsageError for a parent that no binding of cancel matches, and for a type that is no name of a message.
        """
        if not _TYPE.fullmatch(response_type):
            raise UsageError(
                f"--response-type: {response_type!r} is not the full name of a message",
                "give one such as google.cloud.beyondcorp.appconnections.v1.AppConnection",
            )
        for binding in contract.bindings_of(Method.CANCEL):
            segments = binding.template.variable("name").segments
            above, between = _split(segments)
            chosen = parent or _filled(above, _WORDS)
            collection = "/".join(part for part in (chosen, between) if part)
            if binding.accepts(f"{collection}/a" if collection else "a"):
                has_choice = any(segment.kind is not Kind.LITERAL for segment in above)
                kinds = AWKWARD_PARENTS.items() if has_choice else ()
                awkward = {place: _filled(above, words) for place, words in kinds}
                return cls(contract, chosen, awkward, collection, response_type)
        templates = ", ".join(binding.template.text for binding in contract.bindings_of(Method.CANCEL))
        raise UsageError(f"--parent: no operation below {parent!r} can be cancelled", f"give one that fits {templates}")

    def named(self, scenario: Scenario, text: str) -> str:
        """A text of a scenario with its places filled in."""
        for place, value in self.places(scenario).items():
            text = text.replace(place, value)
        return text

    def places(self, scenario: Scenario) -> Mapping[str, str]:
        """What stands in each place of a scenario."""
        return {
            "{operation}": self.operation(scenario.name),
            "{collection}": self.collection,
            "{parent}": self.parent,
            **self.awkward,
            "{response-type}": self.response_type,
        }

    def operation(self, id_: str) -> str:
        """The operation of this id."""
        return f"{self.collection}/{id_}" if self.collection else id_

    def lacks(self, scenario: Scenario) -> str:
        """Why a scenario cannot be played with this contract; empty when it can."""
        for step in (scenario.control.step, *scenario.steps):
            name = self.named(scenario, step.name)
            if step.name.startswith(tuple(AWKWARD_PARENTS)) and not self.awkward:
                return "the contract leaves nothing of the parent open"
            if not self.contract.bindings_of(step.method):
                return f"the contract has no {step.method.value}"
            if step.is_unbound and self.contract.binds(step.method, name):
                return f"the contract has a path for {name!r}"
            if not step.is_unbound and not self.contract.binds(step.method, name):
                return f"the contract has no path for {name!r}"
        return ""

    def paths(self) -> re.Pattern[str]:
        """What the paths of cancel and get look like, without a verb."""
        bindings = [binding for method in (Method.CANCEL, Method.GET) for binding in self.contract.bindings_of(method)]
        return re.compile("|".join(dict.fromkeys(_shape(binding) for binding in bindings)))


def _split(segments: Sequence[Segment]) -> tuple[Sequence[Segment], str]:
    """What is above the id: the parent, and the collection if the template names it."""
    above = segments[:-1]
    if above and above[-1].kind is Kind.LITERAL:
        return above[:-1], above[-1].text
    return above, ""


def _filled(segments: Sequence[Segment], words: Sequence[str]) -> str:
    return "/".join(_texts(segments, iter(words)))


def _texts(segments: Sequence[Segment], words: Iterator[str]) -> Iterator[str]:
    for segment in segments:
        yield segment.text if segment.kind is Kind.LITERAL else next(words)


def _shape(binding: Binding) -> str:
    shapes = {Kind.ONE: "[^/]+", Kind.REST: ".+"}
    segments = binding.template.segments
    return "".join(f"/{shapes.get(segment.kind) or re.escape(segment.written)}" for segment in segments)
