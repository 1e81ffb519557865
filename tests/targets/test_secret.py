"""A secret is not seen, wherever it is printed, copied or stored; only `reveal` gives it."""

from __future__ import annotations

import copy
import json
import pickle
import pprint
import traceback
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass

import pytest

from conformance.exchange import Request
from conformance.secrets.secret import Secret
from conformance.server.target.credentials import Credentials
from conformance.server.target.target import Outgoing
from conformance.server.target.token import FixedToken

TEXT = "s3cr3t-t0ken"


@dataclass(frozen=True)
class Holder:
    secret: Secret


SECRET = Secret(TEXT)
WAYS: dict[str, Callable[[], object]] = {
    "str": lambda: str(SECRET),
    "repr": lambda: repr(SECRET),
    "format": lambda: format(SECRET),
    "f-string": lambda: f"{SECRET} {SECRET!r} {SECRET!s} {SECRET!a}",
    "str.format": lambda: "{} {!r}".format(SECRET, SECRET),  # noqa: UP032
    "percent": lambda: "%s %r" % (SECRET, SECRET),  # noqa: UP031
    "a list": lambda: str([SECRET]),
    "a dict": lambda: f"{ {'a': SECRET} }",
    "pprint": lambda: pprint.pformat([SECRET]),
    "a dataclass": lambda: repr(Holder(SECRET)),
    "a dataclass as a dict": lambda: str(asdict(Holder(SECRET))),
    "a dataclass as a tuple": lambda: str(astuple(Holder(SECRET))),
    "a token": lambda: f"{FixedToken(SECRET, '$IUT_TOKEN')!r} {FixedToken(SECRET, '$IUT_TOKEN')}",
    "credentials": lambda: f"{Credentials(FixedToken(SECRET, '$A'), FixedToken(SECRET, '$B'))!r}",
    "a set of them": lambda: str(Credentials(FixedToken(SECRET, "$A")).secrets),
    "a request to be sent": lambda: repr(Outgoing(Request("GET", "/"), FixedToken(SECRET, "$IUT_TOKEN"))),
    "JSON with a default": lambda: json.dumps([SECRET], default=str),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_printing_shows_a_mask(way: Callable[[], object]) -> None:
    shown = str(way())
    assert TEXT not in shown
    assert "[secret]" in shown


def _as_pickle() -> object:
    return pickle.dumps(SECRET)


def _as_pickle_of_a_holder() -> object:
    return pickle.dumps({"token": FixedToken(SECRET, "$IUT_TOKEN")})


STORING: dict[str, Callable[[], object]] = {
    "pickle": _as_pickle,
    "pickle of a holder": _as_pickle_of_a_holder,
    "pickle, old protocol": lambda: pickle.dumps(SECRET, protocol=0),
    "JSON": lambda: json.dumps({"token": SECRET}),
    "vars": lambda: vars(SECRET),
    "bytes": lambda: bytes(SECRET),  # type: ignore[call-overload]
    "a padded f-string": lambda: f"{SECRET:>20}",
    "concatenation": lambda: "Bearer " + SECRET,  # type: ignore[operator]
    "join": lambda: "".join([SECRET]),  # type: ignore[list-item]
    "__getstate__": lambda: SECRET.__getstate__(),
}


@pytest.mark.parametrize("way", STORING.values(), ids=STORING)
def test_storing_is_refused_or_stores_a_mask(way: Callable[[], object]) -> None:
    """A process that hands a secret to another by accident hands over nothing."""
    try:
        stored = way()
    except Exception:
        stored = traceback.format_exc()
    assert TEXT not in str(stored)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_a_copy_is_as_good(copied: Callable[[Secret], Secret]) -> None:
    assert copied(SECRET) == SECRET
    assert TEXT not in repr(copied(SECRET))


def test_an_error_with_a_secret_in_it_does_not_tell() -> None:
    with pytest.raises(ValueError, match=r"\[secret\]") as caught:
        raise ValueError(SECRET)
    assert TEXT not in "".join(traceback.format_exception(caught.value))


def test_only_reveal_gives_the_text() -> None:
    assert SECRET.reveal() == TEXT


def test_secrets_compare_by_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
