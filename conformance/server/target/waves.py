"""Waves: requests of several parts of a run are sent together, so that latency does not add up.

A part is any function that sends; it is written as if it were alone. Each part has a thread of its own, and only one of
them runs at a time. So shared data needs no lock, and the order of events is always the same. When all of them wait for
answers, one wave goes out with what they want to send: no more requests than are allowed at once, first the wishes of
parts that others wait for, and small wishes before large ones. A wave takes as long as its slowest answer: one round
trip.

If nothing is to be sent and all parts sleep, time passes. `Waves` is also the clock by which parts sleep.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from conformance.lro import Clock

Work = Callable[[], object]
Found = TypeVar("Found")


@dataclass
class Part:
    """A function that sends, its name, and the names of the parts that must end before it begins."""

    name: str
    needs: Collection[str]
    play: Callable[[], None]
    wish: _Wish | None = None
    wakes_at: float | None = None
    is_over: bool = False
    may_go_on: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    thread: threading.Thread | None = None


@dataclass
class _Wish:
    """What a part wants to send; `together` where all of it has to be under way at the same moment."""

    work: Sequence[Work]
    together: bool
    outcomes: list[object] = field(default_factory=list)

    @property
    def left(self) -> Sequence[Work]:
        return self.work[len(self.outcomes) :]


class Raised:
    """What work raised, in place of what it returns."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Stopped(BaseException):
    """The play was broken off: a part that sleeps is woken with this, and unwinds."""


SendWave = Callable[[Sequence[Work]], list[object]]
"""Does work that sends, all of it at once; what each returned or `Raised`, in order."""


class Waves:
    """Plays parts together. `size` is how many requests may be under way at once."""

    def __init__(self, clock: Clock, size: int, send: SendWave) -> None:
        self._clock = clock
        self._size = size
        self._send = send
        self._baton = threading.Semaphore(0)
        self._is_stopped = False
        self._own = threading.local()

    # --- for whoever plays ---

    def play(self, parts: Sequence[Part]) -> None:
        """Play all parts to their end, each as soon as those that it needs are over."""
        unplayed, playing = list(parts), list[Part]()
        try:
            while unplayed or playing:
                names = {part.name for part in (*unplayed, *playing)}
                ready = next((part for part in unplayed if names.isdisjoint(part.needs)), None)
                if ready is not None:
                    unplayed.remove(ready)
                    self._begin(ready)
                    playing.append(ready)
                else:
                    awaited = {name for part in unplayed for name in part.needs}
                    for part in self._next_wave(playing, awaited):
                        self._let_go_on(part)
                playing = [part for part in playing if not part.is_over]
        except BaseException:
            self._stop(playing)
            raise

    def _begin(self, part: Part) -> None:
        def play() -> None:
            self._own.part = part
            self._own.sender = part.name
            try:
                if not self._is_stopped:
                    part.play()
            except _Stopped:
                pass
            finally:
                part.is_over = True
                self._baton.release()

        part.thread = threading.Thread(target=play, name=f"lro-conformance-{part.name}", daemon=True)
        part.thread.start()
        self._baton.acquire()

    def _let_go_on(self, part: Part) -> None:
        part.wakes_at = None
        part.may_go_on.release()
        self._baton.acquire()

    def _stop(self, playing: Sequence[Part]) -> None:
        self._is_stopped = True
        for part in playing:
            part.may_go_on.release()
        for part in playing:
            assert part.thread is not None
            part.thread.join()

    def _next_wave(self, playing: Sequence[Part], awaited: Collection[str]) -> list[Part]:
        """Send one wave, or let time pass if no part sends. Returns the parts that may go on, in order."""
        wishes = [(part, part.wish) for part in playing if part.wish is not None]
        chosen: list[tuple[_Wish, Sequence[Work]]] = []
        room = self._size

        def turn(each: tuple[Part, _Wish]) -> tuple[bool, bool, int]:
            part, wish = each
            return not wish.together, part.name not in awaited, len(wish.left)

        for _, wish in sorted(wishes, key=turn):
            taken = wish.left[:room]
            if taken and not (wish.together and len(taken) < len(wish.left)):
                chosen.append((wish, taken))
                room -= len(taken)
        if chosen:
            outcomes = iter(self._send([work for _, taken in chosen for work in taken]))
            for wish, taken in chosen:
                wish.outcomes += [next(outcomes) for _ in taken]
        elif not wishes:
            asleep = [part.wakes_at for part in playing if part.wakes_at is not None]
            self._clock.sleep(min(asleep) - self._clock.now())
        answered = [part for part, wish in wishes if not wish.left]
        for part in answered:
            part.wish = None
        now = self._clock.now()
        return [part for part in playing if part in answered or (part.wakes_at is not None and part.wakes_at <= now)]

    # --- for those who take part ---

    @property
    def is_part(self) -> bool:
        """Whether the calling thread is a part of a play."""
        return getattr(self._own, "part", None) is not None

    @property
    def sender(self) -> str:
        """The name of the part that sends in this thread; empty where none does."""
        return getattr(self._own, "sender", "")

    def ask(self, work: Sequence[Callable[[], Found]], together: bool = False) -> list[Found]:
        """Do work that sends, with the next waves; what it returned. The first error is raised when all is done."""
        part: Part = self._own.part
        if not work:
            return []
        part.wish = wish = _Wish([partial(self._sent_by, part.name, each) for each in work], together)
        self._wait(part)
        for outcome in wish.outcomes:
            if isinstance(outcome, Raised):
                raise outcome.error
        return wish.outcomes  # type: ignore[return-value]

    def _sent_by(self, name: str, work: Work) -> object:
        self._own.sender = name
        try:
            return work()
        finally:
            self._own.sender = ""

    def _wait(self, part: Part) -> None:
        self._baton.release()
        part.may_go_on.acquire()
        if self._is_stopped:
            raise _Stopped

    def now(self) -> float:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        if not self.is_part:
            self._clock.sleep(seconds)
        elif seconds > 0:
            part: Part = self._own.part
            part.wakes_at = self._clock.now() + seconds
            self._wait(part)
