"""Cases for the rules about successful answers, about 405, and about being answered at all."""

from __future__ import annotations

import base64

from conformance.exchange import Failure, FailureKind
from tests.rules.cases import Cases
from tests.rules.traffic import (
    DONE_ALREADY,
    ENVOY_TEXT,
    NOT_FOUND,
    OPERATION,
    PERMISSION_DENIED,
    UNAVAILABLE,
    UNIMPLEMENTED,
    envelope,
    running,
)

_TOKEN = "ya30.Qx7Lk2PzWv9TgB4m"
_RESET = Failure(FailureKind.RESET)

_CHUNKED = (("Transfer-Encoding", "chunked"),)
_SIZED = (("Content-Length", "2"),)
_CANCEL = f"/v1/{OPERATION}:cancel"

CASES = {
    "response.old-http-has-no-chunks": Cases(
        kept={"with a length": lambda t: t.send("POST", f"/v1/{OPERATION}:cancel", {}, version="1.0")},
        violated={
            "in chunks": lambda t: t.send("POST", f"/v1/{OPERATION}:cancel", {}, headers=_CHUNKED, version="1.0"),
        },
        silent={
            "in HTTP/1.1": lambda t: t.send("POST", f"/v1/{OPERATION}:cancel", {}, headers=_CHUNKED),
            "no answer": lambda t: t.send("POST", f"/v1/{OPERATION}:cancel", _RESET, version="1.0"),
        },
    ),
    "response.has-one-length": Cases(
        kept={
            "a length": lambda t: t.send("POST", _CANCEL, {}, headers=_SIZED),
            "chunks": lambda t: t.send("POST", _CANCEL, {}, headers=_CHUNKED),
        },
        violated={"both": lambda t: t.send("POST", _CANCEL, {}, headers=(*_CHUNKED, *_SIZED))},
        silent={"no answer": lambda t: t.send("POST", _CANCEL, _RESET)},
    ),
    "response.head-has-no-content": Cases(
        kept={"none": lambda t: t.send("HEAD", f"/v1/{OPERATION}:cancel", b"", 405)},
        violated={"an error": lambda t: t.send("HEAD", f"/v1/{OPERATION}:cancel", NOT_FOUND, 404)},
        silent={
            "a get": lambda t: t.get(running()),
            "no answer": lambda t: t.send("HEAD", f"/v1/{OPERATION}:cancel", _RESET),
        },
    ),
    "response.status-is-200": Cases(
        kept={"200": lambda t: t.cancel()},
        violated={
            "204, as old services answer": lambda t: t.cancel(status=204),
            "202, since a cancel is asynchronous": lambda t: t.cancel(status=202, answer={}),
        },
        silent={
            "a refusal": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "retry later": lambda t: t.cancel(status=503, answer=UNAVAILABLE),
            "no answer": lambda t: t.cancel(answer=Failure(FailureKind.TIMEOUT)),
            "a get": lambda t: t.get(running(), 203),
            "a POST that is no cancel": lambda t: t.send("POST", f"/v1/{OPERATION}:Cancel", {}, 202),
        },
    ),
    "response.empty-object": Cases(
        kept={
            "{}": lambda t: t.cancel(),
            "{} with white space around it": lambda t: t.cancel(answer=b" {\n}\n"),
        },
        violated={
            "nothing, the wording until 2024": lambda t: t.cancel(answer=b""),
            "null": lambda t: t.cancel(answer=b"null"),
            "an array": lambda t: t.cancel(answer=[]),
            "an operation": lambda t: t.cancel(answer=running()),
            "a page": lambda t: t.cancel(answer=b"<html>ok</html>", content_type="text/html"),
            "two objects": lambda t: t.cancel(answer=b"{}{}"),
            "bytes that are no UTF-8": lambda t: t.cancel(answer=b"{}\xff"),
            "a nesting without end": lambda t: t.cancel(answer=b"[" * 100_000),
        },
        silent={
            "204, which cannot carry a body": lambda t: t.cancel(status=204),
            "a refusal": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "a delete": lambda t: t.delete(answer=b""),
        },
    ),
    "response.json-content-type": Cases(
        kept={
            "with charset": lambda t: t.cancel(content_type="application/json; charset=UTF-8"),
            "without": lambda t: t.cancel(content_type="application/json"),
            "in capitals": lambda t: t.cancel(content_type="Application/JSON;charset=utf-8"),
        },
        violated={
            "text": lambda t: t.cancel(content_type="text/plain"),
            "something like JSON": lambda t: t.cancel(content_type="application/json-seq"),
            "an empty label": lambda t: t.cancel(content_type=""),
        },
        silent={
            "no label": lambda t: t.cancel(content_type=None),
            "no body": lambda t: t.cancel(status=204),
            "an error in plain text": lambda t: t.cancel(status=503, answer=ENVOY_TEXT, content_type="text/plain"),
        },
    ),
    "response.content-type-is-present": Cases(
        kept={
            "JSON": lambda t: t.cancel(),
            "another label, which is another requirement's business": lambda t: t.cancel(content_type="text/plain"),
        },
        violated={"none": lambda t: t.cancel(content_type=None)},
        silent={
            "no body": lambda t: t.cancel(answer=b""),
            "a refusal": lambda t: t.cancel(status=404, answer=NOT_FOUND, content_type=None),
        },
    ),
    "response.grpc-status-agrees": Cases(
        kept={
            "no grpc-status": lambda t: t.cancel(),
            "Envoy's 0": lambda t: t.cancel(headers=(("grpc-status", "0"),)),
            "on a get": lambda t: t.get(running()),
        },
        violated={
            "an error dressed as success": lambda t: t.cancel(headers=(("Grpc-Status", "5"),)),
            "on any path": lambda t: t.send("GET", f"/v1/{OPERATION}:cancel", {}, headers=(("grpc-status", "12"),)),
            "something else": lambda t: t.cancel(headers=(("grpc-status", "zero"),)),
        },
        silent={
            "an error with its code": lambda t: t.cancel(status=404, answer=NOT_FOUND, headers=(("grpc-status", "5"),)),
            "no answer": lambda t: t.cancel(answer=Failure(FailureKind.RESET)),
        },
    ),
    "delete.empty-object": Cases(
        kept={"{}": lambda t: t.delete()},
        violated={
            "nothing": lambda t: t.delete(answer=b""),
            "the operation that was": lambda t: t.delete(answer=running()),
        },
        silent={
            "not found": lambda t: t.delete(status=404, answer=NOT_FOUND),
            "204": lambda t: t.delete(status=204),
            "a cancel": lambda t: t.cancel(answer=b""),
        },
    ),
    "routing.method-not-allowed-names-methods": Cases(
        kept={
            "Allow: POST": lambda t: t.send("GET", f"/v1/{OPERATION}:cancel", status=405, headers=(("allow", "POST"),)),
        },
        violated={
            "no Allow, as ESPv2 answers": lambda t: t.send("PUT", f"/v1/{OPERATION}:cancel", status=405),
            "the method that was refused": lambda t: t.send(
                "PUT", f"/v1/{OPERATION}:cancel", status=405, headers=(("Allow", "POST, PUT"),)
            ),
            "the method that was refused, in a line of its own": lambda t: t.send(
                "PUT", f"/v1/{OPERATION}:cancel", status=405, headers=(("Allow", "POST"), ("Allow", "PUT"))
            ),
        },
        silent={
            "404 needs none": lambda t: t.send("GET", f"/v1/{OPERATION}:cancel", status=404),
            "no answer": lambda t: t.send("GET", f"/v1/{OPERATION}:cancel", Failure(FailureKind.MALFORMED)),
        },
    ),
    "unimplemented.as-stated": Cases(
        kept={
            "accepted": lambda t: t.cancel(),
            "refused for another reason": lambda t: t.cancel(status=400, answer=DONE_ALREADY),
        },
        violated={
            "501": lambda t: t.cancel(status=501, answer=UNIMPLEMENTED),
            "501 by a router": lambda t: t.cancel(status=501),
        },
        silent={
            "no answer": lambda t: t.cancel(answer=Failure(FailureKind.TIMEOUT)),
            "not found": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "not for who asks": lambda t: t.cancel(status=403, answer=PERMISSION_DENIED),
            "a path that routers read differently": lambda t: t.cancel(query="?alt=json", status=501),
            "a body whose length nobody told": lambda t: t.cancel(sends=b"", status=501, has_length=False),
            "a coding that the server has not": lambda t: t.cancel(asks=(("Content-Encoding", "gzip"),), status=501),
            "a suffix that is no cancel": lambda t: t.send("POST", f"/v1/{OPERATION}:frobnicate", status=501),
            "a get": lambda t: t.get(UNIMPLEMENTED, 501),
        },
    ),
    "liveness.every-request-is-answered": Cases(
        kept={
            "a success": lambda t: t.cancel(),
            "an error is an answer too": lambda t: t.cancel(status=500),
        },
        violated={kind.value: lambda t, kind=kind: t.cancel(answer=Failure(kind, "in detail")) for kind in FailureKind}
        | {"a target that is too long to be read": lambda t: t.send("GET", f"/v1/{'a' * 9000}", _RESET)},
        silent={
            "nothing was asked": lambda t: t,
            "a start, which is never sent twice": lambda t: t.send("POST", "/v1/jobs", _RESET, note="start"),
            "a request that is not HTTP": lambda t: t.send("POST", "/v1/a%zz:cancel", _RESET),
        },
    ),
    "liveness.bad-request-is-answered": Cases(
        kept={
            "400": lambda t: t.send("POST", "/v1/a%zz:cancel", status=400),
            "a success": lambda t: t.send("POST", "/v1/a%zz:cancel"),
        },
        violated={
            "a malformed escape": lambda t: t.send("POST", "/v1/a%zz:cancel", _RESET),
            "a cut escape": lambda t: t.send("GET", "/v1/a%4", _RESET),
            "a character that no path has": lambda t: t.send("GET", "/v1/a|b", _RESET),
        },
        silent={
            "every character that a path may have": lambda t: t.send("GET", "/a-._~!$&'()*+,;=:@%20//?a=/?", _RESET),
        },
    ),
    "auth.challenge-is-sent": Cases(
        kept={
            "a challenge": lambda t: t.cancel(status=401, headers=(("WWW-Authenticate", 'Bearer realm="x"'),)),
        },
        violated={
            "none": lambda t: t.cancel(status=401),
            "an empty one": lambda t: t.cancel(status=401, headers=(("WWW-Authenticate", ""),)),
        },
        silent={"403": lambda t: t.cancel(status=403), "a success": lambda t: t.cancel()},
    ),
    "auth.credentials-are-not-repeated": Cases(
        kept={
            "a refusal": lambda t: t.cancel(status=404, answer=NOT_FOUND, credential=_TOKEN),
            "a piece that may be an accident": lambda t: t.cancel(answer={"a": _TOKEN[:9]}, credential=_TOKEN),
            "a short word": lambda t: t.cancel(answer={"project": "demo"}, credential="demo"),
        },
        violated={
            "in a text": lambda t: t.cancel(status=404, answer=envelope(404, _TOKEN), credential=_TOKEN),
            "in another case": lambda t: t.cancel(answer={"a": _TOKEN.swapcase()}, credential=_TOKEN),
            "in hexadecimal": lambda t: t.cancel(answer={"a": _TOKEN.encode().hex().upper()}, credential=_TOKEN),
            "in base64": lambda t: t.cancel(
                answer={"a": base64.b64encode(f"x Bearer {_TOKEN}".encode()).decode()}, credential=_TOKEN
            ),
            "cut in the middle": lambda t: t.cancel(answer={"a": f"{_TOKEN[:14]}..."}, credential=_TOKEN),
            "a password": lambda t: t.cancel(
                answer={"a": "s0-s3cret"}, credential=base64.b64encode(b"me:s0-s3cret").decode()
            ),
            "in a header": lambda t: t.cancel(headers=(("X-Token", _TOKEN),), credential=_TOKEN),
        },
        silent={"no credentials": lambda t: t.cancel(answer={"a": _TOKEN})},
    ),
}
