"""`faults`: the defects that prove that every check can fail, and the kill matrix."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from conformance.commands import Commands
    from conformance.proof.kill_matrix import MatrixResult
    from conformance.sdk.faults import ClientFault
    from conformance.sdk.variants import ClientVariant
    from conformance.server.reference.faults.registry import Fault
    from conformance.server.reference.variants import Variant
    from conformance.server.reference.worlds import World

    _Half = tuple[str, Sequence[Fault] | Sequence[ClientFault], Sequence[Variant] | Sequence[ClientVariant]]
    _Halves = Sequence[_Half]


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "faults",
        help="list the faults of the reference server and of lying clients; --verify proves that each is found",
        description="List the faults of the reference server and of lying clients, or judge all of them and every "
        "correct variant. Exit status 1 unless each fault breaks exactly what it declares.",
        allow_abbrev=False,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these faults and variants")
    parser.add_argument("--format", default="text", choices=("text", "json", "markdown"), help="default: text")
    parser.add_argument("--verify", action="store_true", help="run the kill matrix")
    parser.add_argument("--world", metavar="NAME", help="with --verify: a world of servers, or all (default: at-once)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="with --verify: the seed (default: 0)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List the faults, or verify them. Raises UsageError for a name or a world that there is not."""
    from conformance.errors import UsageError
    from conformance.proof.client_kill_matrix import client_subjects, run_client_matrix
    from conformance.proof.kill_matrix import run_matrix, subjects
    from conformance.server.reference.worlds import AT_ONCE, all_worlds, world_named

    if not options.verify:
        if options.world is not None:
            raise UsageError("--world: a list is the same in every world", "give --verify, too, or leave it out")
        sys.stdout.write(listing(options.format, options.names))
        return 0
    worlds = list(all_worlds()) if options.world == "all" else [world_named(options.world or AT_ONCE.name).name]
    everyone = [subject for world in worlds for subject in subjects(world)]
    everyone += client_subjects() if AT_ONCE.name in worlds else []
    chosen = [subject for subject in everyone if not options.names or subject.name in options.names]
    _require_known(options.names, {subject.name for subject in everyone})
    servers = [subject for subject in chosen if subject.actor == "server"]
    clients = [subject for subject in chosen if subject.actor == "client"]
    outcomes = []
    for outcome in chain(run_matrix(servers, options.seed), run_client_matrix(clients)):
        outcomes.append(outcome)
        if options.format == "text":
            print(described(outcome), flush=True)
    if options.format == "json":
        print(json.dumps([_as_json(outcome) for outcome in outcomes], indent=1))
    elif options.format == "markdown":
        sys.stdout.write("".join(_matrix(outcomes)))
    else:
        sys.stdout.write("".join(_summary(outcomes)))
    return 0 if all(outcome.is_exact for outcome in outcomes) else 1


def _require_known(names: Sequence[str], known: Collection[str]) -> None:
    """Raise UsageError for a name that no fault and no variant has."""
    from conformance.errors import UsageError, did_you_mean

    unknown = sorted(set(names) - set(known))
    if unknown:
        remedy = did_you_mean(unknown[0], known, "`lro-conformance faults` lists all")
        raise UsageError(f"no fault or variant is named {', '.join(unknown)}", remedy)


def _named(half: _Half, names: Sequence[str]) -> _Half:
    actor, faults, variants = half
    chosen: Any = [[one for one in some if one.name in names] for some in (faults, variants)]
    return (actor, *chosen)


def listing(style: str, names: Sequence[str] = ()) -> str:
    """Faults with their lies and what they break, and correct variants, as text, json or markdown.

    All of them, or those of the names. Raises UsageError for a name that none has.
    """
    from conformance.sdk.faults import client_faults
    from conformance.sdk.variants import client_variants
    from conformance.server.reference.faults import all_faults
    from conformance.server.reference.variants import all_variants

    halves: tuple[_Half, ...] = (
        ("server", list(all_faults().values()), list(all_variants().values())),
        ("client", list(client_faults().values()), list(client_variants().values())),
    )
    if names:
        _require_known(names, {one.name for _, faults, variants in halves for one in (*faults, *variants)})
        halves = tuple(_named(half, names) for half in halves)
    if style == "json":
        (_, _, servers), (_, _, clients) = halves
        entries = [
            {"name": fault.name, "breaks": list(fault.breaks), "lie": fault.lie, "actor": actor}
            for actor, faults, _ in halves
            for fault in faults
        ]
        variants = [variant.name for variant in servers]
        correct = [variant.name for variant in clients]
        return json.dumps({"faults": entries, "variants": variants, "client_variants": correct}, indent=1) + "\n"
    if style == "markdown":
        return "".join(_as_markdown(halves))
    return "".join(f"{line}\n" for line in _as_text(halves))


def _as_text(halves: _Halves) -> Iterator[str]:
    from conformance.exchange.printable import wrapped

    for actor, faults, variants in halves:
        for fault in faults:
            yield from (f"{fault.name}  ({actor})", *wrapped(fault.lie, "  "))
            yield from wrapped(f"breaks: {', '.join(fault.breaks)}", "  ")
        for variant in variants:
            yield from (f"{variant.name}  ({actor}, correct)", *wrapped(variant.why, "  "))


def _as_markdown(halves: _Halves) -> Iterator[str]:
    from conformance.server.reference.worlds import all_worlds

    yield f"# The kill matrix\n\n{_MATRIX_PROSE}\n"
    for actor, faults, variants in halves:
        worlds = list(all_worlds().values()) if actor == "server" else []
        reasons = _Reasons()
        yield f"\n## {len(faults)} faults of the {actor}\n\n"
        yield _row("fault", "how it lies", "what it breaks", *(world.name for world in worlds))
        yield _row(*(["---"] * (3 + len(worlds))))
        for fault in faults:
            seen = (reasons.mark(fault, world) for world in worlds)
            yield _row(f"`{fault.name}`", _cell(fault.lie), _code(fault.breaks), *seen)
        yield from reasons.listed()
        yield f"\n## {len(variants)} correct {actor}s\n\n"
        yield from _variants(variants)


def _variants(variants: Sequence[Variant] | Sequence[ClientVariant]) -> Iterator[str]:
    """Every variant and what a run says of it: nothing at all, unless it stands here."""
    yield _row("variant", "why it may differ", "verdict", "warns", "not tested, although it was asked")
    yield _row(*(["---"] * 5))
    reasons = _Reasons()
    for variant in variants:
        yield _row(f"`{variant.name}`", _cell(variant.why), *_said_of(variant, reasons))
    yield from reasons.listed()


def _said_of(variant: Variant | ClientVariant, reasons: _Reasons) -> tuple[str, str, str]:
    from conformance.server.reference.variants import Variant
    from conformance.server.reference.worlds import all_worlds

    if not isinstance(variant, Variant):
        return "conformant", "", ""
    verdict, untested = variant.verdict, sorted(variant.not_tested)
    worlds = [world for world in all_worlds() if world in variant.without_effect]
    if worlds:
        verdict += f"; {variant.verdict_in(worlds[0])} in {', '.join(worlds)} {reasons.of(_NOTHING_SEEN)}"
    names = ", ".join(f"`{name}`" for name in untested)
    return verdict, _code(sorted(variant.warns)), f"{len(untested)} {reasons.of(names)}" if untested else ""


_MATRIX_PROSE = """\
Each fault is the reference server, or the honest client of the gate for SDKs, with one behaviour exchanged.
`lro-conformance faults --verify` judges every one of them. It fails unless the requirements that fail or warn are
exactly those of the third column, and unless every correct variant is left in peace. Faults were written from what
real servers and clients do and from the contract; those of the server by people who had not seen the checks.
A fault is found in every *world*: where a cancel takes effect at once, late without a trace (`late`, `very-late`) or
with one (`with-trace`), where a list lags, over a socket, by several workers, and by its recorded traffic alone, as far
as that shows what the rules about all traffic judge (`rules`). Where it cannot be seen, or only in some runs, the
number says why.
`faults --verify --world NAME` judges all of them in one world, `--world all` in all.
`lro-conformance serve --fault NAME` serves one of the server; `python -m conformance.sdk.lying_driver --fault NAME`
drives the client with one of its own."""


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |\n"


_NOTHING_SEEN = "nothing shows there what a cancel did that does not win, so nobody knows whether one did too much"


class _Reasons:
    """What is said of several rows of a table, numbered as it comes up."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, fault: Fault | ClientFault, world: World) -> str:
        """How a world finds a fault: whole, in part, by chance, or not at all, and then why."""
        if world.name in (by_chance := getattr(fault, "by_chance", {})):
            return f"by chance {self.of(by_chance[world.name])}"
        reason = getattr(fault, "unseen", {}).get(world.name)
        if reason is None:
            return "rules" if world.reached == "from a recording" else "✓"
        return f"{'part' if getattr(fault, 'unseen_part', ()) else '–'} {self.of(reason)}"

    def of(self, reason: str) -> str:
        """The number of a reason."""
        return f"({self._numbers.setdefault(reason, len(self._numbers) + 1)})"

    def listed(self) -> Iterator[str]:
        """The reasons, under the table."""
        for reason, number in self._numbers.items():
            yield f"\n({number}) {reason[0].upper()}{reason[1:]}.\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(names: Sequence[str]) -> str:
    return "<br>".join(f"`{name}`" for name in names)


def described(outcome: MatrixResult) -> str:
    """A line about an outcome, and more for everything that is not as declared."""
    from conformance.exchange.printable import wrapped
    from conformance.server.reference.worlds import AT_ONCE

    mark = "exact  " if outcome.is_exact else "INEXACT"
    at = f"request {outcome.first_at:>3}" if outcome.first_at else "           "
    subject = outcome.subject
    name = subject.name if subject.world == AT_ONCE.name else f"{subject.name} in {subject.world}"
    line = f"{mark} {outcome.seconds:6.2f} s  {at}  {subject.actor} {subject.kind:<7} {name}"
    details = [f"missed {name}" for name in sorted(outcome.missed)]
    details += [f"also {name}: {outcome.broken[name][:160]}" for name in sorted(outcome.unexpected)]
    details += [f"error {error[:200]}" for error in outcome.errors]
    details += outcome.undeclared if subject.kind == "variant" else []
    return "\n".join([line, *(part for detail in details for part in wrapped(detail, " " * 10))])


def _summary(outcomes: Sequence[MatrixResult]) -> Iterator[str]:
    from conformance.exchange.printable import wrapped

    yield "\n"
    for actor in ("server", "client"):
        half = [outcome for outcome in outcomes if outcome.subject.actor == actor]
        if half:
            yield from (f"{line}\n" for line in wrapped(f"{actor}: {_summed_up(half)}"))


def _summed_up(outcomes: Sequence[MatrixResult]) -> str:
    faults = [outcome for outcome in outcomes if outcome.subject.kind == "fault"]
    variants = [outcome for outcome in outcomes if outcome.subject.kind == "variant"]
    broken = {requirement for outcome in faults for requirement in outcome.subject.breaks}
    exact = sum(outcome.is_exact for outcome in faults)
    green = sum(outcome.is_exact for outcome in variants)
    found = [outcome.first_at for outcome in faults if outcome.first_at]
    seen = (
        f"; first violation after {statistics.median(found):g} requests (median), {max(found)} at most" if found else ""
    )
    return (
        f"{exact} of {len(faults)} faults exact, over {len(broken)} requirements; "
        f"{green} of {len(variants)} correct variants green{seen}"
    )


def _matrix(outcomes: Sequence[MatrixResult]) -> Iterator[str]:
    yield "| | fault or variant | breaks | first seen at request |\n|---|---|---|---|\n"
    for outcome in outcomes:
        mark = "✓" if outcome.is_exact else "✗"
        broken = _code(sorted(outcome.broken)) or "nothing, and must not"
        yield f"| {mark} | `{outcome.subject.name}` | {broken} | {outcome.first_at or ''} |\n"


def _as_json(outcome: MatrixResult) -> dict[str, object]:
    return {
        "actor": outcome.subject.actor,
        "kind": outcome.subject.kind,
        "name": outcome.subject.name,
        "world": outcome.subject.world,
        "declared": sorted(outcome.subject.breaks),
        "broken": dict(outcome.broken),
        "errors": list(outcome.errors),
        "verdict": outcome.verdict,
        "not_tested": sorted(outcome.not_tested),
        "exact": outcome.is_exact,
        "first_at": outcome.first_at,
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 3),
    }
