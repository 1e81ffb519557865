"""An exchange as lines of text, every byte visible: what is not printable is shown as an escape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.exchange import Failure, Header, Request, Response
from conformance.exchange.printable import in_one_line, printable


def request_lines(request: Request, most: int) -> Iterator[str]:
    """The request as it goes out; a secret in it is a placeholder. At most so many characters of the body."""
    yield f"{in_one_line(request.method)} {in_one_line(request.target)} HTTP/{in_one_line(request.version)}"
    yield from _message(request.headers, request.body, most)


def answer_lines(outcome: Response | Failure, most: int) -> Iterator[str]:
    """The response, or why there is none."""
    if isinstance(outcome, Failure):
        yield f"no response: {outcome.kind.value}"
        if outcome.detail:
            yield in_one_line(outcome.detail)
        return
    yield f"{outcome.status} {in_one_line(outcome.reason)}".rstrip()
    yield from _message(outcome.headers, outcome.body, most)


def _message(headers: Iterable[Header], body: bytes, most: int) -> Iterator[str]:
    yield from (f"{in_one_line(name)}: {in_one_line(value)}" for name, value in headers)
    if not body:
        return
    yield ""
    text = body.decode("utf-8", "backslashreplace")
    yield from printable(text[:most]).split("\n")
    if len(text) > most:
        yield f"… {len(text) - most} more characters, in report.json"
