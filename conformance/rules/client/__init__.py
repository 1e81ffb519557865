"""Rules and oracles about clients.

The rules are applied to every turn of a run. The oracles are named by the scenarios of `conformance.sdk`, and so are
the functions that make an oracle for one expected answer. The files are by chapter of the client requirements.
"""

from collections.abc import Mapping

from conformance.rules.client import answers, calls, codes, deadlines, operations, requests, retries, waits, wire
from conformance.rules.client.answers import (
    get_is_no_cancel,
    if_answered_last,
    if_coded,
    if_sent,
    is_no_success,
    is_ok,
    keeps_the_code,
    keeps_the_message,
    keeps_the_method,
    keeps_the_status,
    reports,
    sends_its_own_name,
    success_was_answered,
    tells_no_other,
    unless_repeated,
)
from conformance.rules.client.codes import keeps_the_class, tells_the_last_answer
from conformance.rules.client.deadlines import stops_at_its_deadline, unless_given_up
from conformance.rules.client.doubt import kept_by_indulgence, may_be_the_machine, was_held_up
from conformance.rules.client.operations import (
    if_listed,
    if_shown,
    keeps_the_message_of_the_operation,
    shows,
    shows_a_list,
    shows_an_end,
    shows_no_other,
    shows_that_it_has_ended,
)
from conformance.rules.client.requests import (
    credentials_are_in_the_header,
    credentials_stay_with_their_origin,
    is_accepted,
    nothing_is_sent,
    slash_stays_in_its_segment,
)
from conformance.rules.client.retries import attempts_are_limited, is_repeated_until_available
from conformance.rules.client.turn import TurnRule, registered_turn_rules
from conformance.rules.client.waits import (
    ends_with_the_refusal,
    if_looked_often,
    pauses_grow,
    says_that_it_is_over,
    tells_a_cancellation,
    tells_a_failure,
    tells_a_result,
    tells_no_cancellation,
    tells_no_other_end,
    tells_that_time_is_over,
    unless_unreadable,
    waits_for_an_answer_in_time,
)
from conformance.rules.client.wire import INJECTION, LINE_END_AFTER, LINE_END_BEFORE, gets_through

_MODULES_WITH_RULES = (answers, calls, codes, deadlines, operations, requests, retries, waits, wire)


def client_rules() -> Mapping[str, TurnRule]:
    """Every rule about a client by the requirement it speaks for."""
    return registered_turn_rules()


__all__ = [
    "INJECTION",
    "LINE_END_AFTER",
    "LINE_END_BEFORE",
    "attempts_are_limited",
    "client_rules",
    "credentials_are_in_the_header",
    "credentials_stay_with_their_origin",
    "ends_with_the_refusal",
    "get_is_no_cancel",
    "gets_through",
    "if_answered_last",
    "if_coded",
    "if_listed",
    "if_looked_often",
    "if_sent",
    "if_shown",
    "is_accepted",
    "is_no_success",
    "is_ok",
    "is_repeated_until_available",
    "keeps_the_class",
    "keeps_the_code",
    "keeps_the_message",
    "keeps_the_message_of_the_operation",
    "keeps_the_method",
    "keeps_the_status",
    "kept_by_indulgence",
    "may_be_the_machine",
    "nothing_is_sent",
    "pauses_grow",
    "reports",
    "says_that_it_is_over",
    "sends_its_own_name",
    "shows",
    "shows_a_list",
    "shows_an_end",
    "shows_no_other",
    "shows_that_it_has_ended",
    "slash_stays_in_its_segment",
    "stops_at_its_deadline",
    "success_was_answered",
    "tells_a_cancellation",
    "tells_a_failure",
    "tells_a_result",
    "tells_no_cancellation",
    "tells_no_other",
    "tells_no_other_end",
    "tells_that_time_is_over",
    "tells_the_last_answer",
    "unless_given_up",
    "unless_repeated",
    "unless_unreadable",
    "waits_for_an_answer_in_time",
    "was_held_up",
]
