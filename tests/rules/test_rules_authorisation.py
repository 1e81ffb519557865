"""The oracles about authorisation: refused for the right reason, and telling nothing."""

from __future__ import annotations

import pytest

from conformance.exchange import Exchange, Failure, FailureKind
from conformance.rules import Complaint
from conformance.rules.server.authorisation import (
    answered_alike,
    denied_and_not_hidden,
    is_hidden,
    refused_for_its_credentials,
    refused_for_its_permission,
)
from tests.rules.traffic import (
    ENVOY_TEXT,
    INTERNAL,
    INVALID,
    NOT_FOUND,
    PERMISSION_DENIED,
    TOO_MANY,
    UNAUTHENTICATED,
    UNAVAILABLE,
    Answer,
    Traffic,
    bare,
    envelope,
)

RETRY_LATER: list[tuple[int, Answer]] = [
    (429, TOO_MANY),
    (503, UNAVAILABLE),
    (503, ENVOY_TEXT),
    (0, Failure(FailureKind.TIMEOUT)),
]


def cancel(status: int, answer: Answer = None) -> Exchange:
    return Traffic().cancel(status=status, answer=answer)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (401, UNAUTHENTICATED),
        (403, PERMISSION_DENIED),
        (401, bare(16)),
        (403, bare(7)),
        (401, None),
        (401, b"<html>Unauthorized</html>"),
        (403, b"RBAC: access denied"),
        (401, {"error": "invalid_token"}),
        *RETRY_LATER,
    ],
)
def test_refused_for_its_credentials(status: int, answer: Answer) -> None:
    assert refused_for_its_credentials(cancel(status, answer)) is None


@pytest.mark.parametrize(
    ("status", "answer", "shown"),
    [
        (200, {}, "200"),
        (404, NOT_FOUND, "404 NOT_FOUND"),
        (400, INVALID, "400 INVALID_ARGUMENT"),
        (500, INTERNAL, "500 INTERNAL"),
        (302, None, "302"),
        (401, PERMISSION_DENIED, "401 PERMISSION_DENIED"),
        (403, envelope(403, "NOT_FOUND"), "403 NOT_FOUND"),
    ],
)
def test_not_refused_for_its_credentials(status: int, answer: Answer, shown: str) -> None:
    exchange = cancel(status, answer)
    assert refused_for_its_credentials(exchange) == Complaint(
        f"a request without valid credentials was answered with {shown}", (exchange,)
    )


@pytest.mark.parametrize(
    ("status", "answer"),
    [(403, PERMISSION_DENIED), (403, bare(7)), (403, None), (403, b"RBAC: access denied"), *RETRY_LATER],
)
def test_refused_for_its_permission(status: int, answer: Answer) -> None:
    assert refused_for_its_permission(cancel(status, answer)) is None


@pytest.mark.parametrize(
    ("status", "answer", "shown"),
    [
        (200, {}, "200"),
        (401, UNAUTHENTICATED, "401 UNAUTHENTICATED"),
        (404, NOT_FOUND, "404 NOT_FOUND"),
        (400, INVALID, "400 INVALID_ARGUMENT"),
        (403, envelope(403, "UNAUTHENTICATED"), "403 UNAUTHENTICATED"),
        (500, INTERNAL, "500 INTERNAL"),
    ],
)
def test_not_refused_for_its_permission(status: int, answer: Answer, shown: str) -> None:
    """401 is for a caller who cannot be identified (code.proto); this one can."""
    exchange = cancel(status, answer)
    assert refused_for_its_permission(exchange) == Complaint(
        f"credentials without permission were answered with {shown}", (exchange,)
    )


@pytest.mark.parametrize(
    ("status", "answer"), [(403, PERMISSION_DENIED), (404, NOT_FOUND), (404, bare(5)), (404, None)]
)
def test_what_does_not_exist_may_also_be_not_found(status: int, answer: Answer) -> None:
    """AIP-211 advises it to whoever checks the permission to read the children of the parent."""
    assert refused_for_its_permission(cancel(status, answer), may_be_hidden=True) is None


@pytest.mark.parametrize(("status", "answer"), [(200, {}), (404, PERMISSION_DENIED), (400, INVALID), (401, None)])
def test_what_does_not_exist_is_not_answered_otherwise(status: int, answer: Answer) -> None:
    assert refused_for_its_permission(cancel(status, answer), may_be_hidden=True) is not None


@pytest.mark.parametrize(("status", "answer"), [(404, NOT_FOUND), (404, bare(5)), (404, None)])
def test_what_exists_may_be_hidden_and_is_not_told(status: int, answer: Answer) -> None:
    exchange = cancel(status, answer)
    complaint = denied_and_not_hidden(exchange)
    assert complaint is not None
    assert complaint.exchanges == (exchange,)
    assert is_hidden(exchange)


@pytest.mark.parametrize(("status", "answer"), [(403, PERMISSION_DENIED), (404, PERMISSION_DENIED), (429, TOO_MANY)])
def test_what_is_denied_is_told(status: int, answer: Answer) -> None:
    assert denied_and_not_hidden(cancel(status, answer)) is None


@pytest.mark.parametrize("status", [401, 403, 404])
def test_answered_alike(status: int) -> None:
    assert answered_alike(cancel(status), cancel(status)) is None


@pytest.mark.parametrize(("existing", "unknown"), [(401, 404), (403, 404), (200, 404), (401, 403)])
def test_answers_that_tell_what_exists(existing: int, unknown: int) -> None:
    first, second = cancel(existing), cancel(unknown)
    complaint = answered_alike(first, second)
    assert complaint is not None
    assert complaint.exchanges == (first, second)
    assert str(existing) in complaint.message
    assert str(unknown) in complaint.message


@pytest.mark.parametrize(("status", "answer"), RETRY_LATER)
def test_retry_later_tells_nothing_about_what_exists(status: int, answer: Answer) -> None:
    refused = cancel(401, UNAUTHENTICATED)
    assert answered_alike(cancel(status, answer), refused) is None
    assert answered_alike(refused, cancel(status, answer)) is None
