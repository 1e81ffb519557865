"""The implementation under test as checks see it: the calls of the contract, fresh operations, and time.

Builds requests by the contract and sends them through the target; every method returns what was exchanged and judges
nothing. Any part of a request can be replaced, since that is what a check is for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from conformance.errors import NotTested, RateLimited
from conformance.exchange import Exchange, Header, Method, Request
from conformance.exchange.history import next_page_token, operation_in, operations_in
from conformance.exchange.message import START
from conformance.judging.statement import Statement
from conformance.lro import Operation
from conformance.server.target.clean_up import clean_up, states_shown
from conformance.server.target.configuration import Configuration, SupplyForm
from conformance.server.target.credentials import Credential, Credentials
from conformance.server.target.headers import echoes, without_secrets
from conformance.server.target.ledger import Ledger, State
from conformance.server.target.parents import form_below, with_parents
from conformance.server.target.placeholders import FreshIds
from conformance.server.target.profile import QUICK, Profile
from conformance.server.target.starts import Starts
from conformance.server.target.supply import Supply
from conformance.server.target.target import Outgoing, Target
from conformance.server.target.token import scheme_of
from conformance.server.target.waits import FIRST_LOOK, LONG_ENOUGH, LONGEST_PAUSE_BETWEEN_LOOKS, SLOW_SUPPLY
from conformance.spec.contract import Contract
from conformance.spec.home import home_below

JSON = "application/json"

_AS_MANY_AS_CAN_BE = 1000
_PAGES_BEFORE_A_START = 3
"""Of a list that is only to show what a start must not answer with; a target may have very many operations."""


class Iut:
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
        self.configuration = configuration
        self.contract = contract
        self.target = target
        self.statement = Statement(configuration.statement)
        self.statement.find("unknown_fields", "undeclared", "the statement does not say")
        self.settle = configuration.operations.settle
        self.profile = profile
        home = home_below(contract, configuration.iut.parent)
        like = home.below(configuration.iut.parent, "1")
        self.plain_body = b"{}" if contract.reads_body(like) else b""
        self.cancel_method = contract.http_method(Method.CANCEL, like)
        """The HTTP method of the cancel: POST, or what else the contract binds."""
        self._credentials = credentials
        self._prefix = path_prefix
        self.ledger = ledger
        self._forms: dict[str, str] = {}
        self._states: dict[str, State] = {}
        self._started_anew: set[str] = set()
        self.is_out_of_time: Callable[[], bool] = bool
        """Whether nothing more is to be begun, for the time of the run is over."""
        self.ends_at_once = ""
        """Why nothing of this run runs: the supply's operations are done when they are first looked at."""
        directory = configuration.directory or Path()
        operations = configuration.operations

        self.parents = (configuration.iut.parent, *configuration.iut.further_parents)
        given = self.parents if "parent" in configuration.iut.said else ()
        starts = Starts(given, self._names_that_exist, self._note_start, self._was_deleted)

        is_ours = configuration.is_embedded or configuration.rehearsal
        self.fresh_id = FreshIds(seed=0 if is_ours else None)
        """An id for an operation that a check wants to have."""

        def supply(form: SupplyForm, parent: str, is_first: bool = True) -> Supply:
            below = form_below(form, contract, parent, is_first)
            return Supply(below, target, self._start_request, directory, starts, self._has_cancel, self.fresh_id)

        first, *further = self.parents
        self.supply = supply(operations.running, first)
        self.completed_supply = supply(operations.completed, first)
        self.further_supplies = {parent: supply(operations.running, parent, is_first=False) for parent in further}
        """Where operations below each further parent come from; nowhere, where the form of supply does not name it."""
        self._headers, self._hidden = without_secrets(configuration.iut.headers)
        names = {name.lower() for name, _ in self._headers}
        self._headers += [header for header in credentials.headers if header[0].lower() not in names]
        target.keep_secrets([*credentials.secrets, *echoes(self._hidden.values())])

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

    # --- requests ---

    def request(
        self,
        http_method: str,
        target: str,
        *,
        body: bytes = b"",
        content_type: str | None = None,
        headers: Iterable[Header] = (),
        framing: str = "length",
        credential: Credential = Credential.MAIN,
        note: str = "",
        is_odd: bool = False,
        once: bool = False,
    ) -> Outgoing:
        """A request on a raw target (path and query).

        `framing` says how the body's end is told: "length" (Content-Length), "chunked", or "none" (neither; only
        without a body). A GET or DELETE without a body has no Content-Length in any case. One of `headers` takes the
        place of a configured one of the same name; without credentials, no configured secret is sent either.
        """
        fields: list[Header] = [("Host", self.target.origin.partition("://")[2])]
        token = self._credentials.token(credential)
        if token is not None:
            fields.append(("Authorization", f"{scheme_of(token)} {token.placeholder}"))
        own = list(headers)
        replaced = {name.lower() for name, _ in own}
        if "accept" not in replaced:
            fields.append(("Accept", "*/*"))
        fields += [
            field
            for field in self._headers
            if field[0].lower() not in replaced and not (credential is Credential.NONE and field in self._hidden)
        ]
        fields += own
        if content_type is not None:
            fields.append(("Content-Type", content_type))
        if framing == "chunked":
            fields.append(("Transfer-Encoding", "chunked"))
        elif framing == "length" and (body or http_method in ("POST", "PUT", "PATCH")):
            fields.append(("Content-Length", str(len(body))))
        request = Request(http_method, self._prefix + target, tuple(fields), body)
        return Outgoing(request, token, note, self._hidden, is_odd, once)

    def _start_request(self, http_method: str, target: str, body: bytes) -> Outgoing:
        content_type = JSON if body else None
        return self.request(http_method, target, body=body, content_type=content_type, note=START, once=True)

    def cancel_request(
        self,
        name: str,
        *,
        body: bytes | None = None,
        content_type: str | None = JSON,
        query: str | None = None,
        headers: Iterable[Header] = (),
        framing: str = "length",
        credential: Credential = Credential.MAIN,
        note: str = "",
        is_odd: bool = False,
    ) -> Outgoing:
        """A cancel of `name`; by default with `plain_body`: `{}`, or nothing if that is refused or not bound."""
        path = self.contract.path(Method.CANCEL, name)
        return self.request(
            self.contract.http_method(Method.CANCEL, name),
            path if query is None else f"{path}?{query}",
            body=self.plain_body if body is None else body,
            content_type=content_type,
            headers=headers,
            framing=framing,
            credential=credential,
            note=note,
            is_odd=is_odd,
        )

    def get_request(self, name: str, credential: Credential = Credential.MAIN, note: str = "") -> Outgoing:
        return self.request("GET", self.contract.path(Method.GET, name), credential=credential, note=note)

    # --- calls ---

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

    def delete_request(self, name: str, credential: Credential = Credential.MAIN, note: str = "") -> Outgoing:
        return self.request("DELETE", self.contract.path(Method.DELETE, name), credential=credential, note=note)

    def list_request(
        self,
        parent: str,
        page_token: str = "",
        page_size: int = 0,
        *,
        query: str | None = None,
        credential: Credential = Credential.MAIN,
        note: str = "",
    ) -> Outgoing:
        """The first page as the server likes to cut it; the others, where the first was not all, as large as can be.

        A `page_size` is asked for on every page; a raw `query` takes the place of both.
        """
        size = page_size or (_AS_MANY_AS_CAN_BE if page_token else 0)
        parameters = [f"pageSize={size}"] if size else []
        parameters += [f"pageToken={quote(page_token, safe='')}"] if page_token else []
        written = "&".join(parameters) if query is None else query
        path = self.contract.path(Method.LIST, parent) + (f"?{written}" if written else "")
        return self.request("GET", path, credential=credential, note=note)

    def list_pages(self, parent: str, most: int = 100, page_size: int = 0) -> list[Exchange]:
        """All pages of the list of operations of `parent`, at most so many; ends with the first that is no success.

        It ends, too, with one whose token for the next page was given before.
        """
        pages: list[Exchange] = []
        given = {""}
        token = ""
        while len(pages) < most:
            pages.append(self.send(self.list_request(parent, token, page_size)))
            token = next_page_token(pages[-1])
            if token in given:
                break
            given.add(token)
        return pages

    def nobodys(self, paths: Iterable[str], or_of: str = "") -> set[str]:
        """Those of some paths at which there is no operation, as a get of each says in this run: NOT_FOUND.

        What is aimed at any other path may hit a stranger, so whoever sends what must not succeed asks here first.
        Where a get shows the operation called `or_of`, which is ours, nobody else can be hit either. All gets go
        together, and each path is asked for once.
        """
        wanted = list(dict.fromkeys(paths))
        looks = self._looks_first()
        missing = [path for path in wanted if path not in looks]
        looks.update(zip(missing, self.send_all([self.look_first_request(path) for path in missing]), strict=True))
        return {path for path in wanted if _is_nobodys(looks[path], or_of)}

    def look_first_request(self, path: str) -> Outgoing:
        """A get whose answer `nobodys` is to know, so that it can go together with others."""
        return self.request("GET", path, note=_LOOK_FIRST, is_odd=True)

    def _looks_first(self) -> dict[str, Exchange]:
        sent = (exchange for exchange in self.target.exchanges if exchange.note == _LOOK_FIRST)
        return {exchange.request.target.removeprefix(self._prefix): exchange for exchange in sent}

    # --- operations ---

    def running(self, count: int) -> list[str]:
        """The names of `count` fresh operations."""
        return self.supply.take(count)

    def too_short(self, name: str, look: Exchange) -> str:
        """Why an operation that was done before it could be used is none to test with, and what would be one."""
        since = self.supply.known_since.get(name)
        after = f", at most {look.received_at - since:.2f} s after it was started" if since is not None else ""
        return (
            f"the supply's operation {name} ended by itself: it is already done when it is first looked at{after}; "
            f"let [operations] start operations that run for about {LONG_ENOUGH:g} s, or until they are cancelled"
        )

    def supply_warnings(self) -> list[str]:
        """What is to be said of a supply that makes the run wait."""
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
        if self._credentials.main is None:
            self.statement.find("auth", False, "no credentials are configured, and none are asked for")
        elif not self.statement.is_declared("auth"):
            try:
                response = self.send(self.get_request(name, Credential.NONE)).response
            except RateLimited:
                return
            # No answer, "too many requests" and "not now" say nothing about credentials.
            if response is not None and not response.is_busy:
                because = f"a get without credentials is answered with {response.status}"
                self.statement.find("auth", response.status in (401, 403), because)

    @property
    def knows_the_caller(self) -> bool:
        """Whether the server may know who asks, and so may hide what exists: by a token, a certificate or a key."""
        has_certificate = bool(self.configuration.auth.client_certificate)
        return self.statement.value("auth") is not False or has_certificate or bool(self._hidden)

    def has_credential(self, credential: Credential) -> bool:
        """Whether requests with this kind of credential can be made."""
        return credential is Credential.NONE or self._credentials.token(credential) is not None

    def await_end(self, names: Sequence[str], within: float | None = None) -> dict[str, Exchange]:
        """Get every operation until all are done or `settle`, or another time, is over; the last look at each.

        The wait is for evidence only: an operation that is not done by then has violated nothing.
        """
        last: dict[str, Exchange] = {}
        deadline = self.target.clock.now() + (self.settle if within is None else within)
        pause = FIRST_LOOK
        pending = list(names)
        while pending:
            last.update(zip(pending, self.get_all(pending), strict=True))
            pending = [name for name in pending if _still_runs(last[name])]
            left = deadline - self.target.clock.now()
            if not pending or left <= 0:
                break
            self.target.clock.sleep(min(pause, left))
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
        for parent in self.parents:
            if self.contract.binds(Method.LIST, parent):
                with contextlib.suppress(NotTested):
                    names |= listed_names(
                        self.list_pages(parent, most=_PAGES_BEFORE_A_START, page_size=_AS_MANY_AS_CAN_BE)
                    )
        return names

    def _was_deleted(self, name: str) -> bool:
        calls = (exchange for exchange in self.target.exchanges if exchange.calls(Method.DELETE))
        return any(one.succeeded() and one.call is not None and one.call.name == name for one in calls)

    def _note_start(self, serial: str, name: str, form: str, state: State) -> None:
        if state is State.STARTED:
            if name in self._forms:
                self._started_anew.add(name)
            self._forms[name] = form
        elif state is State.FOREIGN:
            self._forms.pop(name, None)
        if self.ledger is not None:
            self.ledger.note(name, form, state, serial)

    def clean_up(self) -> None:
        """Cancel and delete what was started for this run, where the configuration says so; then write it down.

        Never an operation that was given by name; and what the target answers is nobody's verdict.
        Raises UsageError, which has the names and their states, when the ledger cannot be written.
        """
        shown = states_shown(self.target.exchanges, self._forms)
        self._states = shown | dict.fromkeys(self._started_anew, State.STARTED)
        noted = dict.fromkeys(self._states, State.STARTED)
        try:
            if self.configuration.operations.cleanup == "delete":
                clean_up(self, self._states, self.statement.value("delete") is True)
        finally:
            if self.ledger is not None:
                self.ledger.note_all(
                    (name, self._forms[name], state) for name, state in self._states.items() if state is not noted[name]
                )
                self.ledger.close(is_anything_left=bool(self.left_over()))

    def left_over(self) -> dict[str, State]:
        """The operations that were started for this run and not seen ended or deleted; known when it is cleaned up."""
        return {name: state for name, state in self._states.items() if state.is_left_over}


_LOOK_FIRST = "look whether this name is anybody's"


def _is_nobodys(look: Exchange, ours: str) -> bool:
    if look.response is None:
        return False
    shown = (look.response.json_object() or {}).get("name") if look.response.status == 200 else None
    return look.response.status == 404 or (bool(ours) and shown == ours)


def _still_runs(exchange: Exchange) -> bool:
    operation = operation_in(exchange)
    return operation is not None and not operation.done


def listed_names(pages: Sequence[Exchange]) -> set[str]:
    """The names of the operations on all pages of a list."""
    return {str(operation.name) for page in pages for operation in operations_in(page)}
