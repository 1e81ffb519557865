"""Google application default credentials: the extra `google`.

They are looked for, in this order, in the file that GOOGLE_APPLICATION_CREDENTIALS names, in what `gcloud auth
application-default login` left, and at the metadata server; see
https://cloud.google.com/docs/authentication/application-default-credentials. The library finds and renews them; nothing
of a key or a refresh token passes through here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from conformance.errors import UsageError
from conformance.exchange import Header
from conformance.server.target.token import Issued, as_secret

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
PLACEHOLDER = "$(gcloud auth application-default print-access-token)"
_REMEDY = (
    "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a key file that is valid"
)


@dataclass(frozen=True, slots=True)
class GoogleCredentials:
    """Application default credentials, ready to issue access tokens."""

    issue: Callable[[], Issued]
    headers: tuple[Header, ...]
    placeholder: str = PLACEHOLDER


def google_credentials() -> GoogleCredentials:
    """The application default credentials of this machine, with the scope cloud-platform.

    Raises UsageError when the library is not installed or finds no credentials; `issue` raises it when they give no
    token. The texts of the library's errors are not passed on beyond their kind, for a token endpoint may say anything.
    """
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request
    except ImportError as error:
        raise UsageError(
            f'auth.kind = "google" needs the library google-auth, which cannot be imported: {error}',
            "pip install 'lro-conformance[google]'",
        ) from None
    try:
        credentials, _ = google.auth.default(scopes=[SCOPE])
    except (GoogleAuthError, OSError, ValueError) as error:
        raise UsageError(
            f'auth.kind = "google": no usable application default credentials ({type(error).__name__})', _REMEDY
        ) from None

    def issue() -> Issued:
        try:
            credentials.refresh(Request())
        except (GoogleAuthError, OSError, ValueError) as error:
            raise UsageError(
                'auth.kind = "google": the application default credentials give no access token'
                f" ({type(error).__name__})",
                _REMEDY,
            ) from None
        expiry = credentials.expiry  # UTC, without saying so
        left = (expiry.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds() if expiry is not None else None
        return Issued(as_secret(credentials.token, "the library google-auth"), left)

    project = credentials.quota_project_id
    return GoogleCredentials(issue, (("x-goog-user-project", project),) if project else ())
