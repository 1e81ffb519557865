"""Oracles: pure functions from recorded traffic to "kept" or a complaint about one requirement."""

from conformance.rules.rule import Complaint, ExchangeRule, HistoryRule, Rule, TrafficRule, in_short

__all__ = ["Complaint", "ExchangeRule", "HistoryRule", "Rule", "TrafficRule", "in_short"]
