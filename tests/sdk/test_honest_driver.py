"""The parts of the honest client keep their names and their arguments: drivers of others are made of them."""

from __future__ import annotations

from conformance.judging.verdict import Verdict
from conformance.sdk import honest_driver
from conformance.sdk.honest_driver import Answer, Client, Reply
from conformance.sdk.in_process import driven

from .in_process import judged, named


class _LooksFirst(Client):
    """As a poller's cancel() does: a get, then the cancel."""

    def call(self, method: str, endpoint: str, name: str, timeout: float) -> Reply:
        if method == "cancel":
            super().call("get", endpoint, name, timeout)
        return super().call(method, endpoint, name, timeout)


def test_whoever_has_another_call_has_the_lists_as_before() -> None:
    of_lists = judged(driven(_LooksFirst()), named("list", "list-pages"))["client-operation.listed-are-shown"]
    assert of_lists.verdict is Verdict.PASS


def test_what_is_tried_again_can_be_exchanged() -> None:
    def again(answer: Answer, attempt: int) -> bool:
        return honest_driver.again(answer, attempt) and attempt < 1

    verdicts = judged(driven(Client(again=again)), named("unavailable-once"))
    assert verdicts["client-retry.unavailable-is-repeated"].verdict is Verdict.WARN
