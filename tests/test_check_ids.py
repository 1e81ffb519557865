"""Baselines name checks by their ids, so a check keeps its id."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.judging.traffic import traffic_check_of

SUITE = Path(__file__).parent.parent / "conformance" / "suite"

RELEASED = (
    "test_auth.py::test_authorisation_comes_before_validation",
    "test_auth.py::test_credentials_are_required",
    "test_auth.py::test_invalid_credentials_are_refused",
    "test_auth.py::test_missing_permission_is_denied_whatever_exists",
    "test_auth.py::test_unauthorised_caller_does_not_learn_what_exists",
    "test_auth.py::test_unauthorised_cancel_changes_nothing",
    "test_body.py::test_charset_is_accepted",
    "test_body.py::test_chunked_body_is_accepted",
    "test_body.py::test_empty_object_is_accepted",
    "test_body.py::test_empty_object_is_accepted_however_it_is_written",
    "test_body.py::test_json_that_is_no_object_is_refused",
    "test_body.py::test_malformed_json_is_refused",
    "test_body.py::test_missing_length_is_answered",
    "test_body.py::test_no_body_is_accepted",
    "test_body.py::test_no_body_labelled_json_is_accepted",
    "test_body.py::test_redundant_name_is_accepted",
    "test_body.py::test_refused_cancel_changes_nothing",
    "test_body.py::test_unknown_field_is_ignored_or_refused",
    "test_delete.py::test_delete_is_answered_and_looked_after",
    "test_delete.py::test_delete_leaves_other_operations_alone",
    "test_drawn.py::test_drawn_body_never_redirects",
    "test_drawn.py::test_drawn_name_is_not_found",
    "test_drawn.py::test_drawn_near_miss_is_not_cancel",
    "test_drawn.py::test_drawn_query_never_redirects",
    "test_lifecycle.py::test_calls_in_any_order_follow_the_model",
    "test_list.py::test_list_is_answered",
    "test_operation.py::test_fresh_operation_can_be_got",
    "test_outcome.py::test_cancelled_operation_is_still_listed",
    "test_outcome.py::test_guaranteed_cancel_ends_the_operation",
    "test_outcome.py::test_guaranteed_cancel_ends_the_operation_in_every_form",
    "test_outcome.py::test_nobody_requested_the_cancellation_of_a_fresh_operation",
    "test_outcome.py::test_operation_that_a_cancel_ended_has_code_1",
    "test_query.py::test_alt_json_is_accepted",
    "test_query.py::test_dollar_alt_is_accepted",
    "test_query.py::test_system_parameters_are_accepted",
    "test_query.py::test_unknown_parameter_is_ignored_or_refused",
    "test_races.py::test_crowd_of_cancels_leaves_a_bystander_alone",
    "test_races.py::test_deletes_have_an_order",
    "test_races.py::test_great_storm_has_an_order",
    "test_races.py::test_overlapping_cancels_and_looks_have_an_order",
    "test_repeat.py::test_cancel_of_a_done_operation_is_answered",
    "test_repeat.py::test_cancel_that_came_second_is_answered",
    "test_repeat.py::test_overlapping_cancels_are_safe",
    "test_repeat.py::test_second_cancel_is_safe",
    "test_routing.py::test_another_verb_is_not_cancel",
    "test_routing.py::test_bare_question_mark_changes_nothing",
    "test_routing.py::test_cancel_reaches_the_method",
    "test_routing.py::test_doubled_verb_is_not_the_verb",
    "test_routing.py::test_empty_segment_names_nothing",
    "test_routing.py::test_encoded_slash_separates_nothing",
    "test_routing.py::test_encoded_verb_separator_is_no_server_error",
    "test_routing.py::test_escaped_letter_is_the_letter",
    "test_routing.py::test_literals_match_exactly",
    "test_routing.py::test_malformed_escape_is_refused",
    "test_routing.py::test_more_or_fewer_segments_do_not_match",
    "test_routing.py::test_no_other_method_cancels",
    "test_routing.py::test_slash_before_verb_is_another_path",
    "test_routing.py::test_trailing_slash_is_another_path",
    "test_schema.py::test_answers_are_as_described",
    "test_target.py::test_body_name_never_redirects_the_cancel",
    "test_target.py::test_cancel_leaves_other_operations_alone",
    "test_target.py::test_query_name_never_redirects_the_cancel",
    "test_target.py::test_routing_header_never_redirects_the_cancel",
    "test_target.py::test_similar_name_is_another_operation",
    "test_target.py::test_wildcard_is_no_operation",
    "test_traffic.py::test_all_traffic_keeps",
    "test_traffic.py::test_guaranteed_cancel_has_ended_what_was_cancelled_in_passing",
    "test_unimplemented.py::test_unsupported_cancel_changes_nothing",
    "test_unimplemented.py::test_unsupported_cancel_is_501_every_time",
    "test_unknown.py::test_cancel_of_a_deleted_operation_is_not_found",
    "test_unknown.py::test_cancel_of_an_unknown_operation_creates_nothing",
    "test_unknown.py::test_cancel_of_an_unknown_operation_is_not_found",
    "test_unknown.py::test_get_of_an_unknown_operation_is_not_found",
)
"""The checks that baselines may name since the first release. If one is renamed, its old id becomes an alias."""

OF_THE_RULES = traffic_check_of("").partition("[")[0]
"""No function any more: results of the rules are reported under this id."""


@pytest.mark.parametrize("check", RELEASED)
def test_a_released_check_keeps_its_id(check: str) -> None:
    file, _, name = check.partition("::")
    assert check == OF_THE_RULES or f"def {name}(" in (SUITE / file).read_text(encoding="utf-8")
