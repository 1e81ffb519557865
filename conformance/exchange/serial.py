"""Exchanges as JSON values, made from the fields of the dataclasses, and back.

A field that is added to `Exchange` is written and read without a change here. Two members are for people: `curl`, a
line that sends the request again, and `what`, the kind of a failure. Credentials are written only for other processes
of the run.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from conformance.exchange.curl import curl_line
from conformance.exchange.exchange import Exchange
from conformance.exchange.grpc import call_as_json, grpcurl_line
from conformance.exchange.message import Failure, Response
from conformance.exchange.view import Method, Wire
from conformance.secrets.secret import Secret

_BASE64 = "_base64"
_NOT_WRITTEN = ("credentials", "wire")
_OUTCOMES = {"response": Response, "failure": Failure}
"""The one field that is either of two: its member is called by which it is."""


def exchange_as_json(exchange: Exchange, reveal: bool = False) -> dict[str, Any]:
    """One exchange as it was sent, its bodies as text where they are UTF-8 and else in base64, with a curl line.

    A call over gRPC has its method, message and status in words besides, and a line of grpcurl in place of curl's.
    Credentials are left out, unless they are to be revealed: to another process of the run, never to a file.
    """
    exchange = exchange.as_sent
    shown = _members(exchange)
    if reveal:
        shown["credentials"] = [secret.reveal() for secret in exchange.credentials]
    shown["curl_context"] = shown.pop("curl")
    if exchange.over is Wire.GRPC:
        shown["curl"] = grpcurl_line(exchange.request, exchange.origin)
        shown["grpc"] = call_as_json(exchange.request, exchange.outcome)
    else:
        shown["curl"] = curl_line(exchange.request, exchange.origin, exchange.curl)
    if isinstance(exchange.outcome, Failure):
        shown["failure"]["what"] = exchange.outcome.kind.value
    return shown


def exchange_from_json(value: Mapping[str, Any]) -> Exchange:
    """The exchange that `exchange_as_json` made the value of. Raises KeyError or ValueError for anything else."""
    try:
        members = {key: member for key, member in value.items() if key not in ("curl", "wire")}
        if "curl_context" in members:
            members["curl"] = members.pop("curl_context")
        exchange = _read(Exchange, members)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"the value of an exchange is damaged: {error}") from error
    assert isinstance(exchange, Exchange)
    return exchange


# --- out ---


def _members(value: Any) -> dict[str, Any]:
    """The fields of a dataclass as members of a JSON object."""
    shown: dict[str, Any] = {}
    for field, _ in _fields(value.__class__):
        member = getattr(value, field.name)
        if field.name == "outcome":
            name = next(name for name, kind in _OUTCOMES.items() if isinstance(member, kind))
            shown[name] = _members(member)
        elif isinstance(member, bytes):
            shown.update(_octets(field.name, member))
        elif field.name not in _NOT_WRITTEN:
            shown[_written(field)] = _shown(member)
    return shown


def _written(field: Field[Any]) -> str:
    """The name of a field in files, which stays when that in the code gets better."""
    return str(field.metadata.get("written", field.name))


def _shown(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value if isinstance(value, Method) else value.name
    if is_dataclass(value):
        return _members(value)
    if isinstance(value, tuple):
        return [_shown(entry) for entry in value]
    return value


def _octets(name: str, octets: bytes) -> dict[str, str]:
    try:
        return {name: octets.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}{_BASE64}": base64.b64encode(octets).decode("ascii")}


# --- in ---


def _read(kind: Any, value: Any) -> Any:
    """The value of a type, read from JSON. Raises KeyError, TypeError or ValueError for what is none."""
    if is_dataclass(kind):
        return _object(kind, value)
    if kind is Secret:
        return Secret(_read(str, value))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value) if kind is Method else kind[value]
    origin = get_origin(kind)
    if origin is tuple:
        return _tuple(get_args(kind), value)
    if origin in (Union, UnionType):
        inner = [one for one in get_args(kind) if one is not NoneType]
        return None if value is None else _read(inner[0], value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r:.40} is no {kind.__name__}")
    return value


def _tuple(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is no list")
    if kinds[-1] is Ellipsis:
        return tuple(_read(kinds[0], entry) for entry in value)
    return tuple(_read(kind, entry) for kind, entry in zip(kinds, value, strict=True))


def _object(kind: Any, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r:.40} is no object")
    known = _fields(kind)
    found: dict[str, Any] = {}
    for field, hint in known:
        if field.name == "outcome":
            name = next((name for name in _OUTCOMES if name in value), "response")
            found["outcome"] = _object(_OUTCOMES[name], value[name])
        elif hint is bytes:
            found[field.name] = _read_octets(field.name, value)
        elif _written(field) in value:
            found[field.name] = _read(hint, value[_written(field)])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise KeyError(field.name)
    return kind(**found)


def _read_octets(name: str, value: Mapping[str, Any]) -> bytes:
    if f"{name}{_BASE64}" in value:
        return base64.b64decode(value[f"{name}{_BASE64}"], validate=True)
    text = value[name]
    if not isinstance(text, str):
        raise TypeError(f"{text!r:.40} is no text")
    return text.encode("utf-8")


@cache
def _fields(kind: Any) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(kind)
    return tuple((field, hints[field.name]) for field in fields(kind))
