"""Answers that ask for a retry: 429, and 503 with `Retry-After` (RFC 6585, RFC 9110).

They are about load, not about the implementation. The request is repeated when the time has come. If that does not
help, what depends on the request is not tested.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from conformance.errors import RateLimited
from conformance.exchange import Exchange, Response
from conformance.server.target.waits import RETRY_LATER, RETRY_LATER_FIRST, RETRY_LATER_IN_ALL


class Patience:
    """How long a run waits for its requests that were asked to retry later.

    `today` is seconds since 1970, for a `Retry-After` that is a date, where the answer has no `Date` of its own.
    """

    def __init__(self, today: Callable[[], float] = time.time) -> None:
        self._today = today
        self._lock = threading.Lock()
        self._left = RETRY_LATER_IN_ALL

    def pause(self, exchange: Exchange, attempt: int, waited: float, held: float = 0.0) -> float:
        """Seconds to wait before a request is repeated for the `attempt`th time, having `waited` so long before.

        Of these, the run waits `held` seconds anyway: requests that are asked together wait together.

        Raises RateLimited when that would be longer than is waited for one request, or for all of a run.
        """
        response = exchange.response
        assert response is not None, "only an answer asks for a retry"
        asked = seconds_asked(response, self._today)
        pause = RETRY_LATER_FIRST * 2 ** (attempt - 1) if asked is None else asked
        with self._lock:
            longer = max(0.0, pause - held)
            if pause > RETRY_LATER - waited or longer > self._left:
                raise RateLimited(_why(exchange, response, attempt, asked))
            self._left -= longer
        return pause


def seconds_asked(response: Response, today: Callable[[], float]) -> float | None:
    """What `Retry-After` asks for, in seconds from now; None where it is missing or says nothing that can be read."""
    text = (response.header("retry-after") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    until = _moment(text)
    if until is None:
        return None
    sent = _moment(response.header("date") or "")
    return max(0.0, until - (today() if sent is None else sent))


def _moment(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date, or None."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _why(exchange: Exchange, response: Response, attempt: int, asked: float | None) -> str:
    times = "once" if attempt == 1 else f"{attempt} times"
    after = f", the last time with Retry-After: {asked:g} s" if asked is not None else ""
    request = f"{exchange.request.method} {exchange.request.path}"
    return f"rate limited: {request} was answered with {response.status} {times}{after}; lower [limits] rate"
