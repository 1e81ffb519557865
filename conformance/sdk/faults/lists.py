"""Faults of lists and deletes: what is not asked for, and what is not shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from conformance.sdk.faults.registry import fault
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

    def path(method: str, name: str) -> str:
        return honest.path(method, name) + ("?filter=done%3Dfalse" if method == "list" else "")

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
