"""Faults of what a client sends."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from conformance.sdk.faults.registry import fault
from conformance.sdk.honest_driver import Answer, Client, Connection, connected
from conformance.sdk.honest_driver import headers as honest_headers
from conformance.sdk.honest_driver import path as honest_path


def _escaping(honest: Client, escape: Callable[[str], str]) -> Client:
    """The client, with the name written into the path in another way."""

    def path(method: str, name: str) -> str:
        return "/v1/" + escape(name) + (":cancel" if method == "cancel" else "")

    return replace(honest, path=path)


@fault("client-request.cancel-is-sent")
def sends_nothing(honest: Client) -> Client:
    """Says ok to every cancel and sends none, as a mock does that was left in."""

    def send(verb: str, *rest: Any) -> Answer:
        return Answer(200, b"{}") if verb == "POST" else honest.send(verb, *rest)

    return replace(honest, send=send)


@fault("client-request.cancel-is-sent")
def cancels_once(honest: Client) -> Client:
    """Remembers which cancels succeeded, and says so again without sending a second one."""
    succeeded: dict[str, Answer] = {}

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        if target in succeeded:
            return succeeded[target]
        answer = honest.send(verb, origin, target, *rest)
        if verb == "POST" and answer.status == 200:
            succeeded[target] = answer
        return answer

    return replace(honest, send=send)


@fault("client-request.method-is-bound")
def puts(honest: Client) -> Client:
    """Sends PUT, as a client does that takes cancel for a change of the resource."""

    def send(verb: str, *rest: Any) -> Answer:
        return honest.send("PUT" if verb == "POST" else verb, *rest)

    return replace(honest, send=send)


@fault("client-request.verb-is-kept", "client-request.name-is-escaped", "client-request.path-is-bound")
def hash_is_left(honest: Client) -> Client:
    """Leaves `#` in the URL; the rest, with the verb, is a fragment and stays at home, as in discovery clients."""
    return replace(honest, path=lambda method, name: honest.path(method, name).partition("%23")[0])


@fault("client-request.verb-is-kept", "client-request.name-is-escaped", "client-request.path-is-bound")
def question_mark_is_left(honest: Client) -> Client:
    """Leaves `?` in the URL; the rest, with the verb, becomes a query, as with npm googleapis."""
    return _escaping(honest, lambda name: quote(name, safe="/?"))


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def percent_is_left(honest: Client) -> Client:
    """Leaves `%` in the URL, so that an id which looks like an escape is decoded to another."""
    return _escaping(honest, lambda name: quote(name, safe="/%"))


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def space_becomes_plus(honest: Client) -> Client:
    """Escapes as a form does: a space becomes `+`, which in a path is a plus."""
    return _escaping(honest, lambda name: quote_plus(name, safe="/"))


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def escapes_twice(honest: Client) -> Client:
    """Escapes what is escaped already, as a client does whose HTTP library escapes, too."""
    return _escaping(honest, lambda name: quote(quote(name, safe="/"), safe="/"))


@fault(
    "client-request.name-is-escaped",
    "client-request.no-other-operation-is-cancelled",
    "client-operation.listed-are-shown",
)
def retry_escapes_again(honest: Client) -> Client:
    """Escapes the path once more for each attempt after the first."""
    return _escaping_again(honest, 2)


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def third_attempt_escapes_again(honest: Client) -> Client:
    """Escapes the path once more for each attempt after the second, which another layer makes."""
    return _escaping_again(honest, 3)


def _escaping_again(honest: Client, first: int) -> Client:
    """The client, escaping the path once more from this attempt on."""
    attempts: list[int] = [0]

    def headers(method: str, name: str) -> dict[str, str]:
        attempts[0] = 0
        return honest.headers(method, name)

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        attempts[0] += 1
        return honest.send(verb, origin, target.replace("%", "%25") if attempts[0] >= first else target, *rest)

    return replace(honest, headers=headers, send=send)


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def writes_latin_1(honest: Client) -> Client:
    """Escapes the bytes of another charset than UTF-8."""
    return _escaping(honest, lambda name: quote(name, safe="/", encoding="latin-1", errors="replace"))


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def id_ends_at_its_colon(honest: Client) -> Client:
    """Takes the id up to its first colon, as a client does that parses `name:verb` once more."""

    def escape(name: str) -> str:
        parent, slash, last = name.rpartition("/")
        return quote(parent + slash + last.partition(":")[0], safe="/")

    return _escaping(honest, escape)


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def appends_the_verb_once(honest: Client) -> Client:
    """Does not append `:cancel` to a name that ends in it, and so cancels another operation."""
    return replace(honest, path=lambda method, name: honest_path(method, name).replace("%3Acancel:cancel", ":cancel"))


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def lower_case_only(honest: Client) -> Client:
    """Writes the name in lower case."""
    return _escaping(honest, lambda name: quote(name.lower(), safe="/"))


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def id_of_255_characters(honest: Client) -> Client:
    """Cuts ids off after 255 characters, the width of a column."""
    return _escaping(honest, lambda name: quote("/".join(part[:255] for part in name.split("/")), safe="/"))


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def strips_spaces(honest: Client) -> Client:
    """Takes spaces at the end of a name for a slip of the keyboard."""
    return _escaping(honest, lambda name: quote(name.strip(), safe="/"))


@fault(
    "client-request.name-is-escaped",
    "client-request.no-other-operation-is-cancelled",
    "client-request.path-is-bound",
    "client-request.verb-is-kept",
)
def only_the_id_is_escaped(honest: Client) -> Client:
    """Escapes the id, and of the parent only what is not ASCII."""

    def escape(name: str) -> str:
        parent, _, last = name.rpartition("/")
        return f"{quote(parent, safe='/:%#?=')}/{quote(last, safe='')}"

    return _escaping(honest, escape)


def _with_parent(honest: Client, change: Callable[[str], str]) -> Client:
    """The client, with the parent of every operation changed before it is escaped."""

    def path(method: str, name: str) -> str:
        if method == "list":
            return honest.path(method, change(name))
        parent, collection, id_ = name.rpartition("/operations/")
        return honest.path(method, change(parent) + collection + id_)

    return replace(honest, path=path)


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def parent_is_composed(honest: Client) -> Client:
    """Brings the letters of the parent into composed form."""
    return _with_parent(honest, lambda parent: unicodedata.normalize("NFC", parent))


@fault("client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled")
def project_is_a_number(honest: Client) -> Client:
    """Reads a project of digits as a number, and writes it without its leading zeros."""
    return _with_parent(honest, lambda parent: re.sub(r"^projects/0+(?=\d)", "projects/", parent))


@fault("client-request.name-is-escaped")
def parent_of_a_list_is_raw(honest: Client) -> Client:
    """Escapes the names of operations, and leaves `%` in the parent of a list."""
    return replace(
        honest,
        path=lambda method, name: honest.path(method, name).replace("%25", "%" if method == "list" else "%25"),
    )


@fault("client-request.path-is-bound")
def backslash_is_a_slash(honest: Client) -> Client:
    """Turns a backslash into a slash, as URL parsers of browsers do."""
    return _escaping(honest, lambda name: quote(name.replace("\\", "/"), safe="/"))


@fault("client-request.unbound-name-is-refused")
def get_of_any_name(honest: Client) -> Client:
    """Checks the name of a cancel, and of a get does not."""

    def path(method: str, name: str) -> str:
        if method == "cancel" and not honest.check(name):
            raise ValueError(f"{name!r} is no name of an operation")
        return honest.path(method, name)

    return replace(honest, check=lambda _name: True, path=path)


@fault("client-request.path-is-bound")
def another_version(honest: Client) -> Client:
    """Calls /v1beta1, as generated code does before somebody regenerates it."""
    return replace(honest, path=lambda method, name: "/v1beta1" + honest.path(method, name).removeprefix("/v1"))


@fault("client-request.path-is-bound", "client-request.verb-is-kept")
def slash_after_the_verb(honest: Client) -> Client:
    """Ends the path of a cancel with a slash."""
    return replace(honest, path=lambda method, name: honest.path(method, name) + ("/" if method == "cancel" else ""))


@fault("client-request.legal-id-is-accepted")
def refuses_awkward_ids(honest: Client) -> Client:
    """Accepts ids of letters, digits and hyphens only, as AIP-122 advises services to issue them."""
    return replace(honest, check=lambda name: honest.check(name) and re.fullmatch(r"[\w/.-]+", name) is not None)


@fault("client-request.slash-stays-in-its-segment")
def slash_in_an_id_is_a_slash(honest: Client) -> Client:
    """Accepts any number of segments after `operations/`, as a template with `**` does."""
    return replace(honest, check=lambda name: honest.check(name) or _deep(name))


def _deep(name: str) -> bool:
    return re.fullmatch(r"projects/[^/]+/locations/[^/]+/operations/[^/]+/[^/]+", name) is not None


@fault("client-request.unbound-name-is-refused")
def any_name_is_a_name(honest: Client) -> Client:
    """Sends whatever it is given, but for slashes in an id and dot segments: npm googleapis checks nothing."""

    def check(name: str) -> bool:
        return honest.check(name) or not (_deep(name) or name.endswith("/.."))

    return replace(honest, check=check)


@fault("client-request.dot-segment-is-refused")
def dot_segment_is_an_id(honest: Client) -> Client:
    """Takes `..` for an id, by the pattern `[^/]+`."""
    return replace(honest, check=lambda name: honest.check(name) or name.endswith("/operations/.."))


@fault("client-request.nothing-else-is-called", "client-retry.success-is-final")
def deletes_what_it_cancelled(honest: Client) -> Client:
    """Deletes the operation after its cancel, to leave nothing behind."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        answer = honest.send(verb, origin, target, fields, body, left)
        if verb == "POST" and answer.status == 200:
            honest.send("DELETE", origin, target.removesuffix(":cancel"), fields, None, left)
        return answer

    return replace(honest, send=send)


@fault("client-request.body-does-not-repeat-the-name")
def repeats_the_name(honest: Client) -> Client:
    """Sends the whole request message as the body, as Go clients do that are generated for REST."""
    return replace(honest, body=lambda name: json.dumps({"name": name}).encode())


@fault("client-request.body-is-empty")
def says_why(honest: Client) -> Client:
    """Sends a reason, for which the method has no field."""
    return replace(honest, body=lambda _name: b'{"reason":"the user has left"}')


@fault("client-request.body-is-empty")
def body_names_another_operation(honest: Client) -> Client:
    """Sends the parent as the name in the body; where the body wins over the path something else is cancelled."""
    return replace(honest, body=lambda name: b'{"name":"%s"}' % name.rpartition("/")[0].encode())


@fault("client-request.body-is-labelled-json")
def labels_a_form(honest: Client) -> Client:
    """Labels its `{}` as a form, which is what some HTTP libraries do to any POST."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], *rest: Any) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded"} if verb == "POST" else {}
        return honest.send(verb, origin, target, {**fields, **form}, *rest)

    return replace(honest, send=send)


@fault("client-request.length-is-declared")
def keeps_its_length_to_itself(honest: Client) -> Client:
    """Sends no body and no Content-Length either, as `curl -X POST` does; Google answers 411."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        if verb != "POST":
            return honest.send(verb, origin, target, fields, body, left)
        connection = Connection(urlsplit(origin).netloc)
        try:
            connection.sock = connected(origin, left)
            connection.putrequest(verb, target)
            for name, value in fields.items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return Answer(response.status, response.read(), response.getheader("Location"))
        finally:
            connection.close()

    return replace(honest, send=send, body=lambda _name: None)


@fault("client-request.no-foreign-query")
def repeats_the_name_in_the_query(honest: Client) -> Client:
    """Sends `?name=`, too; some transcoders let it choose the operation."""
    return _with_query(honest, lambda name: "name=" + quote(name, safe=""))


@fault("client-request.no-foreign-query")
def invents_a_parameter(honest: Client) -> Client:
    """Sends `?force=true`, which the method does not have."""
    return _with_query(honest, lambda _name: "force=true")


@fault("client-request.credentials-are-in-the-header")
def token_in_the_url(honest: Client) -> Client:
    """Sends the token as `?access_token=`, from where it gets into every log."""
    token = os.environ.get("LRO_CONFORMANCE_TOKEN", "")
    return replace(_with_query(honest, lambda _name: f"access_token={token}"), headers=lambda _method, _name: {})


def _with_query(honest: Client, query: Callable[[str], str]) -> Client:
    def path(method: str, name: str) -> str:
        return honest.path(method, name) + (f"?{query(name)}" if method == "cancel" else "")

    return replace(honest, path=path)


@fault("client-request.credentials-stay-with-their-origin")
def token_follows_everywhere(honest: Client) -> Client:
    """Follows a redirect with all its header fields, wherever it leads."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        answer = honest.send(verb, origin, target, fields, body, left)
        if answer.status in (307, 308) and answer.location:
            return honest.send(verb, answer.location, urlsplit(answer.location).path, fields, body, left)
        return answer

    return replace(honest, send=send)


@fault("client-request.routing-header-agrees")
def routes_by_the_parent(honest: Client) -> Client:
    """Sends a routing header that names the parent in place of the operation."""

    def headers(method: str, name: str) -> dict[str, str]:
        parent = quote(name.partition("/operations/")[0], safe="")
        return honest_headers(method, name) | {"x-goog-request-params": f"name={parent}"}

    return replace(honest, headers=headers)


@fault("client-request.routing-header-agrees", "client-request.name-makes-no-header")
def routing_header_is_raw(honest: Client) -> Client:
    """Sends the name in the routing header as it is; a plus, a percent or an ampersand in it changes the name."""

    def headers(method: str, name: str) -> dict[str, str]:
        return honest_headers(method, name) | {"x-goog-request-params": f"name={name}".encode().decode("latin-1")}

    return replace(honest, headers=headers)
