"""One cancelled operation, cancelled again in every form that real clients use, beside the plain form as control.

An operation that is cancelled already can be cancelled as often as one likes, so all forms share one. Whatever the
server answers to the plain form, it must answer to the others: a form is not refused for being one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Method, Request
from conformance.lro import Code
from conformance.rules import Complaint
from conformance.rules.server.outcome import as_good_as, shows_nothing_of_a_form
from conformance.server.target.iut import Iut
from conformance.server.target.requests import JSON
from conformance.server.target.target import Outgoing
from conformance.spec.template import Kind
from conformance.suite.cancellations import Cancellations, FirstCancel
from conformance.suite.clients import ALL_TOGETHER, client_forms
from conformance.suite.evidence import answered, require_answers, require_let_in
from conformance.suite.judging import require
from conformance.suite.near_misses import canonical, posted
from conformance.suite.stimuli import stimulus

_SYSTEM_PARAMETERS = "prettyPrint=false&fields=*&%24.xgafv=2&key=k&quotaUser=q&uploadType=u&upload_protocol=p"


OTHER_CHARSETS = {"charset-in-lower-case": f"{JSON};charset=utf-8", "charset-in-quotes": f'{JSON}; charset="utf-8"'}
TYPE_IN_OTHER_CASE = "type-in-other-case"
OTHER_LABELS = {**OTHER_CHARSETS, TYPE_IN_OTHER_CASE: "Application/JSON"}
"""Other ways to write the Content-Type (RFC 9110, section 8.3.1: they mean the same); only larger profiles use them."""

PLAIN_COLON = "plain-colon"
SLASHES = frozenset({"double-slash", "double-slash-first"})
CONTESTED_IN_QUICK = frozenset({"slash-before-verb", "encoded-separator", "verb-line-end"})
CONTESTED = CONTESTED_IN_QUICK | SLASHES | {"encoded-separator-first", "encoded-verb-separator"}
CONTESTED |= {"encoded-way-back", "encoded-dot"}
"""Paths that a server may take for the same: near misses that reputable servers treat differently."""

DEEP = 5000
"""Brackets, one in the other: parsers count them, or run out of stack."""

_UNRESERVED = re.compile(r"(?<!%)(?<!%[0-9A-Fa-f])[A-Za-z0-9._~-]")
"""A character of a raw path that may be escaped or not, and means the same (RFC 3986, section 2.3)."""


TOGETHER = {
    "expectation": ("charset", "newline", "alt", "absolute-form"),
    "no-length": ("dollar-alt",),
    "http-1.0": ("redundant-name", "dollar-alt-encoded"),
    "chunked-empty": ("dollar-alt-plain",),
    "chunked": (ALL_TOGETHER, "system-parameters"),
    "escaped-letter": ("capitals", "empty-query"),
}
"""Forms, each with others that quick sends in the same request: who understands all of them there, understands each.

The first of them says how the end of the body is told, and which version is spoken.
"""


class RepeatedForms:
    """The answers to all forms, by the key of the form; the forms overlap, the control before them does not.

    In quick some forms share a request. Where its answer is not right, each of them is asked again, alone.
    """

    def __init__(self, iut: Iut, name: str, may_have_ended: bool) -> None:
        self._iut = iut
        self._name = name
        self._forms = forms_of(iut, name)
        # The control goes first and alone: what follows finds the operation as the control found it.
        self.control = iut.send(_control(iut, name))
        self._may_have_ended = may_have_ended
        apart: dict[tuple[str, ...], Outgoing] = {(form,): each for form, each in self._forms.items()}
        together = joined(self._forms, self.control.request) if iut.is_quick else apart
        # With them a look: a cancel that is sent again may set what was cancelled running again, for a while.
        *sent, _ = iut.send_all([*together.values(), iut.get_request(name)])
        answers = zip(together, sent, strict=True)
        self._sent = {form: answer for forms, answer in answers for form in forms}
        self._was_alone: set[str] = set()
        self._is_gone = False

    def like(self, prefix: str) -> list[str]:
        """The forms whose key begins with a text."""
        return [form for form in self._forms if form.startswith(prefix)]

    def __contains__(self, form: str) -> bool:
        return form in self._forms

    def answer(self, form: str) -> Exchange:
        """The last answer to a form."""
        return self._sent[form]

    def what_is_wrong(self, form: str, oracle: Callable[[Exchange], Complaint | None]) -> Complaint | None:
        """What an oracle says to the answer of a form.

        All forms overlapped, and some shared a request; one that it complains about is asked again, alone, so that only
        its form can be why. So is a control that was refused.
        """
        complaint = oracle(self._sent[form])
        if complaint is None or self._sent[form].response is None or form in self._was_alone:
            return complaint
        if not self._was_alone and not self.control.succeeded():
            # Something else may have cancelled the same operation while the control did.
            self.control = self._iut.send(_control(self._iut, self._name))
        self._was_alone.add(form)
        self._sent[form] = self._iut.send(self._forms[form])
        require_let_in(self._iut, self._name, [self._sent[form]])
        complaint = oracle(self._sent[form])
        if complaint is not None and self._sent[form].view.code is Code.NOT_FOUND:
            self._require_still_there()
        return complaint

    def _require_still_there(self) -> None:
        """Raise NotTested where the plain cancel does not find the operation any more either: then it is no form.

        A cancel before it may have deleted the operation; other requirements say so.
        """
        if self.control.succeeded() and not self._is_gone:
            self._is_gone = self._iut.send(_control(self._iut, self._name)).view.code is Code.NOT_FOUND
        if self._is_gone:
            raise NotTested(
                "the operation was there, and the plain cancel of it is answered with NOT_FOUND by now, too"
            )

    def is_as_good(self, form: str, also: frozenset[int] = frozenset()) -> Complaint | None:
        """What is wrong when a form is not answered as the control is, or with a status accepted `also`."""
        return self.what_is_wrong(form, lambda exchange: as_good_as(self.control, exchange, also, self._may_have_ended))

    def require_as_good(self, *forms: str, also: frozenset[int] = frozenset()) -> None:
        """Raise Violated for forms that are not as good as the control, NotTested where the answers tell nothing."""
        require(*(self.is_as_good(form, also) for form in forms))
        require_answers(self.control, *(self.answer(form) for form in forms))
        if shows_nothing_of_a_form(self.control):
            raise NotTested(f"{answered(self.control)}, so that the same answer to another form shows nothing")

    def require_right(self, form: str, oracle: Callable[[Exchange], Complaint | None]) -> None:
        """Raise Violated when an oracle complains about the answer of a form, NotTested when there is none.

        Raises NotApplicable for a form that this contract does not have.
        """
        if form not in self:
            raise NotApplicable("the path template of this contract has no such form")
        require(self.what_is_wrong(form, oracle))
        require_answers(self.answer(form))


def _control(iut: Iut, name: str) -> Outgoing:
    return iut.cancel_request(name, note="cancel of a cancelled operation")


@stimulus
def repeated_forms(iut: Iut, cancel_is_heard: FirstCancel, cancellations: Cancellations | None = None) -> RepeatedForms:
    """The plain cancel of an operation that is cancelled already, or done, and the same cancel in every other form."""
    has_ended = iut.ends_at_once or (
        cancellations is not None and cancellations.plain.last is not None and cancellations.plain.last.done
    )
    return RepeatedForms(iut, cancel_is_heard.name, may_have_ended=not has_ended)


def forms_of(iut: Iut, name: str) -> dict[str, Outgoing]:
    """The cancel of an operation in every form but the plain one.

    Where the binding has no body, no text says what becomes of content, and no form has any.
    """
    bodies = {**_bodies(iut, name), **client_forms(iut, name)}
    if not iut.contract.reads_body(name):
        bodies = {form: request for form, request in bodies.items() if not request.request.body}
    return {**bodies, **_queries(iut, name), **_paths(iut, name)}


def joined(forms: Mapping[str, Outgoing], plain: Request) -> dict[tuple[str, ...], Outgoing]:
    """The same forms in fewer requests, each by the keys of the forms that it has. `plain` is the plain cancel."""
    groups = [(form, *others) for form, others in TOGETHER.items() if {form, *others} <= forms.keys()]
    taken = {form for group in groups for form in group}
    alone: dict[tuple[str, ...], Outgoing] = {(form,): each for form, each in forms.items() if form not in taken}
    return alone | {group: _in_one([forms[form] for form in group], plain) for group in groups}


def _in_one(forms: Sequence[Outgoing], plain: Request) -> Outgoing:
    """The first form, with all that sets the others apart from the plain cancel."""
    first, *others = forms
    request = first.request
    for other in (each.request for each in others):
        fields = [field for field in other.headers if field not in plain.headers]
        replaced = {name.lower() for name, _ in fields}
        request = replace(
            request,
            target=other.target.replace(plain.target, request.target),
            headers=(*(field for field in request.headers if field[0].lower() not in replaced), *fields),
            body=request.body if other.body == plain.body else other.body,
        )
    note = ", and ".join([first.note, *(other.note.removeprefix("cancel ") for other in others)])
    return replace(first, request=request, note=note)


def _bodies(iut: Iut, name: str) -> dict[str, Outgoing]:
    forms = {
        "unlabelled": iut.cancel_request(
            name, body=b"{}", content_type=None, note="cancel with {} and no Content-Type"
        ),
        "newline": iut.cancel_request(name, body=b"{}\n", note="cancel with {} and a line end"),
        "charset": iut.cancel_request(name, content_type=f"{JSON}; charset=UTF-8", note="cancel with a charset"),
        # On connections of their own: what is not read of them would be taken for a part of the next request.
        "chunked": iut.cancel_request(
            name, framing="chunked", headers=[("Connection", "close")], note="cancel with a chunked {}"
        ),
        "chunked-empty": iut.cancel_request(
            name,
            body=b"",
            content_type=None,
            framing="chunked",
            headers=[("Connection", "close")],
            note="cancel with an empty chunked body",
        ),
        "no-length": iut.cancel_request(
            name, body=b"", content_type=None, framing="none", note="cancel without Content-Length"
        ),
        "redundant-name": iut.cancel_request(
            name, body=json.dumps({"name": name}).encode(), note="cancel that repeats the name in its body"
        ),
        "unknown-field": iut.cancel_request(name, body=b'{"foo": 1}', note="cancel with an unknown field"),
    }
    if iut.statement.value("unknown_fields") == "refused":
        forms["unknown-field-of-text"] = iut.cancel_request(
            name, body=b'{"fooBar": "x"}', note="cancel with an unknown field of text"
        )
    if not iut.is_quick or iut.ends_at_once:  # where operations run, the cancellations have these forms
        forms["empty"] = iut.cancel_request(name, body=b"", content_type=None, note="cancel without a body")
        forms["empty-labelled"] = iut.cancel_request(name, body=b"", note="cancel without a body, labelled as JSON")
    if not iut.is_quick:
        forms["null-name"] = iut.cancel_request(name, body=b'{"name": null}', note="cancel with a name that is null")
        member = f'"name": {json.dumps(name)}'
        twice = f"{{{member}, {member}}}".encode()
        forms["name-twice"] = iut.cancel_request(name, body=twice, note="cancel with its name twice in the body")
        nested = b'{"foo": ' + b"[" * DEEP + b"]" * DEEP + b"}"
        forms["deep"] = iut.cancel_request(name, body=nested, note=f"cancel with {DEEP} brackets in its body")
        forms["spaced"] = iut.cancel_request(name, body=b"{ }", note="cancel with { }")
        for form, content_type in OTHER_LABELS.items():
            forms[form] = iut.cancel_request(name, content_type=content_type, note=f"cancel with {content_type}")
    return forms


def _queries(iut: Iut, name: str) -> dict[str, Outgoing]:
    queries = {
        "empty-query": "",
        "alt": "alt=json",
        "dollar-alt": "$alt=json%3Benum-encoding=int",
        "dollar-alt-encoded": "%24alt=json%3Benum-encoding%3Dint",
        "dollar-alt-plain": "$alt=json;enum-encoding=int",
        "system-parameters": _SYSTEM_PARAMETERS,
        "unknown-parameter": "foo=bar",
    }
    return {
        form: iut.cancel_request(name, query=query, note=f"cancel with the query ?{query}")
        for form, query in queries.items()
    }


def _paths(iut: Iut, name: str) -> dict[str, Outgoing]:
    """Spellings of the path that mean the same, or that a server may take for the same."""
    path = iut.contract.path(Method.CANCEL, name)
    at = path.rindex("/") + 1
    spellings = {miss.label: posted(iut, miss.path, miss.why) for miss in canonical(iut, name, "contested")}
    wanted = CONTESTED_IN_QUICK if iut.is_quick else CONTESTED
    if iut.contract.cancel_template(name).segments[-1].kind is Kind.REST:
        wanted -= SLASHES  # an empty segment may be a part of another name
    forms = {label: request for label, request in spellings.items() if label in wanted}
    forms["absolute-form"] = _absolute(iut, posted(iut, path, "cancel with a target in absolute form"))
    if ":" in name[name.rindex("/") :]:
        plain = path[:at] + re.sub("%3A", ":", path[at:], flags=re.IGNORECASE)
        forms[PLAIN_COLON] = posted(iut, plain, "cancel with a plain colon in the id")
    letters = list(_UNRESERVED.finditer(path, at, path.rindex(":") if ":" in path[at:] else len(path)))
    if letters:
        # "The uppercase hexadecimal digits 'A' through 'F' are equivalent to the lowercase digits" (RFC 3986, section
        # 2.1); many clients write the latter. The larger profiles have both.
        letter = next((each for each in letters if not f"{ord(each.group()):x}".isdecimal()), letters[0])
        digits = f"{ord(letter.group()):02x}" if iut.is_quick else f"{ord(letter.group()):02X}"
        escaped = f"{path[: letter.start()]}%{digits}{path[letter.end() :]}"
        forms["escaped-letter"] = posted(iut, escaped, "cancel with a percent-encoded letter in the id")
        if not iut.is_quick:
            head, verb = path[:at], path[path.index(":", at) :] if ":" in path[at:] else ""
            escaped = _UNRESERVED.sub(lambda one: f"%{ord(one.group()):02x}", path[at : len(path) - len(verb)])
            forms["all-escaped"] = posted(iut, f"{head}{escaped}{verb}", "cancel with a percent-encoded id")
    return forms


def _absolute(iut: Iut, outgoing: Outgoing) -> Outgoing:
    """The request with scheme and authority in its target, as a proxy gets it (RFC 9112, section 3.2.2)."""
    request = outgoing.request
    return replace(outgoing, request=replace(request, target=f"{iut.target.origin}{request.target}"))
