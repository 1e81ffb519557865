"""POSTs on the bare name of an operation, which is bound to nothing: in every form that some server takes for a delete.

A widely used gateway lets a form that it finds no POST for fall through to any other method of that path. Frameworks
know three places where a client may name another method than the one it sends: a header, the query, and a form.
"""

from __future__ import annotations

from conformance.exchange import Header, Method
from conformance.server.target.iut import JSON
from conformance.server.target.target import Outgoing
from conformance.suite.refusals import Aim

FORM = "application/x-www-form-urlencoded"

_HEADERS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_QUERIES = ("_method=DELETE", "%24httpMethod=DELETE")
_MEMBER = b'{"_method": "DELETE"}'


def posted_on_the_name(aim: Aim) -> list[Outgoing]:
    """POSTs that say nothing of another method: a form; in the larger profiles also JSON, and nothing at all."""
    requests = [_post(aim, b"a=b", FORM, "a form")]
    if not aim.iut.is_quick:
        requests += [
            _post(aim, b"{}", JSON, "an empty JSON object"),
            _post(aim, b"", FORM, "an empty form"),
            _post(aim, b"", None, "no body"),
        ]
    return requests


def overridden(aim: Aim) -> list[Outgoing]:
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
