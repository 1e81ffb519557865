"""Cancels that nobody has to accept, for their body or their query; what is refused must not have been done."""

from __future__ import annotations

from conformance.errors import NotApplicable
from conformance.exchange import Exchange
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.blame import Blame, Make
from conformance.suite.bystanders import Bystander
from conformance.suite.evidence import require_untouched
from conformance.suite.judging import require
from conformance.suite.last_look import LastLook
from conformance.suite.repeated_forms import RepeatedForms
from conformance.suite.stimuli import stimulus

MALFORMED = (b"{", b"hello")
NOT_AN_OBJECT = (b"[]",)
NOT_UTF_8 = b'{"\xff": 1}'
NOR_ARE = (b'"x"', b"1", b"true")
"""These, and what is no UTF-8, only the larger profiles send."""
UNKNOWN_FIELD = b'{"foo": 1}'

_KEY = "unacceptable"


class Unacceptable:
    """Cancels that nobody has to accept, all aimed at one bystander.

    A query parameter, a field or a missing Content-Type that the server refuses counts, too; where it does not mind
    them it would rightly cancel.
    """

    def __init__(
        self,
        iut: Iut,
        bystander: Bystander,
        last_look: LastLook,
        blame: Blame,
        refused_query: str | None,
        is_field_refused: bool,
        is_unlabelled_refused: bool,
    ) -> None:
        name = bystander.name
        unreadable = () if iut.is_quick else (NOT_UTF_8,)
        not_an_object = NOT_AN_OBJECT if iut.is_quick else (*NOT_AN_OBJECT, *NOR_ARE)
        refused = [_with_body(iut, name, UNKNOWN_FIELD)] if is_field_refused else []
        if refused_query is not None:
            refused.append(_with_query(iut, name, refused_query))
        if is_unlabelled_refused:
            refused.append(_unlabelled(iut, name))
        content = (*MALFORMED, *not_an_object, *unreadable) if iut.contract.reads_body(name) else ()
        bodies = [_with_body(iut, name, body) for body in content]
        self._iut = iut
        self._last_look = last_look
        self._blame = blame
        self.sent = iut.send_all([*bodies, *refused])
        last_look.note(_KEY, bystander, self.sent, self._remake_all)
        self.malformed = self.sent[: len(MALFORMED)]
        self.not_an_object = self.sent[len(MALFORMED) :][: len(not_an_object)]
        self.unreadable = self.sent[: len(bodies)][len(MALFORMED) + len(not_an_object) :]

    def require_no_effect(self) -> None:
        """Raise Violated for what a refused one did to the bystander, NotTested where nobody knows."""
        if not self.sent:
            raise NotApplicable("nothing that is sent has to be refused: the binding has no body")
        looked = self._last_look.at(_KEY)
        if looked.has_stopped:
            found = self._blame.guilty([self._remake(exchange) for exchange in self.sent])
            if any(found):
                self._last_look.accounted_for.add(looked.bystander.name)
            require(*(each for each in found if each is not None and not each.exchanges[0].succeeded()))
        require_untouched(self._iut, None, looked.look)

    def _remake_all(self, name: str) -> list[Outgoing]:
        """All of them, at another operation."""
        return [outgoing for exchange in self.sent for outgoing in self._remake(exchange)(name)]

    def _remake(self, exchange: Exchange) -> Make:
        """What makes the same request at another operation."""

        def make(name: str) -> list[Outgoing]:
            request = exchange.request
            if request.query:
                return [_with_query(self._iut, name, request.query)]
            if request.header("content-type") is None:
                return [_unlabelled(self._iut, name)]
            return [_with_body(self._iut, name, request.body)]

        return make


@stimulus
def unacceptable(
    iut: Iut, older: Bystander, repeated_forms: RepeatedForms, attempts: LastLook, blame: Blame
) -> Unacceptable:
    """Cancels that nobody has to accept."""

    def is_refused(form: str) -> bool:
        answer = repeated_forms.answer(form).response if form in repeated_forms else None
        return repeated_forms.control.succeeded() and answer is not None and 400 <= answer.status < 500

    query = repeated_forms.answer("unknown-parameter").request.query if is_refused("unknown-parameter") else None
    return Unacceptable(iut, older, attempts, blame, query, is_refused("unknown-field"), is_refused("unlabelled"))


def _with_body(iut: Iut, name: str, body: bytes) -> Outgoing:
    text = body.decode("utf-8", "backslashreplace")
    return iut.cancel_request(name, body=body, note=f"cancel with the body {text}")


def _unlabelled(iut: Iut, name: str) -> Outgoing:
    return iut.cancel_request(name, body=b"{}", content_type=None, note="cancel with {} and no Content-Type")


def _with_query(iut: Iut, name: str, query: str) -> Outgoing:
    return iut.cancel_request(name, query=query, note=f"cancel with the query ?{query}")
