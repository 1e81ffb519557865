"""The life of operations under calls in any order: a machine makes the calls, and the model has to explain each answer.

Hypothesis draws the calls; `conformance.lro.lifecycle` says in which states an operation may be after each answer.
When it may be in none, the answer was impossible. What can be known of every single exchange, other requirements say;
this one is about what only a sequence shows.
"""

from __future__ import annotations

from typing import Any

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.lro.lifecycle import BORN, Life, after
from conformance.rules import Complaint
from conformance.rules.server.order import calls_on, time_line
from conformance.server.target.iut import Iut
from conformance.suite.cancellations import Cancellations
from conformance.suite.drawing import play, remembered
from conformance.suite.judging import Violated, verifies

STEPS = 16
MOST_OPERATIONS = 3


class Lives:
    """Operations that were started for the machine, with the states in which each may be."""

    def __init__(self, iut: Iut) -> None:
        self._iut = iut
        self._states: dict[str, set[Life]] = {}
        self._calls: dict[str, list[Exchange]] = {}
        self.was_seen = False

    @property
    def names(self) -> list[str]:
        return list(self._states)

    def start(self) -> None:
        name = self._iut.running(1)[0]
        self._states[name] = {BORN}
        self._calls[name] = []

    def note(self, exchange: Exchange) -> None:
        """Let the model take the step that an exchange shows, for every operation that it shows."""
        self.was_seen = self.was_seen or operation_in(exchange) is not None
        for name in self._states:
            for call in calls_on(name, [exchange]):
                self._calls[name].append(exchange)
                states = (
                    set()
                    if call.event is None
                    else {life for state in self._states[name] for life in after(state, call.event)}
                )
                if not states:
                    line = time_line(calls_on(name, self._calls[name]))
                    raise Violated((Complaint(f"the last answer about {name} was impossible", (exchange,), line),))
                self._states[name] = states


def machine_for(iut: Iut, may_delete: bool, said: list[Exception], games: list[Lives]) -> Any:
    """A state machine over start, get, list, cancel, delete and time passing, for one implementation.

    What ends a game is put into `said`, every game into `games`.
    """
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

    pick = st.integers(0, MOST_OPERATIONS - 1)

    class LifecycleMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.lives = Lives(iut)
            games.append(self.lives)

        def name(self, index: int) -> str:
            return self.lives.names[index % len(self.lives.names)]

        @initialize()
        def start_the_first(self) -> None:
            with remembered(said):
                self.lives.start()

        @precondition(lambda self: len(self.lives.names) < MOST_OPERATIONS)
        @rule()
        def start(self) -> None:
            with remembered(said):
                self.lives.start()

        @rule(index=pick)
        def get(self, index: int) -> None:
            with remembered(said):
                self.lives.note(iut.get(self.name(index)))

        @rule(index=pick, empty=st.booleans())
        def cancel(self, index: int, empty: bool) -> None:
            with remembered(said):
                self.lives.note(iut.cancel(self.name(index), body=b"" if empty else b"{}"))

        @precondition(lambda self: iut.statement.value("list") is True and iut.contract.lists(self.lives.names[0]))
        @rule()
        def list_all(self) -> None:
            with remembered(said):
                for page in iut.list_pages(iut.contract.parent_of(self.lives.names[0]), most=3):
                    self.lives.note(page)

        @precondition(lambda _: may_delete)
        @rule(index=pick)
        def delete(self, index: int) -> None:
            with remembered(said):
                self.lives.note(iut.delete(self.name(index)))

        @rule(milliseconds=st.sampled_from([1, 20, 100]))
        def time_passes(self, milliseconds: int) -> None:
            iut.target.clock.sleep(milliseconds / 1000)

    return LifecycleMachine


@verifies("lifecycle.some-order-explains", profile="ci")
def test_calls_in_any_order_follow_the_model(iut: Iut, cancel_works: Cancellations, may_delete: bool) -> None:
    from hypothesis import HealthCheck, Phase, seed, settings
    from hypothesis.stateful import run_state_machine_as_test

    said: list[Exception] = []
    games: list[Lives] = []
    machine = seed(iut.profile.seed)(machine_for(iut, may_delete, said, games))
    drawing = settings(
        max_examples=iut.profile.shared_by(6).examples,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    play(lambda: run_state_machine_as_test(machine, settings=drawing), said)
    if not any(game.was_seen for game in games):
        raise NotTested("no get showed an operation, so that any answers would do")
