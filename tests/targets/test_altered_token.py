"""A token with something after it: what a server that compares beginnings takes for the right one."""

from __future__ import annotations

from conformance.secrets.secret import Secret
from conformance.server.target.credentials import Credential, Credentials
from conformance.server.target.token import FixedToken


def test_an_altered_token_begins_like_the_configured_one_and_is_recorded_as_such() -> None:
    credentials = Credentials(main=FixedToken(Secret("s3cret"), "$IUT_TOKEN"))
    altered = credentials.token(Credential.ALTERED)
    assert altered is not None
    assert altered.current().reveal() == "s3cret-x"
    assert altered.placeholder == "$IUT_TOKEN-x"
    assert altered.after_refusal(altered.current()) is None


def test_without_a_configured_token_there_is_none_to_alter() -> None:
    assert Credentials().token(Credential.ALTERED) is None
