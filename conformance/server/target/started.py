"""The operations that a run has started: noted from the start on, cleaned up at the end, and listed if left over."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.exchange import Exchange
from conformance.server.target.clean_up import Caller, clean_up, states_shown
from conformance.server.target.interrupts import may_be_interrupted
from conformance.server.target.ledger import Ledger, LedgerState


class Started:
    """The operations that were started for a run, and what is known of each; a ledger keeps it, where there is one."""

    def __init__(self, ledger: Ledger | None) -> None:
        self._ledger = ledger
        self._forms: dict[str, str] = {}
        self._states: dict[str, LedgerState] = {}
        self._anew: set[str] = set()
        self._unclear: set[str] = set()
        self._exchanges: Sequence[Exchange] = ()

    def note(self, serial: str, name: str, form: str, state: LedgerState) -> None:
        """Note what a start came to."""
        if state is LedgerState.STARTED:
            if name in self._forms:
                self._anew.add(name)
            self._forms[name] = form
        elif state in (LedgerState.FOREIGN, LedgerState.UNCLEAR):
            self._forms.pop(name, None)
            if state is LedgerState.UNCLEAR:
                self._unclear.add(name)
        if self._ledger is not None:
            self._ledger.note(name, form, state, serial)

    def clean_up(self, iut: Caller, may_delete: bool) -> None:
        """Cancel and delete what was started for this run, where it may be touched; then write it down.

        Never an operation that was given by name; and what the target answers is nobody's verdict.
        Raises UsageError, which has the names and their states, when the ledger cannot be written.
        """
        self._exchanges = iut.target.exchanges
        shown = states_shown(iut.target.exchanges, self._forms)
        self._states = shown | dict.fromkeys(self._anew, LedgerState.STARTED)
        noted = dict.fromkeys(self._states, LedgerState.STARTED)
        try:
            if may_delete:
                with may_be_interrupted():
                    clean_up(iut, self._states, iut.statement.value("delete") is True)
        finally:
            if self._ledger is not None:
                self._ledger.note_all(
                    (name, self._forms[name], state) for name, state in self._states.items() if state is not noted[name]
                )
                self._ledger.close(is_anything_left=bool(self.left_over()))

    def left_over(self) -> dict[str, LedgerState]:
        """The operations that were started for this run, or may have been, and not seen ended or deleted.

        Known when it is cleaned up.
        """
        left = {name: state for name, state in self._states.items() if state.is_left_over}
        unclear = states_shown(self._exchanges, self._unclear)
        return left | {name: LedgerState.UNCLEAR for name, state in unclear.items() if state.is_left_over}
