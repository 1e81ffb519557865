"""Cases for the rules about the form of errors."""

from __future__ import annotations

from conformance.exchange import Failure, FailureKind
from conformance.lro import Code
from tests.rules.cases import Cases, Story
from tests.rules.traffic import (
    ENVOY_TEXT,
    ERROR_INFO,
    GOOGLE_PAGE,
    INTERNAL,
    INVALID,
    NOT_FOUND,
    OPERATION,
    OTHER,
    PARENT,
    UNAVAILABLE,
    UNIMPLEMENTED,
    Traffic,
    bare,
    envelope,
    running,
)

_LOCALIZED = {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "de", "message": "Nein."}
_HELP = {"@type": "type.googleapis.com/google.rpc.Help", "links": []}


def _unrouted(t: Traffic) -> object:
    return t.send("POST", f"/v1/{OPERATION}:frobnicate", GOOGLE_PAGE, 404, content_type="text/html; charset=UTF-8")


def _refused_by_envoy(t: Traffic) -> object:
    return t.cancel(status=503, answer=ENVOY_TEXT, content_type="text/plain")


def _refused_by_http_itself(t: Traffic) -> None:
    for status in (405, 406, 408, 411, 413, 414, 415, 417, 426, 431, 502, 503, 504, 505):
        t.cancel(status=status, answer=b"no", content_type="text/plain")


def _each_code_beside_its_status(t: Traffic) -> None:
    for code in set(Code) - {Code.OK}:
        t.cancel(status=code.http_status, answer=envelope(code.http_status, code.name))


def _not_plainly_bound(t: Traffic) -> object:
    """Routers differ about a query that they do not know, and about an escape."""
    t.cancel(query="?foo=bar", status=415, answer=ENVOY_TEXT, content_type="text/plain")
    t.cancel(query="?foo=bar", status=404, answer=GOOGLE_PAGE, content_type="text/html")
    t.cancel(name=f"{OPERATION}~0", may_be_unrouted=True, status=404, answer=GOOGLE_PAGE, content_type="text/html")
    t.list(status=404, answer={"detail": "Not Found"})
    return t.cancel(name=f"{OPERATION}%zz", status=404, answer=GOOGLE_PAGE, content_type="text/html")


def _error(code: int, status: str, message: str = "no such thing", **members: object) -> Story:
    """A cancel that is refused with this envelope, under the HTTP status that is its code."""
    return lambda t: t.cancel(status=code, answer=envelope(code, status, message, **members))


_TRACES = {
    "Python": b'Traceback (most recent call last):\n  File "/srv/a.py", line 3, in cancel\nKeyError: 1',
    "Java": b"java.lang.IllegalStateException: no\n\tat com.example.Operations.cancel(Operations.java:31)",
    "Node": b"TypeError: x<br> &nbsp; &nbsp;at cancel (/srv/app/operations.js:10:7)",
    "Go": b"panic: nil\n\ngoroutine 12 [running]:\nmain.cancel()",
    "PHP": b"#0 /srv/app/cancel.php(12): cancel()",
    ".NET": b"   at Operations.Cancel(String name) in /src/Operations.cs:line 12",
    "JSON that holds one": rb'{"message": "File \"/srv/a.py\", line 3, in cancel"}',
}


def _shows(trace: bytes) -> Story:
    return lambda t: t.cancel(status=500, answer=trace, content_type="text/plain")


CASES = {
    "errors.are-readable": Cases(
        kept={
            "the envelope": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "a bare Status, as grpc-gateway sends it": lambda t: t.cancel(status=404, answer=bare(5)),
            "on a get": lambda t: t.get(NOT_FOUND, 404),
        },
        violated={
            "Google's page for a path that is bound": lambda t: t.cancel(
                status=404, answer=GOOGLE_PAGE, content_type="text/html"
            ),
            "Google's page for an id in capitals": lambda t: t.cancel(
                name=f"{PARENT}/operations/OP", status=404, answer=GOOGLE_PAGE, content_type="text/html"
            ),
            "nothing": lambda t: t.cancel(status=400),
            "a JSON of its own": lambda t: t.cancel(status=400, answer={"detail": "no"}),
            "an error that is a text": lambda t: t.cancel(status=401, answer={"error": "invalid_grant"}),
            "an error that is a text, with a code beside it": lambda t: t.cancel(
                status=401, answer={"error": "invalid_grant", "code": 16}
            ),
            "an envelope that is labelled as text": lambda t: t.cancel(
                status=404, answer=NOT_FOUND, content_type="text/plain"
            ),
            "an array with an envelope, as streams have it": lambda t: t.cancel(status=404, answer=[NOT_FOUND]),
        },
        silent={
            "Google's page for a path that nothing is bound to": _unrouted,
            "Envoy's own text": _refused_by_envoy,
            "a path that routers read differently": _not_plainly_bound,
            "a success": lambda t: t.cancel(),
            "what HTTP or a proxy answers before the service": _refused_by_http_itself,
            "no answer": lambda t: t.cancel(answer=Failure(FailureKind.TIMEOUT)),
        },
    ),
    "errors.envelope": Cases(
        kept={
            "with everything": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "without details": lambda t: t.cancel(
                status=404, answer={"error": {"code": 404, "message": "no", "status": "NOT_FOUND"}}
            ),
            "with null for an empty message": lambda t: t.cancel(
                status=404, answer={"error": {"code": 404, "message": None, "status": "NOT_FOUND"}}
            ),
            "with the older `errors` beside": lambda t: t.cancel(
                status=404, answer=envelope(404, "NOT_FOUND", errors=[{"domain": "global", "reason": "notFound"}])
            ),
        },
        violated={
            "a bare Status": lambda t: t.cancel(status=404, answer=bare(5)),
            "no status": lambda t: t.cancel(status=404, answer={"error": {"code": 404, "message": "no"}}),
            "an empty one": lambda t: t.cancel(status=404, answer={"error": {}}),
            "a message in several languages": lambda t: t.cancel(
                status=404, answer={"error": {"code": 404, "message": {"en": "no"}, "status": "NOT_FOUND"}}
            ),
            "a page": lambda t: t.get(GOOGLE_PAGE, 404, content_type="text/html"),
            "a bare Status that asks for credentials": lambda t: t.cancel(status=401, answer=bare(16)),
        },
        silent={
            "a router's page for a list that it does not know": lambda t: t.send(
                "GET", "/v1/projects/p/locations/l/operations", GOOGLE_PAGE, 404, content_type="text/html"
            ),
            "a proxy that asks for credentials": lambda t: t.cancel(
                status=401, answer="Jwt is missing", content_type="text/plain"
            ),
            "Google's page for a path that nothing is bound to": _unrouted,
            "Envoy's own text": _refused_by_envoy,
            "a path that routers read differently": _not_plainly_bound,
            "a success": lambda t: t.get(running()),
        },
    ),
    "errors.envelope-is-used": Cases(
        kept={"the envelope": lambda t: t.cancel(status=404, answer=NOT_FOUND)},
        violated={
            "grpc-gateway": lambda t: t.cancel(status=404, answer=bare(5)),
            "Envoy": lambda t: t.get({"code": 5, "message": "no such operation"}, 404),
        },
        silent={
            "a page": lambda t: t.cancel(status=404, answer=GOOGLE_PAGE, content_type="text/html"),
            "a bare Status for a path that nothing is bound to": lambda t: t.send("POST", "/v2/anything", bare(5), 404),
        },
    ),
    "errors.code-is-the-http-status": Cases(
        kept={
            "404": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "499 for CANCELLED": _error(499, "CANCELLED"),
        },
        violated={
            "the number of the canonical code": lambda t: t.cancel(status=404, answer=envelope(5, "NOT_FOUND")),
            "a text": lambda t: t.cancel(status=404, answer={"error": {"code": "404", "status": "NOT_FOUND"}}),
            "none": lambda t: t.cancel(status=404, answer={"error": {"status": "NOT_FOUND"}}),
        },
        silent={
            "a bare Status": lambda t: t.cancel(status=404, answer=bare(5)),
            "a success that looks like one": lambda t: t.cancel(answer=NOT_FOUND),
        },
    ),
    "errors.status-is-canonical": Cases(
        kept={
            "404 NOT_FOUND": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "400 FAILED_PRECONDITION": _error(400, "FAILED_PRECONDITION"),
            "409 ABORTED": _error(409, "ABORTED"),
            "501 UNIMPLEMENTED": lambda t: t.cancel(status=501, answer=UNIMPLEMENTED),
            "every code": _each_code_beside_its_status,
            "what stands beside a status of HTTP's own": _error(415, "INVALID_ARGUMENT"),
        },
        violated={
            "409 FAILED_PRECONDITION": _error(409, "FAILED_PRECONDITION"),
            "404 INVALID_ARGUMENT": _error(404, "INVALID_ARGUMENT"),
            "412 FAILED_PRECONDITION": _error(412, "FAILED_PRECONDITION"),
            "422 INVALID_ARGUMENT": _error(422, "INVALID_ARGUMENT"),
            "500 NOT_FOUND": _error(500, "NOT_FOUND"),
            "404 OK": _error(404, "OK"),
            **{
                f"{status} beside another code": _error(status, "DATA_LOSS" if status != 500 else "ABORTED")
                for status in (400, 401, 403, 404, 409, 499, 500, 501, 503, 504)
            },
            "a name in small letters": _error(404, "not_found"),
            "British spelling misread": _error(499, "CANCELED"),
            "the number": lambda t: t.cancel(status=404, answer={"error": {"code": 404, "status": 5}}),
            "null": lambda t: t.cancel(status=404, answer={"error": {"code": 404, "status": None}}),
        },
        silent={
            "no status": lambda t: t.cancel(status=404, answer={"error": {"code": 404, "message": "no"}}),
            "a bare Status": lambda t: t.cancel(status=404, answer=bare(5)),
        },
    ),
    "errors.bare-code-maps": Cases(
        kept={
            "404 and 5": lambda t: t.cancel(status=404, answer=bare(5)),
            "400 and 9": lambda t: t.cancel(status=400, answer=bare(9)),
            "501 and 12": lambda t: t.cancel(status=501, answer=bare(12)),
        },
        violated={
            "412 and 9, as an old grpc-gateway answers": lambda t: t.cancel(status=412, answer=bare(9)),
            "500 and 5": lambda t: t.cancel(status=500, answer=bare(5)),
            "the HTTP status as the code": lambda t: t.cancel(status=404, answer=bare(404)),
            "a text": lambda t: t.cancel(status=404, answer=bare("5")),
            "true, which is no number": lambda t: t.cancel(status=499, answer=bare(True)),
        },
        silent={
            "the envelope": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "a success with a code": lambda t: t.cancel(answer=bare(5)),
            "plain text": _refused_by_envoy,
        },
    ),
    "errors.have-a-message": Cases(
        kept={
            "the envelope": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "a bare Status": lambda t: t.cancel(status=404, answer=bare(5)),
        },
        violated={
            "empty": _error(404, "NOT_FOUND", message=""),
            "blank": lambda t: t.cancel(status=404, answer=bare(5, " \n")),
            "none": lambda t: t.cancel(status=404, answer={"code": 5}),
            "an empty envelope": lambda t: t.cancel(status=404, answer={"error": {}}),
            "no text": lambda t: t.cancel(status=404, answer={"error": {"code": 404, "message": ["no"]}}),
        },
        silent={
            "plain text": _refused_by_envoy,
            "a success": lambda t: t.cancel(),
        },
    ),
    "errors.no-stack-trace": Cases(
        kept={
            "the envelope": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "a page": lambda t: t.cancel(status=404, answer=GOOGLE_PAGE, content_type="text/html"),
            "words that only look like one": lambda t: t.cancel(status=400, answer=b"look at (the) line 12, in vain"),
        },
        violated={name: _shows(trace) for name, trace in _TRACES.items()},
        silent={
            "a success": lambda t: t.cancel(answer=_TRACES["Python"]),
            "an empty error": lambda t: t.cancel(status=500),
        },
    ),
    "errors.have-error-info": Cases(
        kept={
            "alone": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "among others": _error(404, "NOT_FOUND", details=[_HELP, ERROR_INFO]),
        },
        violated={
            "no details": _error(404, "NOT_FOUND", details=[]),
            "other details": _error(404, "NOT_FOUND", details=[_HELP]),
            "details that are no list": _error(404, "NOT_FOUND", details=ERROR_INFO),
        },
        silent={
            "a bare Status": lambda t: t.cancel(status=404, answer=bare(5)),
            "a path that nothing is bound to": lambda t: t.send("POST", "/v2/x", {"error": {"code": 404}}, 404),
        },
    ),
    "errors.details-are-well-formed": Cases(
        kept={
            "an ErrorInfo": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "a reason of 63 letters and a key of 64": _error(
                404, "NOT_FOUND", details=[{**ERROR_INFO, "reason": "A" * 63, "metadata": {"k" * 64: "v", "a-B_2": ""}}]
            ),
            "an ErrorInfo without metadata": _error(404, "NOT_FOUND", details=[{**ERROR_INFO, "metadata": None}]),
            "other types": lambda t: t.cancel(status=404, answer=bare(5, details=[_HELP, {"@type": "x/y"}])),
        },
        violated={
            "no list": _error(404, "NOT_FOUND", details={"a": 1}),
            "no type": _error(404, "NOT_FOUND", details=[{"reason": "X"}]),
            "no object": lambda t: t.cancel(status=404, answer=bare(5, details=["no"])),
            "one type twice": _error(404, "NOT_FOUND", details=[_HELP, _HELP]),
            "a reason in small letters": _error(404, "NOT_FOUND", details=[{**ERROR_INFO, "reason": "not_found"}]),
            "a reason of 64 letters": _error(404, "NOT_FOUND", details=[{**ERROR_INFO, "reason": "A" * 64}]),
            "no domain": _error(404, "NOT_FOUND", details=[{**ERROR_INFO, "domain": ""}]),
            "a key of 65 letters": _error(404, "NOT_FOUND", details=[{**ERROR_INFO, "metadata": {"k" * 65: "v"}}]),
            "a key of one letter": _error(404, "NOT_FOUND", details=[{**ERROR_INFO, "metadata": {"k": "v"}}]),
            "a key with a capital first": _error(404, "NOT_FOUND", details=[{**ERROR_INFO, "metadata": {"Kk": "v"}}]),
            "a number in the metadata": _error(404, "NOT_FOUND", details=[{**ERROR_INFO, "metadata": {"key": 1}}]),
            "metadata that is no map": _error(404, "NOT_FOUND", details=[{**ERROR_INFO, "metadata": ["a"]}]),
        },
        silent={
            "no details": lambda t: t.cancel(status=404, answer=bare(5)),
            "a success": lambda t: t.cancel(),
        },
    ),
    "errors.localized-message-is-whole": Cases(
        kept={"both": _error(404, "NOT_FOUND", details=[ERROR_INFO, _LOCALIZED])},
        violated={
            "no locale": _error(404, "NOT_FOUND", details=[{**_LOCALIZED, "locale": ""}]),
            "no message": _error(404, "NOT_FOUND", details=[{**_LOCALIZED, "message": None}]),
        },
        silent={
            "other details": _error(404, "NOT_FOUND", details=[ERROR_INFO, "text"]),
            "a bare Status": lambda t: t.cancel(status=404, answer=bare(5, details=[{**_LOCALIZED, "locale": ""}])),
            "a success": lambda t: t.cancel(),
        },
    ),
    "errors.echo-the-name": Cases(
        kept={
            "named as sent": _error(404, "NOT_FOUND", f"Operation '{OPERATION}' was not found."),
            "named by a full resource name": _error(
                404, "NOT_FOUND", f"Resource '//beyondcorp.googleapis.com/{OPERATION}' (or it might not exist)"
            ),
            "on a get, in a bare Status": lambda t: t.get(bare(5, f"no {OPERATION}"), 404),
            "named at the end of a sentence": _error(404, "NOT_FOUND", f"There is no {OPERATION}."),
            "named with emphasis": _error(404, "NOT_FOUND", f"There is no {OPERATION}!"),
            "named before a colon": _error(404, "NOT_FOUND", f"{OPERATION}: not found"),
            "named in square brackets": _error(404, "NOT_FOUND", f"Operation [{OPERATION}] was not found."),
            "named in angle brackets": _error(404, "NOT_FOUND", f"name=<{OPERATION}> was not found"),
            "named as the path of the request": _error(404, "NOT_FOUND", f"POST /v1/{OPERATION}:cancel: no operation"),
            "named beside another": _error(404, "NOT_FOUND", f"no {OPERATION}; did you mean {OTHER}?"),
        },
        violated={
            "the project by its number": _error(404, "NOT_FOUND", "no projects/123456789/locations/us/operations/op-1"),
            "another operation": _error(404, "NOT_FOUND", f"no {OTHER}"),
            "an operation whose name is longer": _error(404, "NOT_FOUND", f"no {OPERATION}23"),
            "an organization": lambda t: t.get(bare(5, "no organizations/1/locations/us/operations/op-1"), 404),
        },
        silent={
            "a message without a name": lambda t: t.cancel(status=404, answer=NOT_FOUND),
            "the id alone": _error(404, "NOT_FOUND", "no op-2"),
            "a list": lambda t: t.list(answer=bare(5, f"no {OTHER}"), status=404),
            "a path that routers read differently": lambda t: t.cancel(
                query="?name=x", status=404, answer=bare(5, f"no {OTHER}")
            ),
        },
    ),
    "errors.client-mistake-is-no-server-error": Cases(
        kept={
            "400": lambda t: t.cancel(sends=b"{", status=400, answer=INVALID),
            "ignored by a binding without body": lambda t: t.cancel(sends=b"[]"),
            "501 says something else": lambda t: t.cancel(sends=b"{", status=501, answer=UNIMPLEMENTED),
            "503 asks for a retry": lambda t: t.cancel(sends=b"{", status=503, answer=UNAVAILABLE),
        },
        violated={
            "no JSON": lambda t: t.cancel(sends=b"{", status=500, answer=INTERNAL),
            "no object": lambda t: t.cancel(sends=b"[]", status=500, answer=INTERNAL),
            "no UTF-8": lambda t: t.cancel(sends=b"\xff", status=502),
            "two texts": lambda t: t.cancel(sends=b"{} x", status=500, answer=INTERNAL),
            "a nesting without end": lambda t: t.cancel(sends=b"[" * 100_000, status=500, answer=INTERNAL),
            "an unknown field": lambda t: t.cancel(sends=b'{"foo": 1}', status=500, answer=INTERNAL),
            "NaN, which only some parsers take": lambda t: t.cancel(
                sends=b'{"name": NaN}', status=500, answer=INTERNAL
            ),
        },
        silent={
            "an empty object": lambda t: t.cancel(status=500, answer=INTERNAL),
            "the name, as Go clients send it": lambda t: t.cancel(sends=b'{"name": "x"}', status=500, answer=INTERNAL),
            "no body": lambda t: t.cancel(sends=b"", status=500, answer=INTERNAL),
            "white space, about which no text decides": lambda t: t.cancel(sends=b" \n ", status=500, answer=INTERNAL),
            "no answer": lambda t: t.cancel(sends=b"{", answer=Failure(FailureKind.RESET)),
            "another path": lambda t: t.send("POST", "/v2/x", INTERNAL, 500, sends=b"{"),
        },
    ),
    "errors.reason-is-of-one-error": Cases(
        kept={
            "one error, twice": lambda t: [t.cancel(status=404, answer=NOT_FOUND), t.get(NOT_FOUND, 404)],
        },
        violated={
            "two errors with one reason": lambda t: [
                t.cancel(status=404, answer=envelope(404, "NOT_FOUND", details=[ERROR_INFO])),
                t.cancel(status=400, answer=envelope(400, "FAILED_PRECONDITION", details=[ERROR_INFO])),
            ],
        },
        silent={"a bare Status": lambda t: t.cancel(status=404, answer=bare(5, details=[ERROR_INFO]))},
    ),
}
