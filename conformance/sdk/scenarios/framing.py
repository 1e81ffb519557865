"""Scenarios about how answers come over the wire: the same three answers, framed in the ways of real servers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import (
    if_coded,
    is_ok,
    keeps_the_code,
    keeps_the_message,
    keeps_the_message_of_the_operation,
    shows,
    tells_the_last_answer,
)
from conformance.rules.client.turn import TurnJudge
from conformance.sdk.answers import JSON, Answer, body_answer, coded, framed
from conformance.sdk.framing import (
    CONTINUE,
    EARLY_HINTS,
    Frame,
    after,
    as_http_1_0,
    in_chunks,
    in_segments,
    until_close,
    with_length,
    with_more_headers,
    with_names,
    without_reason,
    without_spaces,
)
from conformance.sdk.scenario import SHOWS_RUNNING, Expectation, Scenario, cancel, get

MESSAGE = 'größe – 日本 😀: "no" \\ way / today'

_READ = "client-answer.framing-is-read"
_PADDING = b" " * 100_000


_LONG = frozenset({"long-answers", "long-gzipped-answers"})
"""Of the long content of an error a client may read the beginning only: the status is known."""

_ABOUT_TEXT = frozenset({"plain-answers", "escaped-answers"})
_TEXT = (
    Expectation("client-operation.message-is-kept", keeps_the_message_of_the_operation, step=1),
    Expectation("client-answer.message-is-kept", keeps_the_message(MESSAGE), step=3),
)


def _text(value: Any, **options: Any) -> bytes:
    return json.dumps(value, **{"ensure_ascii": False, **options}).encode("utf-8")


def _operation(**options: Any) -> bytes:
    error = {"code": int(Code.CANCELLED), "message": MESSAGE}
    return _text({"name": "{operation}", "done": True, "error": error}, **options)


def _error(**options: Any) -> bytes:
    code = Code.NOT_FOUND
    return _text({"error": {"code": code.http_status, "message": MESSAGE, "status": code.name}}, **options)


_BODIES = (_operation(), _error(), b"{}")
_LONG_BODIES = (_PADDING + _operation(), _error() + _PADDING, b"{" + _PADDING + b"}")


def _answers(bodies: tuple[bytes, bytes, bytes], media_type: str = JSON) -> tuple[Answer, ...]:
    """An operation that was cancelled, an error, and the answer to a cancel that is accepted."""
    return tuple(body_answer(status, body, media_type) for status, body in zip((200, 404, 200), bodies, strict=True))


def _scenario(
    name: str,
    summary: str,
    answers: tuple[Answer, ...],
    requirement: str = _READ,
    where: Callable[[TurnJudge], TurnJudge] = lambda judge: judge,
) -> Scenario:
    shown, refused, accepted = answers
    plainly_shown, plainly_refused, plainly_accepted = _answers(_BODIES)
    judges = (shows(State.CANCELLED, Code.CANCELLED), tells_the_last_answer, is_ok)
    return Scenario(
        name=name,
        summary=summary,
        control=SHOWS_RUNNING,
        steps=(
            get(plainly_shown),
            get(shown),
            cancel(plainly_refused),
            cancel(refused),
            cancel(plainly_accepted),
            cancel(accepted),
        ),
        expectations=(
            *(
                Expectation(requirement, where(judge), step, beside=(step - 1, judge))
                for judge, step in zip(judges, (1, 3, 5), strict=True)
            ),
            *(_TEXT if name in _ABOUT_TEXT else ()),
            *((_code_of_the_error(requirement, where),) if name not in _LONG else ()),
        ),
    )


def _code_of_the_error(requirement: str, where: Callable[[TurnJudge], TurnJudge]) -> Expectation:
    """Who reads the content of a plain error, and so its code, reads that of one that comes otherwise."""
    judge = keeps_the_code(Code.NOT_FOUND)
    return Expectation(requirement, where(judge), 3, beside=(2, judge))


def _framed(name: str, summary: str, frame: Frame) -> Scenario:
    return _scenario(name, summary, tuple(framed(answer, frame) for answer in _answers(_BODIES)))


SCENARIOS = (
    _framed("plain-answers", "Answers have text beyond ASCII, as it is.", with_length),
    _framed("chunked-answers", "Answers come in chunks of seven bytes.", in_chunks(7)),
    _framed(
        "chunks-of-sixteen", "Answers come in chunks of sixteen bytes: 10, for sizes are hexadecimal.", in_chunks(16)
    ),
    _framed(
        "chunked-in-capitals", "Answers come in chunks; the coding is spelt Chunked.", in_chunks(7, coding="Chunked")
    ),
    _framed(
        "chunk-extensions",
        "Answers come in one chunk, with an extension and with trailers.",
        in_chunks(1_000_000, ';mark="a;b"', ("X-Checksum", "1f2e"), ("Expires", "0")),
    ),
    _framed("answers-until-close", "Answers have no length: they end where the connection does.", until_close),
    _framed("answers-of-http-1-0", "Answers come from a server of HTTP/1.0.", as_http_1_0),
    _framed("interim-answer", "A 100 comes before each answer, although nobody asked for it.", after(CONTINUE)),
    _framed("early-hints", "A 103 comes before each answer, and another one.", after(*[EARLY_HINTS] * 2)),
    _framed("no-reason-phrase", "Answers have no reason phrase.", without_reason),
    _framed("lower-case-fields", "The names of header fields are in lower case.", with_names(str.lower)),
    _framed("upper-case-fields", "The names of header fields are in upper case.", with_names(str.upper)),
    _framed(
        "no-space-before-values",
        "No space is between a header field's name and value.",
        without_spaces,
    ),
    _framed("answers-in-segments", "Answers come in pieces, as slow networks cut them.", in_segments),
    _framed("long-head", "Answers have a hundred header fields more.", with_more_headers(90)),
    _scenario(
        "long-answers",
        "Answers are longer than any buffer, with white space that says nothing.",
        _answers(_LONG_BODIES),
    ),
    _scenario(
        "indented-answers",
        "Answers are indented, and end in a line end, as Google's do.",
        _answers((_operation(indent=2) + b"\n", _error(indent=2) + b"\n", b"{}\n")),
    ),
    _scenario(
        "escaped-answers",
        "Text beyond ASCII is escaped in JSON, and beyond the BMP with surrogates.",
        _answers((_operation(ensure_ascii=True), _error(ensure_ascii=True), b"{}")),
    ),
    _scenario(
        "answers-without-charset",
        "The media type of the answers has no charset and is in upper case.",
        _answers(_BODIES, "APPLICATION/JSON"),
    ),
    _scenario(
        "gzipped-answers",
        "Answers are in gzip for who says that they may be, as those of Google are.",
        tuple(coded(answer) for answer in _answers(_BODIES)),
        "client-answer.coding-is-undone",
        if_coded,
    ),
    _scenario(
        "long-gzipped-answers",
        "Answers are in gzip for who says that they may be, and a hundred times as long when that is undone.",
        tuple(coded(answer) for answer in _answers(_LONG_BODIES)),
        "client-answer.coding-is-undone",
        if_coded,
    ),
    _scenario(
        "gzip-in-capitals",
        "Answers are in gzip for who says that they may be; the coding is spelt GZIP.",
        tuple(coded(answer, "GZIP") for answer in _answers(_BODIES)),
        "client-answer.coding-is-undone",
        if_coded,
    ),
    _scenario(
        "gzipped-chunks",
        "Answers are in gzip for who says that they may be, and come in chunks of seven bytes.",
        tuple(framed(coded(answer), in_chunks(7)) for answer in _answers(_BODIES)),
        "client-answer.coding-is-undone",
        if_coded,
    ),
)
