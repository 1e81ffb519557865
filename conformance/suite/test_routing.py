"""Routing and path pattern: what is the cancel method, and what only looks like it."""

from __future__ import annotations

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Method
from conformance.rules.server.routing import never_reached, no_internal_error, not_a_success, reaches_the_method
from conformance.server.target.iut import Iut
from conformance.server.target.requests import JSON
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import is_drawn, long_name
from conformance.suite.cancellations import FirstCancel
from conformance.suite.clients import CLOSING
from conformance.suite.evidence import answered, note, require_answers
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.near_misses import near_miss_refusal, posted
from conformance.suite.refusals import Refusal, Refusals, Situation, advised_refusal, refusal
from conformance.suite.repeated_forms import RepeatedForms
from conformance.suite.stimuli import stimulus


@verifies("routing.cancel-is-bound")
def test_cancel_reaches_the_method(iut: Iut, first_cancel: FirstCancel) -> None:
    """A cancel of an operation that get shows is answered by the method, even where it is not implemented."""
    note(first_cancel.cancel)
    if first_cancel.cancel.succeeded():
        return
    path = f"{iut.contract.path(Method.GET, first_cancel.name)}:no-such-verb"
    control = iut.send(posted(iut, path, "a verb that nobody has"))
    require(reaches_the_method(first_cancel.cancel, control))
    require_answers(first_cancel.cancel)
    if first_cancel.cancel.is_denied:
        raise NotTested(f"{answered(first_cancel.cancel)}, which may be said before any method is reached")


other_verbs = near_miss_refusal("other_verbs", of="verb", again=("verb-case", "verb-longer", "verb-as-segment"))


@verifies("routing.verb-is-exact")
def test_another_verb_is_not_cancel(last_look: LastLook, other_verbs: Refusal) -> None:
    other_verbs.require_no_effect(*other_verbs.accepted())


@verifies("routing.verb-is-exact")
def test_verb_in_the_query_is_no_verb(last_look: LastLook, verb_in_the_query: Refusal) -> None:
    """A pattern that is compared with the whole target finds it there."""
    verb_in_the_query.require_no_effect(*verb_in_the_query.accepted())


more_or_fewer_segments = near_miss_refusal("more_or_fewer_segments", of="segments")


@verifies("routing.segment-count-is-exact")
def test_more_or_fewer_segments_do_not_match(last_look: LastLook, more_or_fewer_segments: Refusal) -> None:
    more_or_fewer_segments.require_no_match()


other_literals = near_miss_refusal("other_literals", of="literals")


@verifies("routing.literals-are-exact")
def test_literals_match_exactly(last_look: LastLook, other_literals: Refusal) -> None:
    other_literals.require_no_match()


trailing_slashes = near_miss_refusal("trailing_slashes", of="trailing-slash")


@verifies("routing.trailing-slash-is-another-path")
def test_trailing_slash_is_another_path(last_look: LastLook, trailing_slashes: Refusal) -> None:
    trailing_slashes.require_no_match()


empty_segments = near_miss_refusal("empty_segments", of="empty-segment")


@verifies("routing.empty-segment-names-nothing")
def test_empty_segment_names_nothing(last_look: LastLook, empty_segments: Refusal) -> None:
    empty_segments.require_no_match()


encoded_slashes = near_miss_refusal("encoded_slashes", of="encoded-slash")


@verifies("routing.encoded-slash-is-data")
def test_encoded_slash_separates_nothing(last_look: LastLook, encoded_slashes: Refusal) -> None:
    encoded_slashes.require_no_effect(*encoded_slashes.accepted())


doubled_verbs = near_miss_refusal("doubled_verbs", of="doubled-verb")


@verifies("routing.last-colon-separates-the-verb")
def test_doubled_verb_is_not_the_verb(last_look: LastLook, doubled_verbs: Refusal) -> None:
    """`O:cancel:cancel` may be a cancel of the operation `O:cancel`, which is not `O`."""
    doubled_verbs.require_no_effect()


_LARGER = ("PATCH", "OPTIONS")
"""Only the larger profiles send them: PUT finds nearly the same as the first, and few routers lead to the second."""
_SAYS_POST = "_method=POST&method=POST"
"""A link must not cancel, whatever its query asks for (RFC 9110, section 9.2.1)."""


@refusal
def other_methods(given: Situation) -> list[Outgoing]:
    """Every method on the cancel path but the one that is bound, and a link that asks for it."""
    path = given.iut.contract.path(Method.CANCEL, given.name)
    bodies = {"GET": b"", "PUT": b"{}", "DELETE": b"", "PATCH": b"{}", "HEAD": b"", "OPTIONS": b""}
    if bodies.pop(given.iut.cancel_method, None) is not None:  # one API binds its cancel to GET
        bodies["POST"] = b"{}"
    requests = [
        given.iut.request(
            method,
            path,
            body=body,
            content_type=JSON if body else None,
            headers=CLOSING if method == "HEAD" else (),
            note=f"{method} on the cancel path",
        )
        for method, body in bodies.items()
        if not (given.iut.is_quick and method in _LARGER)
    ]
    if "GET" in bodies:
        requests.append(
            given.iut.request("GET", f"{path}?{_SAYS_POST}", note=f"GET on the cancel path with {_SAYS_POST}")
        )
    return requests


@verifies("routing.only-post-cancels")
def test_no_other_method_cancels(last_look: LastLook, other_methods: Refusal) -> None:
    """The status is free: a GET on this path may be a get of an operation whose id ends in `:cancel`."""
    other_methods.require_no_effect()


@advised_refusal
def lower_case_method(given: Situation) -> list[Outgoing]:
    """The cancel with the name of its method in lower case, which is the name of another one."""
    iut, method = given.iut, given.iut.cancel_method.lower()
    path = iut.contract.path(Method.CANCEL, given.name)
    note = f"{method} on the cancel path"
    return [iut.request(method, path, body=iut.plain_body, content_type=JSON, note=note, may_be_unrouted=True)]


@verifies("routing.method-has-a-case", profile="ci")
def test_method_in_lower_case_does_not_cancel(last_look: LastLook, lower_case_method: Refusal) -> None:
    lower_case_method.require_no_effect(*lower_case_method.accepted())


@advised_refusal
def wildcard_parents(given: Situation) -> list[Outgoing]:
    """The cancel of the id below `-` in place of every parent; none where somebody else may have that id, too."""
    iut, (*parents, identifier) = given.iut, given.name.split("/")
    other = "/".join(["-" if position % 2 else segment for position, segment in enumerate(parents)] + [identifier])
    is_ours = is_drawn(identifier) or bool(iut.nobodys([iut.contract.path(Method.GET, other)], or_of=given.name))
    if not is_ours or not iut.contract.binds(Method.CANCEL, other):
        return []
    return [iut.cancel_request(other, note="cancel of the id below a wildcard for every parent", may_be_unrouted=True)]


@verifies("routing.wildcard-parent", profile="ci")
def test_wildcard_for_every_parent_cancels_nothing(last_look: LastLook, wildcard_parents: Refusal) -> None:
    if not wildcard_parents.sent:
        raise NotTested("another operation may have the id, or the parent has no id that `-` could stand for")
    wildcard_parents.require_no_effect()


@advised_refusal
def malformed_escapes(given: Situation) -> list[Outgoing]:
    head, colon, verb = given.iut.contract.path(Method.CANCEL, given.name).rpartition(":")
    return [posted(given.iut, f"{head}%zz{colon}{verb}", "malformed percent-escape")]


@verifies("routing.malformed-escape-is-refused")
def test_malformed_escape_is_refused(malformed_escapes: Refusal) -> None:
    for exchange in malformed_escapes.sent:
        require(not_a_success(exchange), no_internal_error(exchange))
    require_answers(*malformed_escapes.sent)


MORE_THAN_MUST_BE_READ = 9000
"""Octets of an id: with it a request line is longer than the 8,000 that RFC 9112, section 3, asks servers to read."""


@stimulus
def too_long(iut: Iut, first_cancel: FirstCancel) -> Exchange:
    name = long_name(first_cancel.name, MORE_THAN_MUST_BE_READ)
    return iut.send(posted(iut, iut.contract.path(Method.CANCEL, name), "a target of more than 9,000 octets"))


@verifies("routing.too-long-target-is-refused")
def test_too_long_target_is_refused(too_long: Exchange, unknown_cancels: list[Exchange], refusals: Refusals) -> None:
    """What the server answers to an unknown name of another length says nothing about this one."""
    exchange = too_long
    usual = {unknown.response.status for unknown in unknown_cancels if unknown.response is not None}
    if exchange.response is None or exchange.response.status not in usual:
        require(refusals.wrongly_accepted(exchange), no_internal_error(exchange))
    require_answers(exchange)


@verifies("routing.unreserved-escapes-are-decoded")
def test_escaped_letter_is_the_letter(repeated_forms: RepeatedForms) -> None:
    """The same cancel with one letter of the id percent-encoded finds the same operation."""
    if "escaped-letter" not in repeated_forms:
        raise NotTested("the id of the operation has no character that needs no escape")
    repeated_forms.require_as_good(*(form for form in ("escaped-letter", "all-escaped") if form in repeated_forms))


@verifies("routing.encoded-verb-separator-is-no-server-error", profile="ci")
def test_encoded_verb_separator_is_no_server_error(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_right("encoded-verb-separator", no_internal_error)


@verifies("routing.slash-before-verb-is-another-path")
def test_slash_before_verb_is_another_path(repeated_forms: RepeatedForms) -> None:
    if "slash-before-verb" not in repeated_forms:
        raise NotApplicable("the path template of this contract ends in `**`, which may match an empty segment")
    repeated_forms.require_right("slash-before-verb", never_reached)


@verifies("routing.encoded-separator-is-data")
def test_encoded_slash_is_no_separator(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_right("encoded-separator", never_reached)
    if "encoded-separator-first" in repeated_forms:
        repeated_forms.require_right("encoded-separator-first", never_reached)


@verifies("routing.nothing-follows-the-verb")
def test_escaped_line_end_is_a_part_of_the_verb(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_right("verb-line-end", never_reached)


@verifies("routing.absolute-form-is-accepted")
def test_absolute_form_is_the_same_target(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good("absolute-form")


@verifies("routing.empty-query-is-no-query")
def test_bare_question_mark_changes_nothing(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good("empty-query")
