"""A printed curl line, given to a real shell, is the request again: nothing more, nothing less, and nothing else.

The shell is bash, with curl replaced by a function that prints its arguments; what curl makes of them is written down
in `sent_by`. That this is what curl makes of them, the last test asks curl itself, where there is one.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from conformance.exchange import CurlContext, Header, Request
from conformance.exchange.curl import curl_line
from conformance.exchange.serial import exchange_as_json
from conformance.server.target.configuration import (
    AuthSection,
    Configuration,
    IutSection,
    OperationsSection,
    SupplyForm,
)
from conformance.server.target.connect import connect
from conformance.server.target.headers import FromEnvironment
from tests.targets.raw_server import RawServer, answer

ORIGIN = "http://127.0.0.1:8080"
PATH = "/v1/projects/demo/locations/us/operations/op-1:cancel"
END_OF_WORDS = b"end of words\0"
CURL_PRINTS = 'curl() { printf "%s\\0" "$@" "end of words"; case " $* " in *" @- "*) cat;; esac; }\n'
NO_VALUE = ("-sS", "-i", "--path-as-is", "-g", "--head", "-I")
OWN_HEADERS = ("host", "user-agent", "accept", "content-length")
"""Header fields that curl writes by itself where it is not told."""


@dataclass(frozen=True)
class Sent:
    """A request as curl sends it, without the header fields that it adds by itself."""

    method: str
    target: str
    headers: tuple[Header, ...]
    body: bytes


def in_shell(script: str, **environment: str) -> bytes:
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", **environment},
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == b"", done.stderr
    return done.stdout


def sent_by(line: str, **environment: str) -> Sent:
    """What curl would send for a line, by its manual."""
    printed, _, standard_input = in_shell(CURL_PRINTS + line, **environment).partition(END_OF_WORDS)
    words = iter(printed.split(b"\0")[:-1])
    method, url, target = None, None, None
    headers: list[Header] = []
    removed: set[str] = set()
    data: list[bytes] = []
    for raw in words:
        word = raw.decode("latin-1")
        if word in ("-X", "--request"):
            method = next(words).decode("latin-1")
        elif word == "--request-target":
            target = next(words).decode("latin-1")
        elif word in ("-H", "--header"):
            name, colon, value = next(words).decode("latin-1").partition(":")
            if not colon:
                assert name.endswith(";"), f"curl ignores the header {name!r}"
                headers.append((name[:-1], ""))
            elif value.strip():
                headers.append((name, value.strip()))
            else:
                removed.add(name.lower())  # a header without a value is one that curl is to leave out
        elif word in ("--data-binary", "--data-raw"):
            value_bytes = next(words)
            if word == "--data-binary" and value_bytes.startswith(b"@"):
                assert value_bytes == b"@-", f"curl reads the file {value_bytes!r}"
                value_bytes = standard_input
            data.append(value_bytes)
        elif word in NO_VALUE:
            method = "HEAD" if word in ("--head", "-I") else method
        else:
            assert not word.startswith("-"), f"curl takes {word!r} for an option"
            assert url is None, f"curl sends a second request, to {word!r}"
            url = word
    assert url is not None
    if target is None:
        assert url.startswith(ORIGIN), f"curl asks {url!r}, which is somewhere else"
        target = url[len(ORIGIN) :].partition("#")[0]
    names = {name.lower() for name, _ in headers}
    if data and not {"content-type"} & (names | removed):
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    return Sent(method or ("POST" if data else "GET"), target, tuple(headers), b"&".join(data))


def as_sent(request: Request) -> Sent:
    return Sent(request.method, request.target, tuple(request.headers), request.body)


def without_own_headers(sent: Sent) -> Sent:
    kept = tuple((name, value) for name, value in sent.headers if name.lower() not in OWN_HEADERS)
    return Sent(sent.method, sent.target, kept, sent.body)


def assert_same(request: Request) -> None:
    # What looks like a variable in a credential is left to the shell, in which each stands for itself here.
    variables = {name for _, value in request.headers for name in re.findall(r"\$([A-Za-z_][A-Za-z0-9_]*)", value)}
    sent = sent_by(curl_line(request, ORIGIN), **{name: f"${name}" for name in variables})
    assert without_own_headers(sent) == without_own_headers(as_sent(request))
    for name, value in sent.headers:
        if name.lower() in OWN_HEADERS:
            assert (name, value) in request.headers


def cancel(body: bytes = b"{}", *headers: Header, method: str = "POST", target: str = PATH) -> Request:
    framing: tuple[Header, ...] = (("Host", "127.0.0.1:8080"), ("Accept", "*/*"))
    if body or method == "POST":
        framing += (("Content-Length", str(len(body))),)
    return Request(method, target, (*framing, *headers), body)


JSON: Header = ("Content-Type", "application/json")


def test_the_usual_line_can_be_read() -> None:
    assert curl_line(cancel(b"{}", JSON, ("Authorization", "Bearer $IUT_TOKEN")), ORIGIN) == (
        f"curl -sS -i --path-as-is -g -X POST {ORIGIN}{PATH} -H 'Content-Type: application/json'"
        " -H \"Authorization: Bearer $IUT_TOKEN\" --data-binary '{}'"
    )


@pytest.mark.parametrize(
    "request_",
    [
        cancel(),
        cancel(b"{}", JSON),
        cancel(b""),
        cancel(b"", JSON),
        cancel(b"", ("Transfer-Encoding", "chunked")),
        cancel(b"{}", ("Host", "elsewhere.example"), ("Accept", "text/html")),
        cancel(b"", method="GET"),
        cancel(b"", method="HEAD"),
        cancel(b"", method="DELETE"),
        cancel(b"{}", method="PATCH"),
        cancel(b"{}", method="GET"),
        cancel(b"", target=PATH.replace("op-1", "%zz")),
        cancel(b"", target=PATH.replace("op-1", "o%2Fx[1-3]{a,b}/../y")),
        cancel(b"", target=PATH + "?"),
        cancel(b"", target=PATH + "?$alt=json;enum-encoding=int&name=a b".replace(" ", "+")),
        cancel(b"", target=PATH + "?callback=http://elsewhere.example/x"),
        cancel(b"", ("X-Twice", "1"), ("X-Twice", "2")),
        cancel(b"{'\"$(id)`id`\\!\n\t}"),
        cancel(b"\xff\xfe{}"),
        cancel(b"line one\nline two\r\n"),
        cancel("{“é”}".encode()),
        cancel(b"@/etc/hostname"),
        cancel(b"@-"),
        cancel(b"a\0b"),
        cancel(b"-X"),
        cancel(b"{}", ("X-Goog-Request-Params", "")),
        cancel(b"{}", ("X-Name", "na\xefve")),
        cancel(b"", target=PATH.replace("op-1", "op-\xe9")),
        cancel(b"{}", method="M'$&|`"),
    ],
    ids=lambda request: f"{request.method} {request.target[-22:]} {request.body!r} {len(request.headers)} headers",
)
def test_the_line_is_the_request(request_: Request) -> None:
    assert_same(request_)


TCHAR = "!#$%&'*+-.^_`|~0189azAZ"
VISIBLE = "".join(map(chr, [*range(0x21, 0x7F), *range(0xA1, 0x100)]))
METHODS = st.sampled_from(["POST", "POST", "GET", "HEAD", "DELETE", "PATCH", "post"]) | st.text(TCHAR, min_size=1)
TARGETS = st.lists(
    st.sampled_from(["/", "%2F", "%zz", "%", "..", "'", '"', "$HOME", "`id`", "\\", "?", "://", "{a,b}", "[1-3]"])
    | st.text(VISIBLE.replace("#", ""), max_size=4)
).map(lambda parts: "/" + "".join(parts))
VALUES = st.text(VISIBLE + " \t", max_size=8).map(str.strip).filter(lambda value: "$_" not in value)
"""But for bash's own variable `$_`, which nobody can set."""
HEADERS = st.lists(
    st.tuples(st.sampled_from(["X-One", "x-two", "Content-Type", "Authorization"]), VALUES),
    max_size=3,
    unique_by=lambda header: header[0],
)
BODIES = st.binary(max_size=12) | st.text(max_size=12).map(str.encode) | st.just(b"{}")


@settings(max_examples=60, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    st.builds(
        lambda method, target, headers, body: cancel(
            b"" if method == "HEAD" else body, *headers, method=method, target=target
        ),
        METHODS,
        TARGETS,
        HEADERS,
        BODIES,
    )
)
def test_any_line_is_the_request(request: Request) -> None:
    """Whatever was recorded: quotes, line ends, bytes that are no text, escapes that are none."""
    assert_same(request)


def test_a_target_in_absolute_form_stays_one() -> None:
    """`POST http://…/v1/… HTTP/1.1` is another stimulus than `POST /v1/…`, and goes to the same place."""
    request = cancel(b"", target=f"http://elsewhere.example{PATH}")
    assert_same(request)
    assert ORIGIN in curl_line(request, ORIGIN)


def test_the_shell_puts_the_token_in() -> None:
    line = curl_line(cancel(b"{}", JSON, ("Authorization", "Bearer $IUT_TOKEN")), ORIGIN)
    sent = sent_by(line, IUT_TOKEN="a'b\"c $HOME `id`")
    assert ("Authorization", "Bearer a'b\"c $HOME `id`") in sent.headers


@pytest.mark.parametrize(
    ("header", "placeholder", "becomes"),
    [
        (("Authorization", "Bearer $(print-token)"), "$(print-token)", "Bearer t0ken 'a b' \"c\""),
        (("Authorization", "Bearer $(print-token 'x  y' \"$z\")"), "$(print-token 'x  y' \"$z\")", "Bearer t0ken"),
        (("X-Project", "$PROJECT"), "$PROJECT", "demo"),
        (("X`id`-Key", "$PROJECT"), "$PROJECT", "demo"),
        (("Authorization", "$(id) $PROJECT"), "$PROJECT", "$(id) demo"),
    ],
)
def test_the_shell_puts_in_what_the_configuration_says(header: Header, placeholder: str, becomes: str) -> None:
    """Commands too, and variables in fields of any name: but only these, and nothing beside them."""
    line = curl_line(cancel(b"{}", JSON, header), ORIGIN, CurlContext((placeholder,)))
    prints = f"print-token() {{ printf '%s' {shlex.quote(becomes.removeprefix('Bearer '))}; }}\n"
    assert (header[0], becomes) in sent_by(prints + line, PROJECT="demo").headers


def test_without_the_configuration_a_command_is_a_text() -> None:
    header = ("Authorization", "Bearer $(print-token)")
    assert header in sent_by(curl_line(cancel(b"{}", JSON, header), ORIGIN)).headers


@pytest.mark.parametrize(
    "value",
    [
        'Bearer $x"; touch PLANTED; "',
        "Bearer `touch PLANTED`$x",
        "Bearer $x$(touch PLANTED)",
        "Bearer ${x:-$(touch PLANTED)}",
        "Bearer $(touch PLANTED)",
        "Basic $(touch PLANTED)\\",
    ],
)
def test_a_recorded_header_never_becomes_a_command(value: str, tmp_path: Path) -> None:
    """Traffic is recorded from clients and archives that nobody vouches for, and its curl line is made to be pasted.

    Of what stands in a recorded header only the name of an environment variable may go outside the quotes.
    """
    planted = tmp_path / "planted"
    request = cancel(b"{}", ("Authorization", value.replace("PLANTED", str(planted))))
    in_shell("curl() { :; }\n" + curl_line(request, ORIGIN) + " 2>&1 || true")
    assert not planted.exists()


def test_a_recorded_method_never_becomes_a_command(tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    in_shell("curl() { :; }\n" + curl_line(cancel(b"", method=f"GET;>{planted};#"), ORIGIN) + " 2>&1 || true")
    assert not planted.exists()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize("auth", ["token_env", "token_command"])
def test_the_line_of_a_run_is_accepted_where_the_run_was(auth: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real shell, a real curl: the server gets the same bytes from the line as it got from the run."""
    monkeypatch.setenv("IUT_TOKEN", "t0ken")
    monkeypatch.setenv("API_KEY", "k3y with 'quotes'")
    source = {"token_env": "IUT_TOKEN"} if auth == "token_env" else {"token_command": ("printf", "%s", "t0ken")}
    name = "projects/demo/locations/us/operations/op-1"
    with RawServer(lambda peer: peer.send(answer())) as server:
        iut = connect(
            Configuration(
                IutSection(url=server.origin, headers={"X-Customer": FromEnvironment("API_KEY")}),
                AuthSection("bearer", **source),
                OperationsSection(running=SupplyForm(names=(name,))),
            )
        )
        exchange = iut.cancel(name)
        iut.target.close()
        in_shell(exchange_as_json(exchange)["curl"] + " --max-time 5", IUT_TOKEN="t0ken", API_KEY="k3y with 'quotes'")
    ours, curls = (
        sorted(line for line in request.split(b"\r\n") if not line.startswith(b"User-Agent"))
        for request in server.requests
    )
    assert ours == curls
    assert b"Authorization: Bearer t0ken" in ours
    assert b"X-Customer: k3y with 'quotes'" in ours


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", PATH, (("Accept", "*/*"), JSON, ("Content-Length", "2")), b"{}"),
        Request("POST", PATH, (("Accept", "*/*"), ("Content-Length", "0"))),
        Request("POST", PATH, (("Accept", "*/*"),)),
        Request("POST", PATH, (("Accept", "*/*"), ("Content-Length", "3")), b"\xff'\n"),
        Request("GET", PATH.replace("op-1", "%zz/../[1-2]"), (("Accept", "*/*"),)),
        Request("POST", PATH, (("Accept", "*/*"), ("Transfer-Encoding", "chunked")), b"{}"),
        Request("POST", PATH, (("Accept", "*/*"), ("Transfer-Encoding", "chunked"))),
        Request("GET", PATH, (("Accept", "*/*"), ("Content-Length", "2")), b"{}"),
        Request("POST", PATH, (("Accept", "*/*"), ("X-Empty", ""), ("Content-Length", "0"))),
        Request("POST", PATH, (("Accept", "*/*"), JSON, ("Content-Length", "2")), b"{}", "1.0"),
    ],
    ids=[
        *("{}", "length 0", "no length", "bytes", "odd path", "chunked", "chunked, empty", "GET with body", "no value"),
        "HTTP/1.0",
    ],
)
def test_curl_sends_what_was_recorded(request_: Request) -> None:
    """On the wire, but for `Host` and `User-Agent`."""
    with RawServer(lambda peer: peer.send(answer())) as server:
        in_shell(curl_line(request_, server.origin) + " --max-time 20")
    (received,) = server.requests
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    chunks = f"{len(request_.body):x}\r\n".encode() + request_.body + b"\r\n" if request_.body else b""
    is_chunked = request_.header("transfer-encoding") is not None
    assert first.decode() == f"{request_.method} {request_.target} HTTP/{request_.version}"
    assert body == (chunks + b"0\r\n\r\n" if is_chunked else request_.body)
    assert sorted(line for line in lines if not line.startswith((b"Host:", b"User-Agent:"))) == sorted(
        f"{name}: {value}".strip().encode() for name, value in request_.headers
    )
