"""Messages of Protocol Buffers, read by their wire format.

Any message can be shown field by field, without its descriptor, so that a field that nobody knows is shown, too. The
messages that `google.longrunning.Operations` answers with are read by the table below, as ProtoJSON writes them.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

FieldTable = Mapping[int, tuple[str, str]]
"""The fields of a message by number: the name in ProtoJSON, and the type; `[]` after it says that it is repeated."""

_METADATA: FieldTable = {
    1: ("createTime", "Timestamp"),
    2: ("endTime", "Timestamp"),
    3: ("target", "string"),
    4: ("verb", "string"),
    5: ("statusMessage", "string"),
    6: ("requestedCancellation", "bool"),
    7: ("apiVersion", "string"),
}
_MESSAGES: Mapping[str, FieldTable] = {
    "Empty": {},
    "Operation": {
        1: ("name", "string"),
        2: ("metadata", "Any"),
        3: ("done", "bool"),
        4: ("error", "Status"),
        5: ("response", "Any"),
    },
    "ListOperationsResponse": {1: ("operations", "Operation[]"), 2: ("nextPageToken", "string")},
    "Status": {1: ("code", "int"), 2: ("message", "string"), 3: ("details", "Any[]")},
    "ErrorInfo": {1: ("reason", "string"), 2: ("domain", "string"), 3: ("metadata", "Entry[]")},
    "LocalizedMessage": {1: ("locale", "string"), 2: ("message", "string")},
    "Entry": {1: ("key", "string"), 2: ("value", "string")},
    "OperationMetadata": _METADATA,
}
"""By the last part of their names; that of an Any need only end in it, as AppConnectionOperationMetadata does."""


def fields_of(message: bytes) -> list[tuple[int, Any]]:
    """The fields of a message in their order: number, and value as text, or as hexadecimal where it is not text.

    Bytes that are not a message become one field with the number 0.
    """
    try:
        return [(number, _shown(value)) for number, value in _fields(message)]
    except (IndexError, struct.error):
        return [(0, message.hex())]


def members_of(kind: str, message: bytes) -> dict[str, Any] | None:
    """A message of this kind as ProtoJSON, without fields that are not known; None when it cannot be read."""
    try:
        return _members(_MESSAGES[kind], message)
    except (IndexError, struct.error, TypeError, ValueError, OverflowError, OSError):
        return None


def _members(known: FieldTable, message: bytes) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for number, value in _fields(message):
        name, kind = known.get(number, ("", ""))
        if kind == "Entry[]":
            entry = _members(_MESSAGES["Entry"], value)
            members.setdefault(name, {})[entry.get("key", "")] = entry.get("value", "")
        elif kind.endswith("[]"):
            members.setdefault(name, []).append(_value(kind.removesuffix("[]"), value))
        elif kind:
            members[name] = _value(kind, value)
    return members


def _value(kind: str, value: Any) -> Any:
    if kind == "int":
        return int(value)
    if kind == "bool":
        return bool(value)
    if kind == "string":
        return bytes(value).decode("utf-8")
    if kind == "Timestamp":
        return _timestamp(dict(_fields(value)))
    return _any(value) if kind == "Any" else _members(_MESSAGES[kind], value)


def _timestamp(fields: Mapping[int, int]) -> str:
    """In RFC 3339, with as many digits as there are."""
    seconds = datetime.fromtimestamp(fields.get(1, 0), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{fields.get(2, 0):09}".rstrip("0")
    return f"{seconds}.{fraction}Z" if fraction else f"{seconds}Z"


def _any(message: bytes) -> dict[str, Any]:
    """An Any: with the members of what it holds where that is known, else with its bytes."""
    fields = dict(_fields(message))
    url, held = bytes(fields.get(1, b"")).decode("utf-8"), bytes(fields.get(2, b""))
    named = {"@type": url} if url else {}
    known = next((table for kind, table in _MESSAGES.items() if url.rpartition(".")[2].endswith(kind)), None)
    if known is not None:
        return {**named, **_members(known, held)}
    return {**named, "value": base64.b64encode(held).decode()} if held else named


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field; the value of what has a length is bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value: Any
            value, at = _varint(message, at)
        elif kind == 1:
            value, at = struct.unpack_from("<Q", message, at)[0], at + 8
        elif kind == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise IndexError(length)
            value, at = message[at : at + length], at + length
        elif kind == 5:
            value, at = struct.unpack_from("<I", message, at)[0], at + 4
        else:
            raise IndexError(kind)
        yield number, value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _shown(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
    return text if text.isprintable() else value.hex()
