"""What both directions of HAR need: the members of an entry, times, URLs; and whether somebody edited an entry.

An entry of a run has everything twice: in the fields of HAR, and in a member of ours, which is what is read. If the two
disagree, somebody edited one of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeGuard

OURS = "_lro_conformance"
_SCHEMES = ("http://", "https://")
_ROUNDING = 0.002
"""Seconds by which two times in one file may differ because they were rounded."""
_LARGEST = 1e15


def instant(text: object) -> datetime | None:
    """The time that a text in ISO 8601 says, in UTC where it has no zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def member(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A member that is an object; an empty one when it is missing or something else."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def url_of(origin: str, target: str) -> str:
    """The URL of a request-target in origin or absolute form."""
    if target.startswith(_SCHEMES):
        return target
    return f"{origin}{target}" if target.startswith("/") else f"{origin}/{target}"


def origin_of(url: str) -> str:
    """Scheme and authority of a URL, as they are written."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.partition('/')[0]}"


def contradictions(entries: Sequence[Any]) -> Iterator[str]:
    """A sentence about every entry whose fields disagree with our member, which is what is read."""
    offsets = [offset for entry in entries if (offset := _clock_offset(entry)) is not None]
    usual = statistics.median_low(offsets) if offsets else 0.0
    for number, entry in enumerate(entries, 1):
        edited = list(_edited(entry, usual)) if isinstance(entry, dict) else []
        if edited:
            yield (
                f"entry {number}: its {' and '.join(edited)} disagrees with its {OURS}, which was judged: "
                f"somebody edited one of them; without {OURS} the entry is judged as it stands"
            )


def _edited(entry: Mapping[str, Any], usual_offset: float) -> Iterator[str]:
    """The fields of an entry that our member contradicts."""
    ours, url = member(entry, OURS), member(entry, "request").get("url")
    target, sent_at, received_at = ours.get("target"), ours.get("sent_at"), ours.get("received_at")
    if isinstance(target, str) and isinstance(url, str) and url != url_of(origin_of(url), target):
        yield "url"
    offset, took = _clock_offset(entry), entry.get("time")
    if offset is not None and abs(offset - usual_offset) > _ROUNDING:
        yield "startedDateTime"
    if (
        is_number(sent_at)
        and is_number(received_at)
        and is_number(took)
        and abs(received_at - sent_at - took / 1000) > _ROUNDING
    ):
        yield "time"
    if member(ours, "failure") and member(entry, "response").get("status"):
        yield "response"


def _clock_offset(entry: object) -> float | None:
    """By how many seconds our member's clock is behind that of the file; in a file of ours always the same."""
    if not isinstance(entry, dict):
        return None
    started, sent_at = instant(entry.get("startedDateTime")), member(entry, OURS).get("sent_at")
    return started.timestamp() - sent_at if started is not None and is_number(sent_at) else None


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number that can be a time; JSON also has larger numbers, and NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST < value < _LARGEST
