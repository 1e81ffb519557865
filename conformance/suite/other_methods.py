"""Methods: other ones on the path of a cancel, and POSTs on the bare name of an operation.

A POST on the bare name is bound to nothing. It is sent in every form that some server takes for a delete: a widely used
gateway lets a form that it finds no POST for fall through to any other method of that path. Frameworks know three
places where a client may name another method than the one it sends: a header, the query, and a form.
"""

from __future__ import annotations

from conformance.exchange import Header, Method
from conformance.server.target.requests import JSON
from conformance.server.target.target import Outgoing
from conformance.suite.elsewhere import FORM
from conformance.suite.refusals import Aim, refusal

_HEADERS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_QUERIES = ("_method=DELETE", "%24httpMethod=DELETE")
_MEMBER = b'{"_method": "DELETE"}'


@refusal
def posts_on_the_name(aim: Aim) -> list[Outgoing]:
    """POSTs that say nothing of another method: a form; in the larger profiles also JSON, and nothing at all."""
    requests = [_post(aim, b"a=b", FORM, "a form")]
    if not aim.iut.is_quick:
        requests += [
            _post(aim, b"{}", JSON, "an empty JSON object"),
            _post(aim, b"", FORM, "an empty form"),
            _post(aim, b"", None, "no body"),
        ]
    return requests


@refusal
def overridden_methods(aim: Aim) -> list[Outgoing]:
    """POSTs that ask to be taken for a DELETE; in the larger profiles also in each way apart."""
    every_header = tuple((name, "DELETE") for name in _HEADERS)
    everywhere = "everything that asks for a DELETE but a form"
    requests = [
        _post(aim, _MEMBER, JSON, everywhere, query="&".join(_QUERIES), headers=every_header),
        _post(aim, b"_method=DELETE", FORM, "the form _method=DELETE"),
    ]
    if aim.iut.is_quick:
        return requests
    for header in every_header:
        requests.append(_post(aim, b"{}", JSON, f"{header[0]}: DELETE", headers=(header,)))
    for query in _QUERIES:
        requests.append(_post(aim, b"{}", JSON, f"the query {query}", query=query))
    requests.append(_post(aim, b"a=b", FORM, f"a form and {_HEADERS[0]}: DELETE", headers=every_header[:1]))
    requests.append(_post(aim, _MEMBER, JSON, f"the body {_MEMBER.decode()}"))
    return requests


CLOSING = (("Connection", "close"),)
"""Some servers send content in answer to HEAD; on the same connection it would be taken for the next answer."""


_LARGER = "PATCH"
"""Only the larger profiles send it: PUT finds nearly the same."""

_SAYS_POST = "_method=POST&method=POST"
"""A link must not cancel, whatever its query asks for (RFC 9110, section 9.2.1)."""


@refusal
def other_methods(aim: Aim) -> list[Outgoing]:
    """Every method on the cancel path but the one that is bound, and a link that asks for it."""
    path = aim.iut.contract.path(Method.CANCEL, aim.name)
    bodies = {"GET": b"", "PUT": b"{}", "DELETE": b"", "PATCH": b"{}", "HEAD": b"", "OPTIONS": b""}
    if bodies.pop(aim.iut.cancel_method, None) is not None:  # one API binds its cancel to GET
        bodies["POST"] = b"{}"
    requests = [
        aim.iut.request(
            method,
            path,
            body=body,
            content_type=JSON if body else None,
            headers=CLOSING if method == "HEAD" else (),
            note=f"{method} on the cancel path",
        )
        for method, body in bodies.items()
        if not (aim.iut.is_quick and method == _LARGER)
    ]
    if "GET" in bodies:
        requests.append(
            aim.iut.request("GET", f"{path}?{_SAYS_POST}", note=f"GET on the cancel path with {_SAYS_POST}")
        )
    return requests


@refusal
def lower_case_method(aim: Aim) -> list[Outgoing]:
    """The cancel with the name of its method in lower case, which is the name of another one."""
    path, method = aim.iut.contract.path(Method.CANCEL, aim.name), aim.iut.cancel_method.lower()
    note = f"{method} on the cancel path"
    return [aim.iut.request(method, path, body=aim.iut.plain_body, content_type=JSON, note=note, is_odd=True)]


def _post(
    aim: Aim, body: bytes, content_type: str | None, what: str, query: str = "", headers: tuple[Header, ...] = ()
) -> Outgoing:
    path = aim.iut.contract.path(Method.GET, aim.name)
    return aim.iut.request(
        "POST",
        f"{path}?{query}" if query else path,
        body=body,
        content_type=content_type,
        headers=headers,
        note=f"POST on the name with {what}",
        is_odd=True,
    )
