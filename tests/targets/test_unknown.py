"""Names that no operation has: of the shape of one that exists, so that no server may say that they are no names."""

from __future__ import annotations

import random
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.server.target.unknown import is_drawn, unknown_name

PARENT = "projects/p/locations/l/operations"


def unknown_id(like: str, distinction: str = "cancel") -> str:
    parent, _, identifier = unknown_name(f"{PARENT}/{like}", distinction).rpartition("/")
    assert parent == PARENT
    return identifier


@pytest.mark.parametrize(
    ("like", "shape"),
    [
        ("operation-0123456789abcdef0123456789abcdef", r"operation-01234567[0-9a-f]{24}"),
        ("0123456789ABCDEF", r"0123[0-9A-F]{12}"),
        ("4711893820938409283", r"4711893[0-9]{12}"),
        ("17", r"9[0-9]{8}"),
        ("op-17", r"op-9[0-9]{8}"),
        ("job_Abcdefghijkl~", r"job_[A-Z][a-z]{11}~"),
        ("op", r"[a-z]{12}"),
        ("~~", r"~~[0-9]{12}"),
        ("x" * 200, r"x{188}[a-z]{12}"),
    ],
)
def test_an_unknown_id_has_the_shape_of_a_known_one(like: str, shape: str) -> None:
    assert re.fullmatch(shape, unknown_id(like))


@given(st.uuids(version=4).map(str))
def test_an_unknown_uuid_is_a_uuid_and_another(like: str) -> None:
    assert uuid.UUID(unknown_id(like)).version == 4
    assert unknown_id(like) != like


IDS = st.text("abz019-_.~AZ", min_size=1, max_size=30)


@given(IDS, st.sampled_from("abc"), st.sampled_from("abc"))
def test_what_they_are_for_tells_unknown_names_apart(like: str, one: str, two: str) -> None:
    assert (unknown_id(like, one) == unknown_id(like, two)) == (one == two)
    assert unknown_id(like, one) != like


@pytest.mark.parametrize(
    ("identifier", "is_so"),
    [
        ("operation-2afa432ed0d70dbb80faa7dbc63e4f38", True),
        ("7d3f2a10-5c4e-4b8a-9f61-0e2d4c6b8a13", True),
        ("c5085aaa-360c-4e3d-acc3-c99005f23567", True),
        ("C5085AAA-360C-4E3D-ACC3-C99005F23567", True),
        ("job-c5085aaa-360c-4e3d-acc3-c99005f23567", True),
        ("lroc434f94e1b68f4b6fa068", True),
        ("141", False),
        ("000000000141", False),
        ("operation-00000000000141", False),
        ("2026nov26t17h00m01", False),
        ("deadbeefcafe0001", False),
        ("nightly-build", False),
        ("00000000-0000-4000-8000-000000000141", False),
        ("00000000-0000-4000-8000-0000000a1b2c", False),
        ("0000000a1b2c", False),
        ("c5085aaa-360c-1e3d-acc3-c99005f23567", False),
    ],
)
def test_an_id_that_was_drawn_has_no_neighbours(identifier: str, is_so: bool) -> None:
    assert is_drawn(identifier) is is_so


def test_nearly_every_random_uuid_is_seen_to_be_drawn() -> None:
    draw = random.Random(1)
    uuids = [str(uuid.UUID(int=draw.getrandbits(128), version=4)) for _ in range(2000)]
    assert sum(not is_drawn(identifier) for identifier in uuids) <= 10
