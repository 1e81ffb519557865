"""Gets, lists and deletes without the right credentials, sent together.

The delete is aimed at an operation of this run that nobody cancels. The last look shows whether it is still there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Method
from conformance.exchange.history import next_page_token
from conformance.server.target.credentials import Credential
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import unknown_name
from conformance.suite.bystanders import Bystander, Bystanders
from conformance.suite.clients import CLOSING
from conformance.suite.deletion import Deletion
from conformance.suite.last_look import LastLook
from conformance.suite.operations import require_own_deletes
from conformance.suite.pages import SmallPages
from conformance.suite.stimuli import stimulus

ANONYMOUS, STRANGER, WEAK = "without credentials", "with a token that nobody issued", "without permission"
UNKNOWN_ANONYMOUS = "get of an unknown operation without credentials"
SPELLED = "get without credentials of a path"
_WHO = {ANONYMOUS: Credential.NONE, STRANGER: Credential.INVALID, WEAK: Credential.FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Callers:
    """What was sent, by its note."""

    sent: dict[str, Exchange]

    @property
    def spelled(self) -> list[Exchange]:
        """The gets without credentials on other spellings of a path, and by HEAD."""
        return [exchange for note, exchange in self.sent.items() if note.startswith(SPELLED)]

    @property
    def deletes(self) -> list[Exchange]:
        """The deletes, whoever sent them."""
        return [exchange for who in _WHO for exchange in self.of(who, Method.DELETE)]

    def of(self, who: str, *methods: Method) -> list[Exchange]:
        """The gets, lists and deletes of one caller."""
        return [self.sent[note] for method in methods if (note := _note(method, who)) in self.sent]


def _note(method: Method, who: str) -> str:
    return f"{method.value} {who}"


@stimulus
def kept(iut: Iut, older: Bystander, known_auth: None) -> Bystander:
    """The bystander that is to be deleted by nobody who may not. Raises Unjudged where no delete is ours to send."""
    if iut.statement.value("auth") is not True:
        raise NotApplicable("the server asks for no credentials")
    require_own_deletes(iut, older.name)
    return older


NOT_TO_BE_DELETED = "callers"
"""The key of the last look at the operation that the deletes named."""


@stimulus
def asked(
    iut: Iut,
    bystanders: Bystanders,
    attempts: LastLook,
    known_auth: None,
    kept: Bystander | None = None,
    whole_list: list[Exchange] | None = None,
    small_pages: SmallPages | None = None,
    deletion: Deletion | None = None,
) -> Callers:
    """Send what somebody without the right credentials may not; deletes only where there is one to be refused.

    They are sent when it is known whether list and delete are supported: an unsupported method need not refuse anybody.
    """
    if iut.statement.value("auth") is not True:
        raise NotApplicable("the server asks for no credentials")
    name = bystanders.name
    victim = kept if iut.statement.value("delete") is True else None
    requests: list[Outgoing] = [
        iut.get_request(unknown_name(name, "callers"), Credential.NONE, UNKNOWN_ANONYMOUS),
    ]
    for who, credential in _WHO.items():
        is_sent = who == ANONYMOUS or iut.has_credential(Credential.MAIN if who == STRANGER else credential)
        if not is_sent:
            continue
        requests.append(iut.get_request(name, credential, _note(Method.GET, who)))
        if who == STRANGER and iut.is_quick:
            continue
        if iut.contract.bindings_of(Method.LIST) and iut.statement.value("list") is not False:
            parent = iut.contract.parent_of(name)
            requests.append(_list_by(iut, parent, credential, _note(Method.LIST, who), small_pages))
        if victim is not None:
            requests.append(iut.delete_request(victim.name, credential, _note(Method.DELETE, who)))
    if not iut.is_quick:
        path, note = iut.contract.path(Method.GET, name), f"{SPELLED}, as HEAD"
        requests.append(
            iut.request("HEAD", path, headers=CLOSING, credential=Credential.NONE, note=note, may_be_unrouted=True)
        )
        for other, what in spellings(path):
            note = f"{SPELLED} with {what}"
            requests.append(iut.request("GET", other, credential=Credential.NONE, note=note, may_be_unrouted=True))
    sent = {exchange.note: exchange for exchange in iut.send_all(requests)}
    asked = Callers(sent)

    def deletes_of(other: str) -> list[Outgoing]:
        notes = {who: _note(Method.DELETE, who) for who in _WHO}
        return [iut.delete_request(other, _WHO[who], note) for who, note in notes.items() if note in sent]

    if victim is not None:
        attempts.note(NOT_TO_BE_DELETED, victim, asked.deletes, deletes_of)
    return asked


def _list_by(iut: Iut, parent: str, credential: Credential, note: str, known: SmallPages | None) -> Outgoing:
    """A list; without credentials a small page, with the token that the one before had for who may read it.

    Who compares whole targets may guard a list only where it has no query, and who signs tokens may ask nothing else.
    """
    if credential is not Credential.NONE:
        return iut.list_request(parent, credential=credential, note=note)
    token = next_page_token(known.walk[0]) if known is not None else ""
    return iut.list_request(parent, token, known.size if known and token else 1, credential=credential, note=note)


@stimulus
def let_in(iut: Iut, asked: Callers, oldest_name: str) -> dict[str, str]:
    """The gets and lists that were answered without the right credentials, by their note, and why."""
    reads = [(who, read) for who in _WHO for read in asked.of(who, *READS)]
    return {read.note: why_let_in(iut, read, oldest_name, _WHO[who]) for who, read in reads if read.succeeded()}


def by_themselves(sent: Sequence[Exchange], let_in: Mapping[str, str]) -> list[Exchange]:
    """Those of some requests that no request before them has let in. Raises NotTested where none is left."""
    kept = [one for one in sent if let_in.get(one.note) not in REMEMBERED]
    if sent and not kept:
        raise NotTested("the credentials of other requests let every one of these in")
    return kept


@dataclass(frozen=True, slots=True)
class OneConnection:
    """A get with credentials, the same without on the connection that is free again, and then on one of its own."""

    known: Exchange
    after: Exchange
    control: Exchange | None

    @property
    def tells_who_calls(self) -> bool:
        """Whether the credentials of the first let the second in."""
        return self.control is not None and self.control.is_denied


def read_on_one_connection(iut: Iut, name: str) -> OneConnection:
    """Nothing else is sent meanwhile, so that the second request uses the connection of the first."""
    known = iut.get(name)
    anonymous = iut.get_request(name, Credential.NONE, note="get without credentials, after one with them")
    after = iut.send(anonymous)
    is_let_in = known.succeeded() and after.succeeded()
    return OneConnection(known, after, iut.send(replace(anonymous, once=True)) if is_let_in else None)


READS = (Method.GET, Method.LIST)


def require_weak(iut: Iut) -> None:
    """Raise NotTested where nobody without the permission can be asked for."""
    if not iut.has_credential(Credential.FORBIDDEN):
        raise NotTested("no credential without the permission is configured ([auth] forbidden_token_env)")


def spellings(path: str, few: bool = False) -> Iterable[tuple[str, str]]:
    """Other spellings of a raw path that a router may take for it, and what is different; few of them, or all.

    Authorisation may compare the path as it is written, and the router may normalise it (RFC 3986, section 6).
    """
    _, version, literal, *rest = path.split("/")
    identifier = rest[-1]
    head, colon, verb = path.rpartition(":")
    yield f"{path.removesuffix(identifier)}{_escaped(identifier)}", "an escaped letter in the id"
    if few:
        end = f"{'/'.join(rest).removesuffix(verb)}{_escaped(verb)}" if colon else "/".join(rest)
        yield f"/{_escaped(version)}/{_escaped(literal)}/{end}", "an escaped letter in version, literal and verb"
        return
    yield f"/{version}/{_escaped(literal)}/{'/'.join(rest)}", "an escaped letter in a literal"
    yield f"/{_escaped(version)}/{literal}/{'/'.join(rest)}", "an escaped letter in the version"
    if colon:
        yield f"{head}:{_escaped(verb)}", "an escaped letter in the verb"
        yield f"{head}%3A{verb}", "an escaped colon"
    yield f"/{path}", "two slashes at its beginning"
    yield path.replace(f"/{literal}/", f"//{literal}/", 1), "two slashes within"
    yield f"/{version}/./{literal}/{'/'.join(rest)}", "a dot segment"
    yield f"/{version}/x/../{literal}/{'/'.join(rest)}", "a segment and the way back"
    yield f"{path}/", "a slash at its end"
    yield f"{path};a=b", "a parameter at its end"
    yield f"/{version}/{literal.upper()}/{'/'.join(rest)}", "a literal in capitals"


def _escaped(text: str) -> str:
    """The text with its first character percent-encoded."""
    return f"%{ord(text[0]):02X}{text[1:]}"


OPEN, BY_CONNECTION = "nobody is asked", "the credentials of another request on the connection count"
BY_ANSWER = "the answer to a request with credentials is given to others"
REMEMBERED = (BY_CONNECTION, BY_ANSWER)


def why_let_in(iut: Iut, read: Exchange, name: str, credential: Credential = Credential.NONE) -> str:
    """Why a get or list was answered without credentials: it is open, or an earlier request is what let it in.

    The same request is sent on a new connection, and then for an operation that nobody has read.
    """
    fresh = replace(_read_again(iut, read, credential), once=True)
    if iut.send(fresh).is_denied:
        return BY_CONNECTION
    if read.calls(Method.LIST):
        unread = iut.list_request(iut.contract.parent_of(name), page_size=7, credential=credential)
    else:
        unread = iut.get_request(iut.running(1)[0], credential)
    return BY_ANSWER if iut.send(replace(unread, once=True)).is_denied else OPEN


def _read_again(iut: Iut, read: Exchange, credential: Credential) -> Outgoing:
    assert read.call is not None
    make = iut.list_request if read.calls(Method.LIST) else iut.get_request
    outgoing = make(read.call.name, credential=credential, note=read.note)
    return replace(outgoing, request=replace(outgoing.request, target=read.request.target))
