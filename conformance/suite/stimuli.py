"""Stimuli: what is sent for the checks. They are declared beside the checks, and played together.

A stimulus is a function marked with `@stimulus`. Its parameters name what it needs: the implementation (`iut`), and
other stimuli; of one with the default None it is enough that it has been tried. What it returns is a fixture with its
name, for as many checks as like; what it raises, each of them raises.

The first check that wants one has all played that the checks of its profile want, each as soon as what it needs is
there; what several of them send at the same time goes out as one wave. So a stimulus is written as if it were alone,
and none waits for another that it does not need.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from conformance.errors import NotTested
from conformance.server.target.iut import Iut
from conformance.server.target.waves import Part


@dataclass(frozen=True, slots=True)
class Stimulus:
    """A function that sends, by its name; `is_last` says that it waits for all that are not."""

    name: str
    make: Callable[..., Any]
    needs: tuple[str, ...]
    likes: tuple[str, ...]
    is_last: bool


STIMULI: dict[str, Stimulus] = {}
"""Every stimulus of the modules that were imported, by its name."""

FIXTURES: dict[str, Any] = {}
"""The fixture of each, by its name."""


def stimulus(make: Callable[..., Any]) -> Any:
    """Declare a stimulus, which is played with the others when a check first wants one of them."""
    return _declared(make, is_last=False)


def last_stimulus(make: Callable[..., Any]) -> Any:
    """Declare a stimulus that is played when all others are over."""
    return _declared(make, is_last=True)


def _declared(make: Callable[..., Any], is_last: bool) -> Any:
    parameters = inspect.signature(make).parameters.values()
    needs = tuple(each.name for each in parameters if each.default is inspect.Parameter.empty)
    likes = tuple(each.name for each in parameters if each.default is None)
    name = make.__name__
    STIMULI[name] = Stimulus(name, make, needs, likes, is_last)

    @pytest.fixture(scope="session", name=name)
    def had(stimuli: Stimuli) -> Any:
        return stimuli.value(name)

    FIXTURES[name] = had
    return had


class Stimuli:
    """What was had of each stimulus. `wanted` says which others to play together with one, by its name."""

    def __init__(self, iut: Iut, wanted: Callable[[str], Collection[str]]) -> None:
        self._iut = iut
        self._wanted = wanted
        self._had: dict[str, Any] = {"iut": iut}

    def value(self, name: str) -> Any:
        """What the stimulus returned. Raises what it raised."""
        if name not in self._had:
            self._play(in_turn([name, *self._wanted(name)]), name)
        had = self._had[name]
        if isinstance(had, Exception):
            raise had
        return had

    def _play(self, names: Collection[str], asked: str) -> None:
        turns = (False, True) if STIMULI[asked].is_last else (False,)
        # Whoever imported a module of the suite first, a run begins the same way: by their files, and in these in turn.
        everyone = sorted(STIMULI.values(), key=lambda one: one.make.__module__)
        unplayed = [one for one in everyone if one.name in names and one.name not in self._had]
        for is_last in turns:
            chosen = [one for one in unplayed if one.is_last == is_last]
            parts = [Part(one.name, {*one.needs, *one.likes}, partial(self._try, one)) for one in chosen]
            self._iut.target.waves.play(parts)

    def _try(self, one: Stimulus) -> None:
        try:
            if self._iut.is_out_of_time():
                raise NotTested("--max-time was over")
            needed = {name: self._had[name] for name in one.needs}
            for missing in (had for had in needed.values() if isinstance(had, Exception)):
                raise missing
            liked = {name: had for name in one.likes if not isinstance(had := self._had[name], Exception)}
            self._had[one.name] = one.make(**needed, **liked)
        except Exception as error:
            self._had[one.name] = error


def in_turn(names: Iterable[str]) -> tuple[str, ...]:
    """The stimuli among some names, and then what they need and like, and so on."""
    found: list[str] = []
    left = list(names)
    while left:
        name = left.pop(0)
        if name in STIMULI and name not in found:
            found.append(name)
            left += [*STIMULI[name].needs, *STIMULI[name].likes]
    return tuple(found)
