"""Errors as the service answers them: a canonical code, a message, and the details that AIP-193 wants.

They are not errors of this program. A step raises one, and `Service.render_error` makes the answer of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.exchange import Failure, Header
from conformance.lro.codes import Code

DOMAIN = "beyondcorp.googleapis.com"


class ApiError(Exception):
    """The answer is an error. Cause: see `reason`. Remedy: the caller's, by the code.

    `metadata` repeats whatever is variable in the message (AIP-193). `violations` are pairs of a field and what is
    wrong with it. `http_status` is that of the code, unless the answer has a status that no code maps to. An error is
    `routed` unless the request matched no binding.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        reason: str,
        metadata: Mapping[str, str] | None = None,
        domain: str = DOMAIN,
        violations: tuple[tuple[str, str], ...] = (),
        headers: tuple[Header, ...] = (),
        http_status: int | None = None,
        routed: bool = True,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.domain = domain
        self.violations = violations
        self.headers = headers
        self.http_status = code.http_status if http_status is None else http_status
        self.routed = routed


class NoAnswer(Exception):
    """There is no answer at all. Raised by faults; the transport does to the connection what `failure` says."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind.value)
        self.failure = failure


def invalid_argument(problem: str, *, reason: str, field: str = "") -> ApiError:
    """INVALID_ARGUMENT: the request itself is wrong, whatever the state of the system; `field` is to blame."""
    return ApiError(
        Code.INVALID_ARGUMENT,
        problem,
        reason=reason,
        metadata={"field": field} if field else {},
        violations=((field, problem),) if field else (),
    )


def not_found(name: str) -> ApiError:
    """NOT_FOUND, for a caller who may know that. The message has the name as it was sent (AIP-2510)."""
    return ApiError(
        Code.NOT_FOUND,
        f"Operation '{name}' was not found.",
        reason="OPERATION_NOT_FOUND",
        metadata={"resource": name},
    )


def unimplemented(rpc: str, resource: str) -> ApiError:
    """UNIMPLEMENTED, with the words that are on record for Google's servers."""
    return ApiError(
        Code.UNIMPLEMENTED,
        "Operation is not implemented, or supported, or enabled.",
        reason="METHOD_NOT_SUPPORTED",
        metadata={"method": f"google.longrunning.Operations.{rpc}", "resource": resource},
    )
