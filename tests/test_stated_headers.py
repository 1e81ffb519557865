"""What a user configures for a header field is what the target wants: values of other clients are no fair request."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.server.options import Options
from conformance.server.run_suite import run_quietly

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
