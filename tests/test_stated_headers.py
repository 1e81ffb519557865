"""What a user configures for a header field is what the target wants: values of other clients are no fair request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.errors import NotTested
from conformance.exchange import Header
from conformance.server.options import Options
from conformance.server.run_suite import run_quietly
from conformance.server.target.configuration import Configuration, IutSection
from conformance.suite.request_ids import cancel_with_id_of_another

REQUIREMENT = "query.client-headers-are-accepted"


@pytest.mark.parametrize(
    ("configured", "verdict"), [("", "fail"), ('headers = {X-Goog-Api-Client = "rest/1.0 gapic/1.0"}', "pass")]
)
def test_a_field_that_is_configured_has_no_other_values(tmp_path: Path, configured: str, verdict: str) -> None:
    configuration = tmp_path / "conformance.toml"
    configuration.write_text(f"[iut]\n{configured}\n", encoding="utf-8")
    options = Options(config=str(configuration), profile="ci", fault="api-client-is-split-into-pairs")
    report = run_quietly(options, ["-k", "test_headers_of_official_clients"])
    assert next(entry["verdict"] for entry in report["requirements"] if entry["id"] == REQUIREMENT) == verdict


class Sent:
    """An implementation of which only the configuration matters, and the header fields of the cancels."""

    def __init__(self, configured: IutSection) -> None:
        self.configuration = Configuration(iut=configured)
        self.fields: list[list[str]] = []

    def cancel(self, _: str, *, headers: list[Header], **_note: str) -> None:
        self.fields.append([field for field, _ in headers])


@pytest.mark.parametrize(
    ("configured", "fields"),
    [
        (IutSection(), ["X-Request-Id", "Idempotency-Key"]),
        (IutSection(request_id_header="x-request-id"), ["Idempotency-Key"]),
        (IutSection(headers={"Idempotency-Key": "one"}), ["X-Request-Id"]),
    ],
)
def test_a_field_that_has_the_id_of_each_request_occurs_once(configured: IutSection, fields: list[str]) -> None:
    sent: Any = Sent(configured)
    cancel_with_id_of_another(sent, "one", "another")
    assert sent.fields == [fields, fields]


def test_where_no_field_is_left_nothing_is_tested() -> None:
    sent: Any = Sent(IutSection(request_id_header="X-Request-Id", headers={"idempotency-key": "one"}))
    with pytest.raises(NotTested, match="every header field"):
        cancel_with_id_of_another(sent, "one", "another")
