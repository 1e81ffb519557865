"""Cancels of an operation by somebody who may not, and of nothing: they must leave the operation alone."""

from __future__ import annotations

from conformance.exchange import Method
from conformance.server.target.connect import is_this_machine
from conformance.server.target.credentials import ALTERED, Credential
from conformance.server.target.iut import Iut
from conformance.server.target.requests import JSON
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import nonce, unknown_name
from conformance.suite.callers import spellings
from conformance.suite.clients import in_http_1_0
from conformance.suite.refusals import Situation, refusal

WITHOUT_CREDENTIALS = "cancel without credentials"
UNKNOWN_WITHOUT_CREDENTIALS = "cancel of an unknown operation without credentials"
MALFORMED_WITHOUT_CREDENTIALS = "malformed cancel without credentials"
INVALID_CREDENTIALS = "cancel with a token that nobody issued"
ALTERED_CREDENTIALS = "cancel with almost the right token"
WITHOUT_CREDENTIALS_WHEN_DONE = "cancel without credentials of an operation that is done"
WITHOUT_PERMISSION_WHEN_DONE = "cancel without permission of an operation that is done"
WITHOUT_ANYTHING = "cancel without credentials and without a body"
QUERY_ALONE = "cancel without credentials and with a query"
PRETENDED = "cancel without credentials and body, with a key and a token of nobody in its query, from this machine"
PRETENDED_ORIGIN = "cancel without credentials that says it comes from this machine"
PRETENDED_IDENTITY = "cancel without credentials that says who sends it, as a proxy does behind which a server stands"
EMPTY_TOKEN = "cancel with an empty token"
OTHER_SCHEME = "cancel with credentials of another scheme, which nobody issued"
IN_HTTP_1_0 = "cancel without credentials in HTTP/1.0"
IN_ANOTHER_PROJECT = "cancel without permission that names another project for its quota"
WITHOUT_PERMISSION = "cancel without permission"
MALFORMED_WITHOUT_PERMISSION = "malformed cancel without permission"
_SPELLED = "cancel without credentials of a path with "
_CANCEL = "/v1/projects/p/operations/o:cancel"
SPELLED = tuple(f"{_SPELLED}{what}" for few in (True, False) for _, what in spellings(_CANCEL, few))
UNKNOWN_WITHOUT_PERMISSION = "cancel of an unknown operation without permission"


@refusal
def unauthorised(given: Situation) -> list[Outgoing]:
    """Cancels without the right credentials, of the bystander and of nothing; none where nobody asks for any."""
    iut, name = given.iut, given.name
    if iut.statement.value("auth") is not True or iut.configuration.auth.client_certificate:
        return []
    unknown = unknown_name(name, "auth")
    cases = [
        (name, b"{}", Credential.NONE, WITHOUT_CREDENTIALS),
        (unknown, b"{}", Credential.NONE, UNKNOWN_WITHOUT_CREDENTIALS),
        (name, b"{", Credential.NONE, MALFORMED_WITHOUT_CREDENTIALS),
    ]
    altered: list[Credential] = []
    if is_this_machine(iut.configuration):
        # Some accounts are locked after a few of those; elsewhere the check that is disruptive sends them.
        altered = [each for each in ALTERED if iut.has_credential(each)]
    # One of them at what is done: some answer the cancel of that before they ask who calls.
    attempts = [given.ended, *[name] * len(altered)]
    cases += [(at, b"{}", each, ALTERED_CREDENTIALS) for at, each in zip(attempts, altered, strict=False)]
    if iut.has_credential(Credential.MAIN) and not (iut.is_quick and altered):
        # Who lets in any token, lets in one that is almost right.
        cases.append((name, b"{}", Credential.INVALID, INVALID_CREDENTIALS))
    if iut.has_credential(Credential.FORBIDDEN):
        cases += [
            (name, b"{}", Credential.FORBIDDEN, WITHOUT_PERMISSION),
            (unknown, b"{}", Credential.FORBIDDEN, UNKNOWN_WITHOUT_PERMISSION),
            (name, b"{", Credential.FORBIDDEN, MALFORMED_WITHOUT_PERMISSION),
        ]
    if not iut.is_quick:
        cases.append((name, b"", Credential.NONE, WITHOUT_ANYTHING))
        cases.append((given.ended, b"{}", Credential.NONE, WITHOUT_CREDENTIALS_WHEN_DONE))
        if iut.has_credential(Credential.FORBIDDEN):
            cases.append((given.ended, b"{}", Credential.FORBIDDEN, WITHOUT_PERMISSION_WHEN_DONE))
    requests = [iut.cancel_request(at, body=body, credential=who, note=note) for at, body, who, note in cases]
    requests += _spelled(iut, name)
    requests.append(_with_everything_else(iut, name))
    return requests if iut.is_quick else requests + _pretended(iut, name)


def _spelled(iut: Iut, name: str) -> list[Outgoing]:
    """Cancels without credentials on other spellings of their path."""
    none = Credential.NONE
    return [
        iut.request(
            "POST", path, body=b"{}", content_type=JSON, credential=none, note=f"{_SPELLED}{what}", may_be_unrouted=True
        )
        for path, what in spellings(iut.contract.path(Method.CANCEL, name), few=iut.is_quick)
    ]


_ANYBODY = "access_token=nobody&key=nobody"
_FROM_THIS_MACHINE = ("X-Forwarded-For", "127.0.0.1")
_IDENTITY = [
    *((field, "admin") for field in ("X-Forwarded-User", "X-Remote-User", "X-Auth-Request-User")),
    ("X-Goog-Authenticated-User-Email", "accounts.google.com:admin@example.com"),
]


def _with_everything_else(iut: Iut, name: str) -> Outgoing:
    """A cancel without credentials that has at once all that a careless server may be content with.

    It has no body: some ask for credentials only where there is something to read.
    """
    headers = [_FROM_THIS_MACHINE, *_IDENTITY]
    return iut.cancel_request(
        name, body=b"", query=_ANYBODY, headers=headers, credential=Credential.NONE, note=PRETENDED
    )


def _pretended(iut: Iut, name: str) -> list[Outgoing]:
    """Cancels without the right credentials that have something else a careless server may be content with."""
    queries = ("alt=json", "foo=bar", "key=nobody", "access_token=nobody")
    headers = {
        PRETENDED_ORIGIN: [_FROM_THIS_MACHINE],
        PRETENDED_IDENTITY: _IDENTITY,
        EMPTY_TOKEN: [("Authorization", "Bearer")],
        OTHER_SCHEME: [("Authorization", "Basic bm9ib2R5Og==")],
    }
    by_query = [iut.cancel_request(name, query=each, credential=Credential.NONE, note=QUERY_ALONE) for each in queries]
    by_header = [
        iut.cancel_request(name, headers=fields, credential=Credential.NONE, note=note)
        for note, fields in headers.items()
    ]
    old = in_http_1_0(iut.cancel_request(name, credential=Credential.NONE, note=IN_HTTP_1_0))
    requests = [*by_query, *by_header, old]
    if iut.has_credential(Credential.FORBIDDEN):
        project = [("X-Goog-User-Project", nonce(name, "project"))]
        requests.append(
            iut.cancel_request(name, headers=project, credential=Credential.FORBIDDEN, note=IN_ANOTHER_PROJECT)
        )
    return requests
