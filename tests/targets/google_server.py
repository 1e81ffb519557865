"""A token endpoint and a metadata server on 127.0.0.1, as google-auth asks them."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class GoogleServer:
    """Issues access-token-1, access-token-2, …; `asked` has the targets, `assertions` the claims that it was shown."""

    def __init__(self, *, refuses: bool = False, lifetime: int = 3600) -> None:
        self.asked: list[str] = []
        self.assertions: list[dict[str, Any]] = []
        self._refuses = refuses
        self._lifetime = lifetime
        self._issued = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.authority = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> GoogleServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def token(self, form: bytes) -> tuple[int, object]:
        """The answer to a request for a token; a refusal repeats what it was sent, as some do."""
        if self._refuses:
            return 400, {"error": "invalid_grant", "error_description": form.decode()}
        if form:
            claims = parse_qs(form.decode())["assertion"][0].split(".")[1]
            self.assertions.append(json.loads(base64.urlsafe_b64decode(claims + "==")))
        self._issued += 1
        return 200, {
            "access_token": f"access-token-{self._issued}",
            "expires_in": self._lifetime,
            "token_type": "Bearer",
        }

    def metadata(self, target: str) -> tuple[int, object]:
        """The answers of a metadata server."""
        path = urlsplit(target).path.removeprefix("/computeMetadata/v1/")
        if path.endswith("/token"):
            return self.token(b"")
        account = {"aliases": ["default"], "email": "robot@demo.example", "scopes": []}
        known: dict[str, object] = {
            "/": "",
            "project/project-id": "demo",
            "instance/service-accounts/default/": account,
            "universe/universe-domain": "googleapis.com",
            "universe/universe_domain": "googleapis.com",
        }
        return (200, known[path]) if path in known else (404, "")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        google = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._answer(*google.token(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_GET(self) -> None:
                self._answer(*google.metadata(self.path))

            def _answer(self, status: int, value: object) -> None:
                google.asked.append(self.path)
                body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Metadata-Flavor", "Google")
                self.send_header("Content-Type", "text/plain" if isinstance(value, str) else "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *_: object) -> None:
                """Nobody reads it."""

        return Handler
