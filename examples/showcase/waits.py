"""Operations of gapic-showcase: Echo.Wait, which is over at a time that the request says."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from typing import Any, Final

HEADERS: Final = {
    "Content-Type": "application/json",
    # Without these two tokens showcase answers 400: it tests generated clients, and those send them.
    "x-goog-api-client": "rest/0.0.0 gapic/0.0.0",
}
TIMEOUT: Final = 10.0
LONGER_THAN_ANY_RUN: Final = "3600s"
LONG_AGO: Final = "2020-01-01T00:00:00Z"

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Waits:
    """Starts Wait operations at a showcase."""

    def __init__(self, url: str) -> None:
        self._url = url

    def answers(self) -> bool | None:
        try:
            self.start_operation(completed=True)
        except (OSError, ValueError, urllib.error.URLError):
            return None
        return True

    def start_operation(self, completed: bool) -> str:
        """Start an operation of a name of its own.

        Showcase remembers nothing: the name *is* the request, in base64. So a fresh operation is a request that was
        never sent before. Base64 may contain `//`, which an HTTP server may clean away; such a name is not used.
        """
        when = {"endTime": LONG_AGO} if completed else {"ttl": LONGER_THAN_ANY_RUN}
        while True:
            name = self._wait({**when, "success": {"content": str(uuid.uuid4())}})
            if "//" not in name:
                return name

    def _wait(self, message: dict[str, Any]) -> str:
        request = urllib.request.Request(
            f"{self._url}/v1beta1/echo:wait", data=json.dumps(message).encode(), headers=HEADERS, method="POST"
        )
        with _direct.open(request, timeout=TIMEOUT) as answer:
            return str(json.load(answer)["name"])
