"""Faults of what a list shows, and of its pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from conformance.exchange import Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import refusal, with_json, without
from conformance.server.reference.faults.registry import NO_METADATA, fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Snapshot

_INTERNAL = refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR")
_PAGE = 50


def _asked(honest: Service, change: Callable[[Service, Invocation], Invocation]) -> Service:
    """List is asked something else than the caller asked."""
    return replace(honest, list=lambda service, call: honest.list(service, change(service, call)))


def _shown(honest: Service, change: Callable[[Service, Invocation, Message], Message]) -> Service:
    """List shows a page after `change`."""
    return replace(honest, list=lambda service, call: change(service, call, honest.list(service, call)))


def _with(call: Invocation, **parameters: str) -> Invocation:
    return replace(call, query={**call.query, **parameters})


def _all_of(service: Service, parent: str) -> list[Message]:
    return [service.render_operation(service, each) for each in service.store.list(parent)]


def _size(call: Invocation) -> int:
    text = call.query.get("pageSize", "")
    return int(text) if text.isdigit() and int(text) > 0 else _PAGE


def _by_number(honest: Service, step: Callable[[int], int], width: Callable[[int], int], skipped: int = 0) -> Service:
    """Pages are cut by number: they begin so many operations apart and are so wide, for a size that is asked for.

    All but the first leave out so many that are `skipped`. What makes no sense is answered honestly.
    """

    def lie(service: Service, call: Invocation) -> Message:
        token = call.query.get("pageToken", "")
        if (token and not token.isdigit()) or "filter" in call.query or _is_negative(call):
            return honest.list(service, call)
        number, size, rest = int(token or "0"), _size(call), _all_of(service, call.target)
        start, wide = number * step(size), width(size)
        message: Message = {"operations": rest[start + (skipped if number else 0) : start + wide]}
        return message | ({"nextPageToken": str(number + 1)} if start + wide < len(rest) else {})

    return replace(honest, list=lie)


def _is_negative(call: Invocation) -> bool:
    return call.query.get("pageSize", "").startswith("-")


# --- Pages ------------------------------------------------------------------------------------------------------------


@fault(breaks="list.pages-show-each-once")
def pages_overlap(honest: Service) -> Service:
    """Begins every page with the last operation of the one before."""
    return _by_number(honest, lambda size: max(1, size - 1), lambda size: size)


@fault(breaks="list.pages-show-each-once", profile="ci")
def token_is_the_number_of_a_page(honest: Service) -> Service:
    """Its tokens count pages, and a page of another size begins where pages of that size do."""
    return _by_number(honest, lambda size: size, lambda size: size)


@fault(breaks="list.pages-lose-nothing")
def pages_have_gaps(honest: Service) -> Service:
    """Leaves out the first operation of every page but the first."""
    return _by_number(honest, lambda size: size, lambda size: size, skipped=1)


@fault(breaks="list.pages-lose-nothing")
def first_page_is_the_last(honest: Service) -> Service:
    """Cuts the list to the size that was asked for, and gives no token for what is left."""
    return _shown(honest, lambda _service, _call, message: without(message, "nextPageToken"))


@fault(breaks=("list.pages-come-to-an-end", "list.pages-show-each-once", "list.bad-token-is-refused"))
def token_leads_to_the_first_page(honest: Service) -> Service:
    """Ignores the token of a page, and answers with the first one for ever."""
    return _asked(honest, lambda _service, call: _with(call, pageToken=""))


@fault(breaks="list.pages-come-to-an-end", at_least=True)
def last_page_has_a_token(honest: Service) -> Service:
    """Gives a token with every page, the last one and the empty one behind it, too."""

    def change(service: Service, message: Message) -> Message:
        if "nextPageToken" in message:
            return message
        beyond = service.count("pages behind the end")
        return message | {"nextPageToken": f"end-{beyond}"}

    def lie(service: Service, call: Invocation) -> Message:
        if call.query.get("pageToken", "").startswith("end-"):
            return change(service, {"operations": []})
        return change(service, honest.list(service, call))

    return replace(honest, list=lie)


@fault(breaks="list.page-size-is-a-maximum")
def page_size_is_ignored(honest: Service) -> Service:
    """Answers with everything it has, whatever the size that was asked for."""

    def change(_: Service, call: Invocation) -> Invocation:
        return _with(call, pageSize="1000") if re.fullmatch("[1-9][0-9]*", call.query.get("pageSize", "")) else call

    return _asked(honest, change)


@fault(breaks="list.page-is-no-larger-than-its-size", at_least=True)
def page_has_one_more(honest: Service) -> Service:
    """Shows one operation more than was asked for: the one by which it knows that there is another page."""
    return _by_number(honest, lambda size: size + 1, lambda size: size + 1)


# --- Arguments --------------------------------------------------------------------------------------------------------


def _answering(honest: Service, when: Callable[[Invocation], bool], error: ApiError) -> Service:
    def lie(service: Service, call: Invocation) -> Message:
        if when(call):
            raise error
        return honest.list(service, call)

    return replace(honest, list=lie)


@fault(breaks="list.negative-page-size-is-refused")
def negative_page_size_is_the_default(honest: Service) -> Service:
    """Takes a negative size for none."""
    return _asked(honest, lambda _service, call: _with(call, pageSize="") if _is_negative(call) else call)


@fault(breaks="list.negative-page-size-is-refused")
def negative_page_size_crashes(honest: Service) -> Service:
    """Answers a negative size with 500: the database refuses the limit."""
    return _answering(honest, _is_negative, _INTERNAL)


@fault(breaks="list.page-size-may-be-zero")
def page_size_zero_is_refused(honest: Service) -> Service:
    """Refuses the size 0, which means none."""
    zero = refusal(Code.INVALID_ARGUMENT, "The page size must be positive.", "INVALID_PARAMETER")
    return _answering(honest, lambda call: call.query.get("pageSize") == "0", zero)


@fault(breaks="list.page-size-may-be-zero")
def page_size_zero_is_a_size(honest: Service) -> Service:
    """Shows nothing where the size 0 is asked for, as a query does whose limit is 0."""

    def lie(service: Service, call: Invocation) -> Message:
        shown = honest.list(service, call)
        return {} if call.query.get("pageSize") == "0" else shown

    return replace(honest, list=lie)


@fault(breaks="list.large-page-size-is-coerced")
def large_page_size_is_refused(honest: Service) -> Service:
    """Refuses a size that is larger than its pages."""
    large = refusal(Code.INVALID_ARGUMENT, "The page size must be at most 1000.", "INVALID_PARAMETER")
    return _answering(honest, lambda call: len(call.query.get("pageSize", "")) > 4, large)


@fault(breaks="list.shows-its-parent-only", profile="ci")
def token_has_the_parent(honest: Service) -> Service:
    """Goes on below the parent that a token was given for, whatever parent is asked for."""

    def lie(service: Service, call: Invocation) -> Message:
        parents: dict[str, str] = service.scratch.setdefault("parents of tokens", {})
        parent = parents.get(call.query.get("pageToken", ""), call.target)
        shown = honest.list(service, replace(call, target=parent))
        if shown.get("nextPageToken"):
            parents[str(shown["nextPageToken"])] = parent
        return shown

    return replace(honest, list=lie)


@fault(breaks="list.bad-token-is-refused")
def bad_token_is_the_first_page(honest: Service) -> Service:
    """Begins anew for a token that it did not give."""
    return _bad_token_shows(honest, lambda service, call: honest.list(service, _with(call, pageToken="")))


@fault(breaks="list.bad-token-is-refused")
def bad_token_is_the_end(honest: Service) -> Service:
    """Takes a token that it did not give for one behind the last operation, and shows an empty last page."""
    return _bad_token_shows(honest, lambda _service, _call: {"operations": []})


def _bad_token_shows(honest: Service, page: Callable[[Service, Invocation], Message]) -> Service:
    """A list with a token that the honest service refuses is answered with a page."""

    def lie(service: Service, call: Invocation) -> Message:
        try:
            return honest.list(service, call)
        except ApiError:
            if not call.query.get("pageToken"):
                raise
            return page(service, call)

    return replace(honest, list=lie)


@fault(breaks="list.bad-token-is-refused")
def bad_token_crashes(honest: Service) -> Service:
    """Answers a token that it cannot decode with 500."""

    def lie(service: Service, call: Invocation) -> Message:
        try:
            return honest.list(service, call)
        except ApiError as error:
            raise _INTERNAL if call.query.get("pageToken") else error from None

    return replace(honest, list=lie)


@fault(breaks="list.filter-is-not-ignored")
def filter_is_ignored(honest: Service) -> Service:
    """Ignores every filter."""
    return _asked(honest, lambda _service, call: _with(call, filter=""))


@fault(breaks="list.refused-filter-is-an-argument")
def filter_crashes(honest: Service) -> Service:
    """Answers a filter that it does not understand with 500: it goes to the database as it is."""
    return _answering(honest, lambda call: "(" in call.query.get("filter", ""), _INTERNAL)


# --- What is shown ----------------------------------------------------------------------------------------------------


@fault(breaks="list.shows-its-parent-only")
def list_ignores_its_parent(honest: Service) -> Service:
    """Shows all operations that there are, whichever location was asked for."""

    def change(service: Service, call: Invocation) -> Invocation:
        started: list[str] = service.scratch.get("parents", [])
        return replace(call, target=started[0]) if started else call

    return replace(_asked(honest, change), start=_remembering_parents(honest))


@fault(breaks="list.shows-its-parent-only")
def list_compares_the_beginning(honest: Service) -> Service:
    """Shows all operations whose name begins with the parent's, with no slash between them."""

    def change(service: Service, call: Invocation) -> Invocation:
        started: list[str] = service.scratch.get("parents", [])
        longer = (parent for parent in started if parent.startswith(call.target))
        return replace(call, target=next(longer, call.target))

    return replace(_asked(honest, change), start=_remembering_parents(honest))


def _remembering_parents(honest: Service) -> Callable[[Service, Invocation], Message]:
    def start(service: Service, call: Invocation) -> Message:
        service.scratch.setdefault("parents", []).append(call.target)
        return honest.start(service, call)

    return start


def _listing_only(honest: Service, keeps: Callable[[Service, Snapshot], bool]) -> Service:
    def change(service: Service, call: Invocation, message: Message) -> Message:
        kept = {each.name for each in service.store.list(call.target) if keeps(service, each)}
        return message | {"operations": [each for each in message["operations"] if each["name"] in kept]}

    return _shown(honest, change)


@fault(breaks="list.running-is-listed")
def list_shows_what_is_done(honest: Service) -> Service:
    """Lists operations once they are done: the list is read from the archive."""
    return _listing_only(honest, lambda _service, operation: operation.done)


@fault(
    breaks="list.running-is-listed",
    by_chance={"workers": "the last operation when a worker reads the list may be one that another worker cancels"},
)
def list_ends_too_early(honest: Service) -> Service:
    """Leaves out the last operation, and gives no token, where nobody asks for a size."""

    def change(_: Service, call: Invocation, message: Message) -> Message:
        return message if "pageSize" in call.query else message | {"operations": message["operations"][:-1]}

    return _shown(honest, change)


@fault(breaks="list.done-stays-listed")
def done_leaves_the_list(honest: Service) -> Service:
    """Lists a done operation once and then no more, though a get shows it; small pages have another index."""

    def change(service: Service, call: Invocation, message: Message) -> Message:
        if len(call.query.get("pageSize", "")) in (1, 2):
            return message
        shown = [
            each for each in message["operations"] if not each["done"] or service.count(f"listed {each['name']}") <= 1
        ]
        return message | {"operations": shown}

    return _shown(honest, change)


@fault(breaks="list.deleted-is-gone")
def deleted_stays_listed(honest: Service) -> Service:
    """Lists an operation as it was when it was deleted: the index is never told."""

    def delete(service: Service, call: Invocation) -> Message:
        shown = service.render_operation(service, service.look_up(service, call.target))
        service.scratch.setdefault("deleted", []).append(shown)
        return honest.delete(service, call)

    def change(service: Service, call: Invocation, message: Message) -> Message:
        if "pageToken" in call.query or "nextPageToken" in message:
            return message
        deleted = [one for one in service.scratch.get("deleted", ()) if one["name"].startswith(f"{call.name}/")]
        return message | {"operations": [*message["operations"], *deleted]}

    return replace(_shown(honest, change), delete=delete)


# --- In other words ---------------------------------------------------------------------------------------------------


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda capital: f"_{capital.group().lower()}", name)


@fault(
    breaks="operation.members-are-lower-camel-case",
    unseen=NO_METADATA,
    at_least=True,
)
def metadata_is_in_snake_case(honest: Service) -> Service:
    """Names the members of the metadata as the proto does: `requested_cancellation`."""

    def lie(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        metadata = message.get("metadata")
        return message | {"metadata": {_snake(key): value for key, value in metadata.items()}} if metadata else message

    return replace(honest, render_operation=lie)


@fault(breaks="operation.members-are-lower-camel-case")
def next_page_token_is_in_snake_case(honest: Service) -> Service:
    """Names the token of the next page `next_page_token`, which no client of the published description reads."""

    def lie(service: Service, call: Invocation, message: Message) -> Response:
        response = honest.render_success(service, call, message)
        if call.rpc is not Rpc.LIST or "nextPageToken" not in message:
            return response
        renamed = without(message, "nextPageToken") | {"next_page_token": message["nextPageToken"]}
        return with_json(response, renamed)

    return replace(honest, render_success=lie)
