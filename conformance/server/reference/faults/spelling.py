"""Faults of reading unusual targets: escapes, parameters, blanks, absolute form, great length.

And faults with a POST on the bare name of an operation, to which no method is bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from conformance.exchange import Failure, FailureKind, Request
from conformance.server.reference.api_error import NoAnswer
from conformance.server.reference.faults.lies import (
    NO_SUCH_PAGE,
    also_bound,
    posted,
    resembling,
)
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import Service

_FORM = "application/x-www-form-urlencoded"
_OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")


@fault(breaks="routing.encoded-separator-is-data")
def encoded_slash_separates(honest: Service) -> Service:
    """Decodes the path before it splits it, so that `operations%2FO` is the operation O."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations)%2[Ff](.*:cancel)", r"\1/\2"))


@fault(breaks="routing.encoded-separator-is-data", profile="ci")
def way_back_is_gone_after_decoding(honest: Service) -> Service:
    """Decodes the path, and then removes dot segments: `operations/x%2F..%2FO` is the operation O."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations/)[^/]+%2F\.\.%2F(.*:cancel)", r"\1\2"))


@fault(breaks="routing.encoded-separator-is-data", profile="ci")
def dot_is_gone_after_decoding(honest: Service) -> Service:
    """Decodes the path, and then drops `./`: `operations/.%2FO` is the operation O."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations/)\.%2F(.*:cancel)", r"\1\2"))


@fault(breaks="routing.nothing-follows-the-verb")
def line_end_ends_the_path(honest: Service) -> Service:
    """Decodes the path and matches it with a pattern that ends in `$`, which is before a line end, too."""
    return also_bound(honest, lambda request: posted(request, r"(.*:cancel)%0[Aa]", r"\1"))


@fault(breaks="routing.verb-is-exact")
def nul_ends_the_path(honest: Service) -> Service:
    """Hands the decoded path to a library in C, for which an escaped NUL is its end."""
    return also_bound(honest, lambda request: posted(request, r"(.*:cancel)%00.*", r"\1"))


@fault(breaks="routing.verb-is-exact")
def blanks_after_the_verb_are_trimmed(honest: Service) -> Service:
    """Trims the decoded path before it compares the verb."""
    return also_bound(honest, lambda request: posted(request, r"(.*:cancel)(?:%20)+", r"\1"))


@fault(breaks="routing.verb-is-exact", profile="ci")
def escaped_question_mark_begins_the_query(honest: Service) -> Service:
    """Decodes the whole target before it splits off the query."""
    return also_bound(honest, lambda request: posted(request, r"(.*:cancel)%3[Ff].*", r"\1"))


@fault(breaks="routing.verb-is-exact", profile="ci")
def verb_is_decoded_twice(honest: Service) -> Service:
    """Decodes what a proxy has decoded already, and finds a colon."""
    return also_bound(honest, lambda request: posted(request, r"(.*)%253[Aa]cancel", r"\1:cancel"))


@fault(breaks="routing.literals-are-exact")
def parameters_of_collections_are_dropped(honest: Service) -> Service:
    """Takes what follows a semicolon in a segment for a parameter and drops it, as Java servers do."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations);[^/]*(/.*:cancel)", r"\1\2"))


@fault(breaks="routing.literals-are-exact", profile="ci")
def literals_are_decoded_twice(honest: Service) -> Service:
    """Decodes the path twice before it compares the collections."""

    def meant(request: Request) -> str | None:
        twice = re.fullmatch(r"(.*)/%25(\w\w)([a-z]+/[^/]+:cancel)", request.path)
        return twice.expand(rf"\1/{unquote('%' + twice[2])}\3") if twice and request.method == "POST" else None

    return also_bound(honest, meant)


@fault(breaks="target.whole-name-counts", profile="ci")
def parameters_of_ids_are_dropped(honest: Service) -> Service:
    """Drops what follows a semicolon in an id."""
    return resembling(honest, lambda asked, name: ";" in asked and re.sub(r";[^/]*", "", asked) == name)


@fault(breaks="routing.absolute-form-is-accepted")
def absolute_form_is_no_path(honest: Service) -> Service:
    """Takes the scheme and the host of a target in absolute form for a part of the path."""

    def lie(service: Service, request: Request) -> Invocation:
        if not request.target.startswith("/"):
            raise NO_SUCH_PAGE
        return honest.route(service, request)

    return replace(honest, route=lie)


@fault(breaks="liveness.every-request-is-answered")
def long_path_breaks_the_connection(honest: Service) -> Service:
    """Closes the connection when a path is longer than 1,024 octets."""

    def lie(service: Service, request: Request) -> Invocation:
        if 1024 < len(request.target) <= 8000:
            raise NoAnswer(Failure(FailureKind.RESET))
        return honest.route(service, request)

    return replace(honest, route=lie)


# --- The bare name ----------------------------------------------------------------------------------------------------


def _is_form(request: Request) -> bool:
    return (request.header("content-type") or "").partition(";")[0] == _FORM


def _taken_for(honest: Service, method: str, when: Callable[[Request], bool]) -> Service:
    """A POST on a bare name that `when` is true of is taken for another method."""

    def lie(service: Service, request: Request) -> Invocation:
        is_bare = request.method == "POST" and re.search(r"/operations/[^/:]+$", request.path) is not None
        if is_bare and when(request):
            path = request.path
            return honest.route(service, replace(request, method=method, target=path, body=b""))
        return honest.route(service, request)

    return replace(honest, route=lie)


@fault(breaks="routing.post-on-a-name-does-nothing")
def form_falls_through_to_delete(honest: Service) -> Service:
    """Lets a form that no POST is bound for fall through to any other method of the path: delete, in the worst case."""
    return _taken_for(honest, "DELETE", lambda request: _is_form(request) and b"_method" not in request.body)


@fault(breaks="routing.post-on-a-name-does-nothing", profile="ci")
def post_without_a_body_deletes(honest: Service) -> Service:
    """Deletes on a POST without a body: a form with an empty field is one."""
    return _taken_for(honest, "DELETE", lambda request: not request.body and not any(map(request.header, _OVERRIDES)))


@fault(breaks=("routing.post-on-a-name-does-nothing", "routing.verb-is-exact"))
def any_post_on_a_name_cancels(honest: Service) -> Service:
    """Cancels on every POST on a bare name, without a look at its content, which may name another method or none."""
    return _cancelled_by_post(honest, lambda _request: True)


@fault(breaks="routing.verb-is-exact")
def json_on_a_name_cancels(honest: Service) -> Service:
    """Cancels on a POST of JSON on a bare name, whatever its members are; a form is refused."""
    return _cancelled_by_post(honest, lambda request: not _is_form(request))


def _cancelled_by_post(honest: Service, is_meant: Callable[[Request], bool]) -> Service:
    def lie(service: Service, request: Request) -> Invocation:
        is_bare = request.method == "POST" and re.search(r"/operations/[^/:]+$", request.path) is not None
        if not is_bare or not is_meant(request):
            return honest.route(service, request)
        return honest.route(service, replace(request, target=f"{request.path}:cancel", body=b""))

    return replace(honest, route=lie)


@fault(breaks="routing.method-is-not-overridden")
def method_override_is_followed(honest: Service) -> Service:
    """Follows `X-HTTP-Method-Override` on any POST, behind the gate that guards DELETE."""
    return _taken_for(honest, "DELETE", lambda request: request.header(_OVERRIDES[0]) == "DELETE")


@fault(breaks="routing.method-is-not-overridden")
def form_names_the_method(honest: Service) -> Service:
    """Follows `_method` in a form, as a filter of web frameworks does for browsers."""
    return _taken_for(honest, "DELETE", lambda request: _is_form(request) and b"_method=DELETE" in request.body)


@fault(breaks="routing.method-is-not-overridden")
def another_header_names_the_method(honest: Service) -> Service:
    """Follows `X-Method-Override`, the name that other frameworks have for that header."""
    return _taken_for(honest, "DELETE", lambda request: request.header("X-Method-Override") == "DELETE")


@fault(breaks="routing.method-is-not-overridden")
def member_names_the_method(honest: Service) -> Service:
    """Follows the member `_method` of a JSON body."""
    return _taken_for(honest, "DELETE", lambda request: b'"_method": "DELETE"' in request.body)


@fault(breaks="routing.method-is-not-overridden")
def query_names_the_method(honest: Service) -> Service:
    """Follows `_method` in the query."""
    return _taken_for(honest, "DELETE", lambda request: "_method=DELETE" in request.target)
