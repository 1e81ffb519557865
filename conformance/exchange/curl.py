"""One exchange's request as a curl line that a shell can be given."""

from __future__ import annotations

import shlex

from conformance.exchange.message import Request


def curl_line(request: Request, origin: str) -> str:
    """The command that sends the same request again.

    A placeholder such as `$IUT_TOKEN` stands outside the quotes, so that the shell puts the secret in. The path goes
    as it is: no dot segment is removed and no bracket expanded.
    """
    words = ["curl", "-sS", "-i", "--path-as-is", "-g"]
    url = request.target if "://" in request.target else origin + request.target
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != "GET":
        words += ["-X", request.method]
    words.append(shlex.quote(url))
    names = {name.lower() for name, _ in request.headers}
    for name, value in request.headers:
        if name.lower() == "host" and origin.endswith(f"://{value}"):
            continue
        if name.lower() == "accept" and value == "*/*":
            continue
        if name.lower() == "content-length" and request.body:
            continue
        words += ["-H", _header(name, value)]
    if request.body:
        if "content-type" not in names:
            words += ["-H", shlex.quote("Content-Type:")]
        words += ["--data-binary", _body(request.body)]
    return " ".join(words)


def _header(name: str, value: str) -> str:
    if name.lower() == "authorization" and "$" in value:
        scheme, _, placeholder = value.partition(" ")
        return f'{shlex.quote(f"{name}: {scheme} ")}"{placeholder}"'
    return shlex.quote(f"{name}: {value}")


def _body(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text and text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(f"\\x{byte:02x}" for byte in body) + "'"
