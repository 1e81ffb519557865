"""The implementation under test as checks see it: the calls of the contract, fresh operations, and time.

`Requests` builds the requests, and the target sends them. Every method returns exchanges; nothing is judged here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.errors import NotTested, RateLimited
from conformance.exchange import Exchange, Method
from conformance.exchange.history import next_page_token, operation_in, operations_in
from conformance.judging.statement import UNDECLARED, Statement
from conformance.lro import Operation, State
from conformance.server.target.configuration import Configuration, SupplyForm
from conformance.server.target.credentials import Credential, Credentials
from conformance.server.target.ledger import Ledger, LedgerState
from conformance.server.target.parents import form_below, with_parents
from conformance.server.target.placeholders import FreshIds
from conformance.server.target.profile import QUICK, Profile
from conformance.server.target.requests import AS_MANY_AS_CAN_BE, LOOK_FIRST, Requests
from conformance.server.target.started import Started
from conformance.server.target.starts import Starts
from conformance.server.target.supply import Supply
from conformance.server.target.target import Outgoing, Target
from conformance.server.target.waits import FIRST_LOOK, LONG_ENOUGH, LONGEST_PAUSE_BETWEEN_LOOKS, SLOW_SUPPLY
from conformance.spec.contract import Contract

_PAGES_BEFORE_A_START = 3
"""Of a list that is only to show what a start must not answer with; a target may have very many operations."""


class Iut(Requests):
    """One implementation under test, for one run."""

    def __init__(
        self,
        configuration: Configuration,
        contract: Contract,
        target: Target,
        credentials: Credentials,
        profile: Profile = QUICK,
        path_prefix: str = "",
        ledger: Ledger | None = None,
    ) -> None:
        configuration = with_parents(configuration, contract)
        super().__init__(configuration, contract, credentials, target.origin, path_prefix)
        self.configuration = configuration
        self.target = target
        self.statement = Statement(configuration.statement)
        self.statement.find("unknown_fields", UNDECLARED, "the statement does not say")
        self.settle = configuration.operations.settle
        self.profile = profile
        self.ledger = ledger
        self._started = Started(ledger)
        self.is_out_of_time: Callable[[], bool] = bool
        """Whether nothing more is to be begun, for the time of the run is over."""
        self.saw_an_effect = False
        """Whether a cancel of this run was seen to have an effect: once seen, it stays seen."""
        self.ends_at_once = ""
        """Why nothing of this run runs: the supply's operations are done when they are first looked at."""
        directory = configuration.directory or Path()
        operations = configuration.operations

        self.parents = (configuration.iut.parent, *configuration.iut.further_parents)
        given = self.parents if "parent" in configuration.iut.said else ()
        starts = Starts(given, self._names_that_exist, self._started.note, self._was_deleted)
        self.given_anew = starts.given_anew

        is_ours = configuration.is_embedded or configuration.rehearsal
        self.fresh_id = FreshIds(seed=0 if is_ours else None)
        """An id for an operation that a check wants to have."""

        def supply(form: SupplyForm, parent: str, is_first: bool = True) -> Supply:
            below = form_below(form, contract, parent, is_first)
            return Supply(below, target, self.start_request, directory, starts, self._has_cancel, self.fresh_id)

        first, *further = self.parents
        self.supply = supply(operations.running, first)
        self.completed_supply = supply(operations.completed, first)
        self.further_supplies = {parent: supply(operations.running, parent, is_first=False) for parent in further}
        """Where operations below each further parent come from; nowhere, where the form of supply does not name it."""
        target.keep_secrets(self.secrets)

    @property
    def handed_out(self) -> list[str]:
        """Every operation that any supply has handed out."""
        return [name for supply in self.supplies for name in supply.handed_out]

    @property
    def supplies(self) -> tuple[Supply, ...]:
        """All of them: of running operations, of completed ones, and below each further parent."""
        return (self.supply, self.completed_supply, *self.further_supplies.values())

    @property
    def watch(self) -> float:
        """Seconds after its end at which a cancelled operation is looked at again."""
        said = self.configuration.operations.watch
        return self.profile.watch if said is None else said

    @property
    def is_quick(self) -> bool:
        return self.profile.rank == QUICK.rank

    def send(self, outgoing: Outgoing) -> Exchange:
        return self.target.send(outgoing)

    def send_all(self, outgoing: Sequence[Outgoing]) -> list[Exchange]:
        """Send independent requests at once, as far as the limits allow."""
        return self.target.send_all(outgoing)

    def send_together(self, outgoing: Sequence[Outgoing]) -> list[Exchange]:
        """Send requests so that all of them overlap; as many as the concurrency allows."""
        return self.target.send_together(outgoing[: self.target.limits.concurrency])

    def cancel(self, name: str, **changes: object) -> Exchange:
        """Cancel one operation; the keywords are those of `cancel_request`."""
        return self.send(self.cancel_request(name, **changes))  # type: ignore[arg-type]

    def get(self, name: str) -> Exchange:
        return self.send(self.get_request(name))

    def get_all(self, names: Sequence[str]) -> list[Exchange]:
        return self.send_all([self.get_request(name) for name in names])

    def delete(self, name: str) -> Exchange:
        return self.send(self.delete_request(name))

    def list_pages(
        self, parent: str, most: int = 100, page_size: int = 0, first: Exchange | None = None
    ) -> list[Exchange]:
        """All pages of the list of operations of `parent`, at most so many; ends with the first that is no success.

        It ends, too, with one whose token for the next page was given before. The `first` may have been asked for.
        """
        pages: list[Exchange] = []
        given = {""}
        token = ""
        while len(pages) < most:
            pages.append(first or self.send(self.list_request(parent, token, page_size)))
            first = None
            token = next_page_token(pages[-1])
            if token in given:
                break
            given.add(token)
        return pages

    def nobodys(self, paths: Iterable[str], or_of: str = "") -> set[str]:
        """Those of some paths at which there is no operation: a get of each, in this run, was answered with NOT_FOUND.

        A request to any other path may hit an operation of somebody else. So stimuli that must not succeed ask here
        first. A path is also free if a get shows the operation called `or_of`, which is of this run. All gets go
        together, and each path is asked for once.
        """
        wanted = list(dict.fromkeys(paths))
        looks = self._looks_first()
        missing = [path for path in wanted if path not in looks]
        looks.update(zip(missing, self.send_all([self.look_first_request(path) for path in missing]), strict=True))
        return {path for path in wanted if _is_nobodys(looks[path], or_of)}

    def _looks_first(self) -> dict[str, Exchange]:
        sent = (exchange for exchange in self.target.exchanges if exchange.note == LOOK_FIRST)
        return {exchange.request.target.removeprefix(self.path_prefix): exchange for exchange in sent}

    def running(self, count: int) -> list[str]:
        """The names of `count` fresh operations."""
        return self.supply.take(count)

    def too_short(self, name: str, look: Exchange) -> str:
        """Why an operation that was done before it could be used is none to test with, and what would be one."""
        since = self.supply.known_since.get(name)
        after = f", at most {look.received_at - since:.2f} s after it was started" if since is not None else ""
        operation = operation_in(look)
        if operation is not None and operation.state is State.CANCELLED and not self._sent_a_cancel_of(name):
            return (
                f"the supply's operation {name} was cancelled when it was first looked at{after}, and this process had "
                "sent no cancel of it: the server cancelled it with another one, or by itself"
            )
        return (
            f"the supply's operation {name} ended by itself: it is already done when it is first looked at{after}; "
            f"let [operations] start operations that run for about {LONG_ENOUGH:g} s, or until they are cancelled"
        )

    def _sent_a_cancel_of(self, name: str) -> bool:
        cancels = (exchange for exchange in self.target.exchanges if exchange.calls(Method.CANCEL))
        return any(cancel.call is not None and cancel.call.name == name for cancel in cancels)

    def supply_warnings(self) -> list[str]:
        """A warning if the supply makes the run wait."""
        supply = self.supply
        count = len(supply.known_since)
        if supply.seconds <= SLOW_SUPPLY and supply.slowest <= self.target.limits.timeout:
            return []
        return [
            f"the supply is slow: {count} operations took {supply.seconds:.1f} s, the slowest {supply.slowest:.1f} s; "
            f"a run should not wait longer than {SLOW_SUPPLY:g} s for all, and [limits] timeout "
            f"({self.target.limits.timeout:g} s) for one"
        ]

    def look(self, name: str) -> tuple[Exchange, Operation]:
        """Get an operation. Raises NotTested when the answer shows none."""
        exchange = self.get(name)
        operation = operation_in(exchange)
        if operation is None:
            raise NotTested(f"a get of {name} does not show the operation")
        return exchange, operation

    def find_out_about_auth(self, name: str) -> None:
        """Where the statement is silent: whether a get without credentials is refused that succeeds with them."""
        if not self.has_main_credential:
            self.statement.find("auth", False, "no credentials are configured, and none are asked for")
        elif not self.statement.is_declared("auth"):
            try:
                # On a connection of its own: some remember who has called before.
                response = self.send(replace(self.get_request(name, Credential.NONE), once=True)).response
            except RateLimited:
                return
            # No answer, "too many requests" and "not now" say nothing about credentials.
            if response is not None and not response.is_busy:
                because = f"a get without credentials is answered with {response.status}"
                is_refused = not response.is_success and response.status != 404
                # A page to log in at, or a crash, is no answer to a caller who is known: then it is asked who calls.
                asks = response.status in (401, 403) or (is_refused and self.get(name).succeeded())
                self.statement.find("auth", asks, because)

    @property
    def knows_the_caller(self) -> bool:
        """Whether the server may know who asks, and so may hide what exists: by a token, a certificate or a key."""
        has_certificate = bool(self.configuration.auth.client_certificate)
        return self.statement.value("auth") is not False or has_certificate or self.has_hidden_headers

    def await_end(self, names: Sequence[str], within: float | None = None) -> dict[str, Exchange]:
        """Get every operation until all are done or `settle`, or another time, is over; the last look at each.

        The wait is for evidence only: an operation that is not done by then has violated nothing.
        """
        last: dict[str, Exchange] = {}
        deadline = self.target.clock.now() + (self.settle if within is None else within)
        pause = FIRST_LOOK
        pending = list(names)
        while pending:
            began = self.target.clock.now()
            last.update(zip(pending, self.get_all(pending), strict=True))
            pending = [name for name in pending if still_runs(last[name])]
            # An answer may have been awaited for long: only what was asked after the deadline tells what is then.
            if not pending or began >= deadline:
                break
            self.target.clock.sleep(max(0.0, min(pause, deadline - self.target.clock.now())))
            pause = min(pause * 2, LONGEST_PAUSE_BETWEEN_LOOKS)
        return last

    def _has_cancel(self, name: str) -> bool:
        return self.contract.binds(Method.CANCEL, name)

    def _names_that_exist(self) -> set[str]:
        """The operations of a live target before the first start, as far as a list of them is to be had."""
        names: set[str] = set()
        is_live = self.ledger is not None or self.configuration.rehearsal
        if not is_live or self.statement.value("list") is False:
            return names
        listed = [parent for parent in self.parents if self.contract.binds(Method.LIST, parent)]
        first: list[Exchange | None] = [None] * len(listed)
        with contextlib.suppress(NotTested):
            first = [*self.send_all([self.list_request(parent, page_size=AS_MANY_AS_CAN_BE) for parent in listed])]
        for parent, page in zip(listed, first, strict=True):
            with contextlib.suppress(NotTested):
                names |= listed_names(self.list_pages(parent, _PAGES_BEFORE_A_START, AS_MANY_AS_CAN_BE, page))
        return names

    def _was_deleted(self, name: str) -> bool:
        calls = (exchange for exchange in self.target.exchanges if exchange.calls(Method.DELETE))
        return any(one.succeeded() and one.call is not None and one.call.name == name for one in calls)

    def clean_up(self) -> None:
        """Cancel and delete what was started for this run, where the configuration says so; then write it down.

        Raises UsageError, which has the names and their states, when the ledger cannot be written.
        """
        self._started.clean_up(self, self.configuration.operations.cleanup == "delete")

    def left_over(self) -> dict[str, LedgerState]:
        """The operations that were started for this run, or may have been, and not seen ended or deleted.

        Known when it is cleaned up.
        """
        return self._started.left_over()


def _is_nobodys(look: Exchange, ours: str) -> bool:
    if look.response is None:
        return False
    shown = (look.response.json_object() or {}).get("name") if look.response.status == 200 else None
    return look.response.status == 404 or (bool(ours) and shown == ours)


def still_runs(exchange: Exchange) -> bool:
    """Whether a look shows an operation that is not done."""
    operation = operation_in(exchange)
    return operation is not None and not operation.done


def listed_names(pages: Sequence[Exchange]) -> set[str]:
    """The names of the operations on all pages of a list."""
    return {str(operation.name) for page in pages for operation in operations_in(page)}
