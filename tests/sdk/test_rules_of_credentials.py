"""Rules about the token: it goes with every call, whole, and to nobody else."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from conformance.errors import NotApplicable
from conformance.rules.client import (
    credentials_are_in_the_header,
    credentials_stay_with_their_origin,
)
from conformance.sdk.credentials import TOKEN, carries_token, carries_what_was_the_token, masking_of

from .turns import (
    CANCEL,
    LENGTH_0,
    arrived,
    broken,
    turn,
)


def test_credentials() -> None:
    in_header = credentials_are_in_the_header(lambda text: "secret" in text)
    at_home = credentials_stay_with_their_origin(lambda text: "secret" in text)
    bearer = ("Authorization", "Bearer secret")
    assert in_header(turn(arrived(CANCEL, bearer))) is None
    assert in_header(turn(arrived(CANCEL, bearer, ("x-token", "secret")))) is not None
    assert in_header(turn(arrived(CANCEL + "?access_token=secret"))) is not None
    assert in_header(turn(arrived(CANCEL, bearer, body=b"secret"))) is not None
    with pytest.raises(NotApplicable):
        in_header(turn(arrived(CANCEL)))
    elsewhere = arrived("/moved" + CANCEL, bearer, number=2, origin="http://localhost:2")
    assert at_home(turn(arrived(CANCEL, bearer), elsewhere)) is not None
    assert (
        at_home(turn(arrived(CANCEL, bearer), arrived("/moved" + CANCEL, number=2, origin="http://localhost:2")))
        is None
    )
    with pytest.raises(NotApplicable):
        at_home(turn(arrived(CANCEL)))


def test_a_credential_of_the_drivers_own_stays_at_home_too() -> None:
    at_home = credentials_stay_with_their_origin(lambda text: "secret" in text)
    theirs = ("Authorization", "Basic dGhlaXI6b3du")
    there = arrived("/moved" + CANCEL, theirs, number=2, origin="http://localhost:2")
    assert at_home(turn(arrived(CANCEL, theirs), there)) is not None
    assert at_home(turn(arrived(CANCEL, theirs))) is None


@pytest.mark.parametrize(
    "header",
    [
        ("Cookie", f"session=theirs; token={TOKEN}"),
        ("Authorization", "Basic " + base64.b64encode(f"oauth2:{TOKEN}".encode()).decode()),
        ("Authorization", "Basic " + base64.b64encode(TOKEN.encode()).decode()),
        ("X-Token", "".join(f"%{byte:02X}" for byte in TOKEN.encode())),
        ("X-Token", TOKEN),
    ],
)
def test_our_token_is_known_and_shown_in_every_spelling_and_what_is_theirs_is_masked(header: tuple[str, str]) -> None:
    seen = arrived(CANCEL, header)
    (shown,) = masking_of([seen]).exchange(seen).request.headers[-1:]
    assert carries_token(header[1])
    assert shown[1] == header[1].replace("theirs", "[secret 1]")
    theirs = arrived(CANCEL, ("Authorization", "Basic " + "QUJD" * 20))
    assert masking_of([theirs]).exchange(theirs).request.headers[-1][1] == "Basic [secret 1]"
    assert not carries_token("Basic " + "QUJD" * 20)


def test_a_token_that_is_cut_off_is_still_known() -> None:
    assert carries_what_was_the_token(f"Bearer {TOKEN[:-4]}")
    assert carries_what_was_the_token(f"Bearer {TOKEN}")
    assert not carries_token(f"Bearer {TOKEN[:-4]}")
    assert not carries_what_was_the_token("Bearer lro")
    assert not carries_what_was_the_token("Bearer theirs-and-not-ours")


@pytest.mark.parametrize(
    ("fields", "breaks"),
    [
        ([("Authorization", "Bearer t")], set()),
        ([("authorization", "bearer  t")], set()),
        ([], {"client-request.credentials-are-whole"}),
        ([("Authorization", "Bearer")], {"client-request.credentials-are-whole"}),
        ([("Authorization", "Bearer t"), ("Authorization", "Bearer t")], {"client-request.credentials-are-whole"}),
    ],
)
def test_a_token_that_is_sent_once_is_sent_always(fields: list[tuple[str, str]], breaks: set[str]) -> None:
    sent = turn(arrived(CANCEL, LENGTH_0, *fields))
    assert broken(replace(sent, credential="Bearer t")) == breaks
    assert broken(sent) == set(), "a driver need not use the token"
    elsewhere = replace(sent.arrived[0], origin="http://localhost:2")
    assert "client-request.credentials-are-whole" not in broken(
        replace(sent, arrived=(elsewhere,), credential="Bearer t")
    )


@pytest.mark.parametrize(("again", "is_whole"), [((), False), (("Authorization", f"Bearer {TOKEN}"), True)])
def test_over_grpc_too_every_attempt_has_the_token(again: tuple[str, str], is_whole: bool) -> None:
    """What arrives there has the address of the gate's own server, and not the one that the driver was told."""
    bearer = ("Authorization", f"Bearer {TOKEN}")
    behind = "http://127.0.0.1:2"
    second = arrived(CANCEL, *([again] if again else []), LENGTH_0, number=2, origin=behind)
    told = turn(arrived(CANCEL, bearer, LENGTH_0, origin=behind), second)
    told = replace(told, request=replace(told.request, transport="grpc"), credential=f"Bearer {TOKEN}")
    assert ("client-request.credentials-are-whole" in broken(told)) is not is_whole
