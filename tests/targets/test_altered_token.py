"""A token with something after it: what a server that compares beginnings takes for the right one."""

from __future__ import annotations

from conformance.secrets.secret import Secret
from conformance.server.target.credentials import ALTERED, Credential, Credentials
from conformance.server.target.token import FixedToken, scheme_of


def test_an_altered_token_begins_like_the_configured_one_and_is_recorded_as_such() -> None:
    credentials = Credentials(main=FixedToken(Secret("s3cret"), "$IUT_TOKEN"))
    altered = credentials.token(Credential.ALTERED)
    assert altered is not None
    assert altered.current().reveal() == "s3cret-x"
    assert altered.placeholder == "$IUT_TOKEN-x"
    assert altered.after_refusal(altered.current()) is None


def test_each_alteration_is_another_token_or_another_scheme() -> None:
    credentials = Credentials(main=FixedToken(Secret("s3cret=="), "$IUT_TOKEN"))
    sent = {each: credentials.token(each) for each in ALTERED}
    said = {each: (scheme_of(token), token.current().reveal()) for each, token in sent.items() if token is not None}
    assert said == {
        Credential.ALTERED: ("Bearer", "s3cret==-x"),
        Credential.SHORTENED: ("Bearer", "s3cre"),
        Credential.OTHER_CASE: ("Bearer", "S3CRET=="),
        Credential.AS_BASIC: ("Basic", "s3cret=="),
    }


def test_a_number_has_no_letters_in_another_case() -> None:
    credentials = Credentials(main=FixedToken(Secret("0123456789abcdef"), "$IUT_TOKEN"))
    assert credentials.token(Credential.OTHER_CASE) is None


def test_without_a_configured_token_there_is_none_to_alter() -> None:
    assert Credentials().token(Credential.ALTERED) is None
