"""Builds requests by the contract; a check can replace any part of them. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from conformance.exchange import START, Header, Method, Request
from conformance.secrets.secret import Secret
from conformance.server.target.configuration import Configuration
from conformance.server.target.credentials import Credential, Credentials
from conformance.server.target.headers import echoes, without_secrets
from conformance.server.target.target import Outgoing
from conformance.server.target.token import scheme_of
from conformance.spec.contract import Contract
from conformance.spec.home import home_below

JSON = "application/json"

AS_MANY_AS_CAN_BE = 1000
"""Operations on one page of a list."""

LOOK_FIRST = "look whether this name is anybody's"


class Requests:
    """Builds the requests of one run: with its headers and credentials, to one origin."""

    def __init__(
        self, configuration: Configuration, contract: Contract, credentials: Credentials, origin: str, prefix: str
    ) -> None:
        self.contract = contract
        like = home_below(contract, configuration.iut.parent).below(configuration.iut.parent, "1")
        self.plain_body = b"{}" if contract.reads_body(like) else b""
        self.cancel_method = contract.http_method(Method.CANCEL, like)
        """The HTTP method of the cancel: POST, or what else the contract binds."""
        self.path_prefix = prefix
        self._origin = origin
        self._credentials = credentials
        self._headers, self._hidden = without_secrets(configuration.iut.headers)
        names = {name.lower() for name, _ in self._headers}
        self._headers += [header for header in credentials.headers if header[0].lower() not in names]

    @property
    def secrets(self) -> list[Secret]:
        """What requests may carry, and their answers repeat, that nothing may show."""
        return [*self._credentials.secrets, *echoes(self._hidden.values())]

    @property
    def has_hidden_headers(self) -> bool:
        """Whether a configured header is a secret, and so may tell who asks."""
        return bool(self._hidden)

    @property
    def has_main_credential(self) -> bool:
        return self._credentials.main is not None

    def has_credential(self, credential: Credential) -> bool:
        """Whether requests with this kind of credential can be made."""
        return credential is Credential.NONE or self._credentials.token(credential) is not None

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
        may_be_unrouted: bool = False,
        once: bool = False,
    ) -> Outgoing:
        """A request on a raw target (path and query).

        `framing` says how the body's end is told: "length" (Content-Length), "chunked", or "none" (neither; only
        without a body). A GET or DELETE without a body has no Content-Length in any case. One of `headers` takes the
        place of a configured one of the same name; without credentials, no configured secret is sent either.
        """
        fields: list[Header] = [("Host", self._origin.partition("://")[2])]
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
        request = Request(http_method, self.path_prefix + target, tuple(fields), body)
        return Outgoing(request, token, note, self._hidden, may_be_unrouted, once)

    def start_request(self, http_method: str, target: str, body: bytes) -> Outgoing:
        """What may start an operation, and is sent once."""
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
        may_be_unrouted: bool = False,
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
            may_be_unrouted=may_be_unrouted,
        )

    def get_request(self, name: str, credential: Credential = Credential.MAIN, note: str = "") -> Outgoing:
        return self.request("GET", self.contract.path(Method.GET, name), credential=credential, note=note)

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
        size = page_size or (AS_MANY_AS_CAN_BE if page_token else 0)
        parameters = [f"pageSize={size}"] if size else []
        parameters += [f"pageToken={quote(page_token, safe='')}"] if page_token else []
        written = "&".join(parameters) if query is None else query
        path = self.contract.path(Method.LIST, parent) + (f"?{written}" if written else "")
        return self.request("GET", path, credential=credential, note=note)

    def look_first_request(self, path: str) -> Outgoing:
        """The get by which `nobodys` learns whether a path is free; it can be sent together with other requests."""
        return self.request("GET", path, note=LOOK_FIRST, may_be_unrouted=True)
