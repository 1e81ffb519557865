"""What is kept has an exchange that shows it: of its own check, or of the rule that judges all traffic."""

from __future__ import annotations

from dataclasses import replace

from conformance.judging.deciding import deciding_exchanges
from conformance.judging.traffic import traffic_check_of
from conformance.judging.verdict import Finding, judge
from tests.reports.making import requirement, result
from tests.rules.traffic import Traffic, running

RULE = "response.status-is-200"


def test_a_check_was_decided_by_the_last_thing_it_did() -> None:
    traffic = Traffic()
    cancelled = replace(traffic.cancel(), check="test_x")
    looked = replace(traffic.get(running()), check="test_x")
    other = replace(traffic.cancel(), check="test_y")
    kept = [judge(requirement(), [result(Finding.KEPT)], None)]
    assert deciding_exchanges(kept, [[cancelled, looked, other]]) == {"chapter.slug": (cancelled,)}
    assert deciding_exchanges(kept, [[looked]]) == {"chapter.slug": (looked,)}
    assert deciding_exchanges(kept, [[other]]) == {}


def test_a_check_that_sent_nothing_was_decided_by_the_first_of_its_stimuli_that_did() -> None:
    traffic = Traffic()
    cancelled = replace(traffic.cancel(), check="stories")
    other = replace(traffic.cancel(), check="refusals")
    found = replace(result(Finding.KEPT), stimuli=("cancel_works", "stories", "refusals"))
    kept = [judge(requirement(), [found], None)]
    assert deciding_exchanges(kept, [[cancelled, other]]) == {"chapter.slug": (cancelled,)}


def test_a_rule_was_decided_by_the_last_exchange_it_speaks_about() -> None:
    traffic = Traffic()
    traffic.cancel()
    last = traffic.cancel()
    traffic.get(running())
    told = judge(requirement(name=RULE), [replace(result(Finding.KEPT, name=RULE), check=traffic_check_of(RULE))], None)
    assert deciding_exchanges([told], [traffic.exchanges, []]) == {RULE: (last,)}


def test_only_what_is_kept_was_decided() -> None:
    traffic = Traffic()
    violated = [judge(requirement(), [result(Finding.VIOLATED, "so")], None)]
    assert deciding_exchanges(violated, [[replace(traffic.cancel(), check="test_x")]]) == {}
