"""Who may call: bearer tokens and their scopes.

Authorisation is decided before anything else of a routed request is looked at (AIP-211: "Services must check
authorization before validating any request"), so a caller without permission learns nothing, not even what exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.lro.codes import Code
from conformance.server.reference.api_error import DOMAIN, ApiError
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.query import parameters

if TYPE_CHECKING:
    from conformance.server.reference.service import Service


def authorise(service: Service, call: Invocation) -> None:
    """Lets the caller pass, or raises ApiError: UNAUTHENTICATED or PERMISSION_DENIED. Without `auth` all may pass."""
    if service.auth is None:
        return
    token = _credential(call)
    if token is None or token not in service.auth.tokens:
        raise _unauthenticated(call, presented=bool(token))
    if service.auth.scope not in service.auth.tokens[token]:
        raise _denied(call)


def _credential(call: Invocation) -> str | None:
    """The bearer token of the header, else of the system parameter, else None."""
    scheme, _, token = (call.request.header("authorization") or "").strip().partition(" ")
    if scheme:
        return token.strip() if scheme.lower() == "bearer" else None
    for name, value in parameters(call.request, malformed="skipped"):
        if name in ("access_token", "oauth_token"):
            return value
    return None


def _unauthenticated(call: Invocation, *, presented: bool) -> ApiError:
    challenge = f'Bearer realm="{DOMAIN}"'  # RFC 6750, section 3
    kind, reason = "is missing required authentication credential", "CREDENTIALS_MISSING"
    if presented:
        challenge += ', error="invalid_token"'
        kind, reason = "had invalid authentication credentials", "ACCESS_TOKEN_UNKNOWN"
    return ApiError(
        Code.UNAUTHENTICATED,
        f"Request {kind}. Expected OAuth 2 access token.",
        reason=reason,
        metadata={"service": DOMAIN, "method": call.rpc},
        headers=(("WWW-Authenticate", challenge),),
    )


def _denied(call: Invocation) -> ApiError:
    permission = call.binding.permission
    return ApiError(
        Code.PERMISSION_DENIED,
        f"Permission '{permission}' denied on resource '{call.name}' (or it might not exist).",
        reason="IAM_PERMISSION_DENIED",
        domain="iam.googleapis.com",
        metadata={"permission": permission, "resource": call.name},
    )
