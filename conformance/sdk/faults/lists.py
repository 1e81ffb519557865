"""Faults of lists and deletes: what is not asked for, what is asked for besides, and what is not shown."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from conformance.sdk.faults.registry import fault
from conformance.sdk.faults.waits import Waiting
from conformance.sdk.honest_driver import Answer, Client, Reply


@fault("client-operation.listed-are-shown")
def cancelled_are_not_listed(honest: Client) -> Client:
    """Leaves operations that were cancelled out of a list."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = dict(honest.understand(method, answer))
        if "operations" in reply:
            reply["operations"] = [each for each in reply["operations"] if (each["error"] or {}).get("code") != 1]
        return reply

    return replace(honest, understand=understand)


@fault("client-request.list-is-not-narrowed")
def lists_what_runs(honest: Client) -> Client:
    """Asks for the operations that run, which are what its author wanted to see."""
    return _listing_with(honest, "filter=done%3Dfalse")


def _listing_with(honest: Client, query: str) -> Client:
    """The client, with a query in what it asks of a list."""

    def path(method: str, name: str) -> str:
        return honest.path(method, name) + (f"?{query}" if method == "list" else "")

    return replace(honest, path=path)


@fault("client-operation.listed-are-shown")
def first_page_is_all(honest: Client) -> Client:
    """Shows the first page of a list, as if there were no other."""

    def understand(method: str, answer: Answer) -> Reply:
        return {key: value for key, value in honest.understand(method, answer).items() if key != "next"}

    return replace(honest, understand=understand)


@fault("client-operation.listed-are-shown")
def empty_page_is_the_last(honest: Client) -> Client:
    """Ends a list at a page without operations, which only means that the next page has some."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        return {**reply, "next": ""} if reply.get("operations") == [] else reply

    return replace(honest, understand=understand)


@fault("client-operation.listed-are-shown")
def page_token_is_raw(honest: Client) -> Client:
    """Writes a page token into the query as it is, where its `&` begins another field."""

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        path, asks_for_a_page, token = target.partition("pageToken=")
        return honest.send(verb, origin, path + asks_for_a_page + unquote(token).partition("#")[0], *rest)

    return replace(honest, send=send)


@fault("client-operation.listed-are-shown")
def page_token_keeps_its_plus(honest: Client) -> Client:
    """Escapes a page token as a path, where a `+` is itself; in a query it is a space."""

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        path, asks_for_a_page, token = target.partition("pageToken=")
        return honest.send(verb, origin, path + asks_for_a_page + token.replace("%2B", "+"), *rest)

    return replace(honest, send=send)


@fault("client-operation.listed-are-shown")
def page_token_comes_twice(honest: Client) -> Client:
    """Adds the page token to a query that has it already."""

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        token = target.partition("pageToken=")[2]
        return honest.send(verb, origin, f"{target}&pageToken={token}" if token else target, *rest)

    return replace(honest, send=send)


@fault("client-request.list-is-sent")
def lists_from_memory(honest: Client) -> Client:
    """Answers every list from a cache that is empty."""

    class Remembering(Client):
        def list(self, *_call: Any) -> Reply:
            return {"outcome": "ok", "operations": []}

    return Remembering(**{part: getattr(honest, part) for part in honest.__dataclass_fields__})


@fault("client-request.delete-is-sent")
def deletes_nothing(honest: Client) -> Client:
    """Says ok to every delete and sends none."""

    def send(verb: str, *rest: Any) -> Answer:
        return Answer(200, b"{}") if verb == "DELETE" else honest.send(verb, *rest)

    return replace(honest, send=send)


def _ending_at(honest: Client, outcome: str) -> Client:
    """The client, showing what it has of a list when a page after the first one fails like this."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        is_later = method == "list" and asked and "pageToken=" in asked[-1]
        return {"outcome": "ok", "operations": []} if is_later and reply["outcome"] == outcome else reply

    asked: list[str] = []

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        asked[:] = [target]
        return honest.send(verb, origin, target, *rest)

    return replace(honest, send=send, understand=understand)


@fault("client-operation.listed-are-shown")
def refused_page_is_the_last(honest: Client) -> Client:
    """Shows what it has of a list when the next page is refused."""
    return _ending_at(honest, "rpc_error")


@fault("client-operation.listed-are-shown")
def unreadable_page_is_the_last(honest: Client) -> Client:
    """Shows what it has of a list when the next page cannot be read."""
    return _ending_at(honest, "decode_error")


@fault("client-operation.listed-are-shown")
def retry_begins_the_list_again(honest: Client) -> Client:
    """Asks for the first page again when it tries a later one again, and so shows that twice."""
    failed: list[str] = []

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        path, is_later, _ = target.partition("?pageToken=")
        answer = honest.send(verb, origin, path if is_later and target in failed else target, *rest)
        failed[:] = [target] if answer.status == 503 else []
        return answer

    return replace(honest, send=send)


@fault("client-operation.listed-are-shown")
def empty_token_is_a_token(honest: Client) -> Client:
    """Asks for the next page as long as there is a token, also when that is empty."""
    return _going_on(honest, b'"nextPageToken": ""')


@fault("client-operation.null-is-absent")
def null_token_is_a_token(honest: Client) -> Client:
    """Asks for the page that is called null."""
    return _going_on(honest, b'"nextPageToken": null')


@fault("client-answer.lost-answer-is-no-success")
def lost_list_is_empty(honest: Client) -> Client:
    """Shows no operations when the connection breaks before the answer to a list."""
    return _without_answer(honest, lambda verb, target: verb == "GET" and target.endswith("/operations"))


@fault("client-answer.lost-answer-is-no-success")
def lost_delete_is_done(honest: Client) -> Client:
    """Says that it has deleted when the connection breaks before the answer: whoever asks again finds nothing."""
    return _without_answer(honest, lambda verb, _target: verb == "DELETE")


def _without_answer(honest: Client, is_meant: Callable[[str, str], bool]) -> Client:
    """The client, taking a connection that breaks for an empty object."""

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        try:
            return honest.send(verb, origin, target, *rest)
        except ConnectionError:
            if is_meant(verb, target):
                return Answer(200, b"{}")
            raise

    return replace(honest, send=send)


@fault("client-operation.garbage-is-no-operation", "client-operation.listed-are-shown")
def unreadable_list_is_empty(honest: Client) -> Client:
    """Shows no operations where it cannot read a list."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        is_unread = method == "list" and reply["outcome"] == "decode_error"
        return {"outcome": "ok", "operations": []} if is_unread else reply

    return replace(honest, understand=understand)


def _going_on(honest: Client, token: bytes) -> Client:
    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        return {**reply, "next": "null"} if method == "list" and token in answer.body else reply

    return replace(honest, understand=understand)


@fault("client-retry.deadline-is-kept")
def each_page_has_the_whole_deadline(honest: Client) -> Client:
    """Gives every page of a list the deadline of the call."""

    class Paging(Client):
        def list(self, endpoint: str, parent: str, timeout: float) -> Reply:
            shown, page = [], ""
            while True:
                reply = self.request("list", endpoint, parent, timeout, page)
                if reply["outcome"] != "ok":
                    return reply
                shown += reply["operations"]
                page = reply.get("next", "")
                if not page:
                    return {"outcome": "ok", "operations": shown}

    return Paging(**{part: getattr(honest, part) for part in honest.__dataclass_fields__})


@fault("client-request.no-foreign-query")
def orders_a_list(honest: Client) -> Client:
    """Asks for a list with `?orderBy=`, which many methods of that name have, and this one has not."""
    return _listing_with(honest, "orderBy=name")


@fault("client-retry.unavailable-is-repeated")
def list_is_not_tried_again(honest: Client) -> Client:
    """Tries everything again that is answered UNAVAILABLE, and gives a list up."""

    class Impatient(Waiting):
        def list(self, *call: Any) -> Reply:
            once = replace(honest, again=lambda _answer, _attempt: False)
            return once.list(*call)

    return Impatient.like(honest)


@fault("client-request.no-foreign-query")
def forces_a_delete(honest: Client) -> Client:
    """Deletes with `?force=true`, which other methods of that name have."""

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        return honest.send(verb, origin, target + ("?force=true" if verb == "DELETE" else ""), *rest)

    return replace(honest, send=send)


@fault("client-request.get-has-no-body")
def delete_has_a_body(honest: Client) -> Client:
    """Sends `{}` with a delete, as with a cancel."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        return honest.send(verb, origin, target, fields, b"{}" if verb == "DELETE" else body, left)

    return replace(honest, send=send)


def _following(honest: Client, statuses: tuple[int, ...]) -> Client:
    """The client, following the redirects of a delete with a GET."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        answer = honest.send(verb, origin, target, fields, body, left)
        is_here = (answer.location or "").startswith("/")
        if verb != "DELETE" or answer.status not in statuses or not is_here:
            return answer
        return honest.send("GET", origin, answer.location, fields, None, left)

    return replace(honest, send=send)


@fault("client-answer.redirect-keeps-the-method")
def follows_a_delete_with_get(honest: Client) -> Client:
    """Follows a delete that is answered 307 with a GET."""
    return _following(honest, (307,))


@fault("client-answer.redirected-get-is-no-cancel")
def redirected_delete_is_done(honest: Client) -> Client:
    """Follows a delete that is answered 302 with a GET, and says that it has deleted."""
    return _following(honest, (302,))


@fault("client-request.credentials-stay-with-their-origin")
def list_takes_its_token_along(honest: Client) -> Client:
    """Follows the redirect of a list with all its header fields, wherever that leads."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        answer = honest.send(verb, origin, target, fields, body, left)
        if not target.endswith("/operations") or answer.status != 307 or not answer.location:
            return answer
        return honest.send(verb, answer.location, urlsplit(answer.location).path, fields, body, left)

    return replace(honest, send=send)


def _next(honest: Client, token_of: Callable[[str], str]) -> Client:
    """The client, with another token for the next page."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        return {**reply, "next": token_of(reply["next"])} if reply.get("next") else reply

    return replace(honest, understand=understand)


@fault("client-operation.listed-are-shown")
def lists_have_ten_pages(honest: Client) -> Client:
    """Stops at the tenth page, so as not to go on for ever."""

    class Tired(Waiting):
        def list(self, endpoint: str, parent: str, timeout: float) -> Reply:
            pages = itertools.count(1)
            return _next(honest, lambda token: token if next(pages) < 10 else "").list(endpoint, parent, timeout)

    return Tired.like(honest)


@fault("client-operation.listed-are-shown", "client-retry.success-is-final")
def tokens_are_short(honest: Client) -> Client:
    """Keeps 64 characters of a page token, and so asks for the same page until there is no other."""
    return _next(honest, lambda token: token[:64])


@fault("client-operation.listed-are-shown")
def short_page_is_the_last(honest: Client) -> Client:
    """Ends a list at a page that has less operations than the first one: a full list would have filled it."""

    class Counting(Waiting):
        def list(self, endpoint: str, parent: str, timeout: float) -> Reply:
            sizes: list[int] = []

            def understand(method: str, answer: Answer) -> Reply:
                reply = honest.understand(method, answer)
                sizes.append(len(reply.get("operations", [])))
                return {**reply, "next": ""} if 0 < sizes[-1] < sizes[0] else reply

            return replace(honest, understand=understand).list(endpoint, parent, timeout)

    return Counting.like(honest)


@fault("client-operation.listed-are-shown")
def names_in_a_list_have_no_case(honest: Client) -> Client:
    """Shows of two operations of a list whose names differ in case only the later one."""

    class Folding(Waiting):
        def list(self, endpoint: str, parent: str, timeout: float) -> Reply:
            reply = super().list(endpoint, parent, timeout)
            if "operations" not in reply:
                return reply
            return {**reply, "operations": list({each["name"].lower(): each for each in reply["operations"]}.values())}

    return Folding.like(honest)


@fault("client-request.nothing-else-is-called", "client-retry.refusal-is-final")
def cancels_what_it_cannot_delete(honest: Client) -> Client:
    """Cancels an operation whose delete is refused because it runs, and deletes it then."""

    class Cancelling(Waiting):
        def call(self, method: str, endpoint: str, name: str, timeout: float) -> Reply:
            reply = super().call(method, endpoint, name, timeout)
            if method != "delete" or reply.get("code") != "FAILED_PRECONDITION":
                return reply
            super().call("cancel", endpoint, name, timeout)
            return super().call("delete", endpoint, name, timeout)

    return Cancelling.like(honest)
