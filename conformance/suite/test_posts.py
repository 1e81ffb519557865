"""POSTs on the bare name of an operation, which are bound to nothing.

They are sent in every form that some server takes for a delete: a widely used gateway lets a form that it finds no POST
for fall through to any other method of that path. Frameworks know three places where a client may name another method
than the one it sends: a header, the query, and a form.
"""

from __future__ import annotations

from conformance.errors import NotTested
from conformance.exchange import Header, Method
from conformance.server.target.requests import JSON
from conformance.server.target.target import Outgoing
from conformance.suite.elsewhere import FORM
from conformance.suite.judging import verifies
from conformance.suite.last_look import LastLook
from conformance.suite.refusals import Refusal, Situation, refusal

_HEADERS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_QUERIES = ("_method=DELETE", "%24httpMethod=DELETE")
_MEMBER = b'{"_method": "DELETE"}'


@refusal
def posts_on_the_name(given: Situation) -> list[Outgoing]:
    """POSTs that say nothing of another method: a form; in the larger profiles also JSON, and nothing at all."""
    requests = [_post(given, b"a=b", FORM, "a form")]
    if not given.iut.is_quick:
        requests += [
            _post(given, b"{}", JSON, "an empty JSON object"),
            _post(given, b"", FORM, "an empty form"),
            _post(given, b"", None, "no body"),
        ]
    return requests


@verifies("routing.post-on-a-name-does-nothing")
def test_post_on_a_bare_name_does_nothing(last_look: LastLook, posts_on_the_name: Refusal) -> None:
    """The status is free: what the path answers to a form may be a get."""
    posts_on_the_name.require_harmless()


@refusal
def overridden_methods(given: Situation) -> list[Outgoing]:
    """POSTs that ask to be taken for a DELETE; in the larger profiles also in each way apart."""
    every_header = tuple((name, "DELETE") for name in _HEADERS)
    everywhere = "everything that asks for a DELETE but a form"
    requests = [
        _post(given, _MEMBER, JSON, everywhere, query="&".join(_QUERIES), headers=every_header),
        _post(given, b"_method=DELETE", FORM, "the form _method=DELETE"),
    ]
    if given.iut.is_quick:
        return requests
    for header in every_header:
        requests.append(_post(given, b"{}", JSON, f"{header[0]}: DELETE", headers=(header,)))
    for query in _QUERIES:
        requests.append(_post(given, b"{}", JSON, f"the query {query}", query=query))
    requests.append(_post(given, b"a=b", FORM, f"a form and {_HEADERS[0]}: DELETE", headers=every_header[:1]))
    requests.append(_post(given, _MEMBER, JSON, f"the body {_MEMBER.decode()}"))
    return requests


@verifies("routing.method-is-not-overridden")
def test_no_header_query_or_form_makes_a_delete_of_a_post(
    last_look: LastLook, overridden_methods: Refusal, posts_on_the_name: Refusal, verb_in_the_query: Refusal
) -> None:
    """What a POST of a form or of JSON does that names no other method, it does not because another one is named."""
    others = (posts_on_the_name, verb_in_the_query)
    if overridden_methods.effect() is not None and any(each.effect() is not None for each in others):
        raise NotTested("a POST on the name that names no other method touches the operation, too")
    overridden_methods.require_harmless()


def _post(
    given: Situation,
    body: bytes,
    content_type: str | None,
    what: str,
    query: str = "",
    headers: tuple[Header, ...] = (),
) -> Outgoing:
    path = given.iut.contract.path(Method.GET, given.name)
    return given.iut.request(
        "POST",
        f"{path}?{query}" if query else path,
        body=body,
        content_type=content_type,
        headers=headers,
        note=f"POST on the name with {what}",
        may_be_unrouted=True,
    )
