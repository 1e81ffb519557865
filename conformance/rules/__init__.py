"""Oracles: pure functions from recorded traffic to "kept" or a complaint about one requirement."""

from conformance.rules import errors, lifecycle, liveness, operation, response, routing
from conformance.rules.rule import Complaint, ExchangeRule, HistoryRule, Rule, Violation, in_short, registered_rules

_MODULES_WITH_RULES = (errors, lifecycle, liveness, operation, response, routing)


def all_rules() -> dict[str, Rule]:
    """Every rule by the requirement it speaks for."""
    return registered_rules()


__all__ = ["Complaint", "ExchangeRule", "HistoryRule", "Rule", "Violation", "all_rules", "in_short"]
