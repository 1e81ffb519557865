"""The request of an exchange as a curl line for a shell.

People paste this line into a shell, and peers that nobody trusts can influence it. So everything in it is quoted. The
shell expands only the name of an environment variable, `$IUT_TOKEN`, if it is the whole of a credential. It runs a
command, `$(print-token)`, only if the configuration of the run has that command.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from conformance.exchange.exchange import NO_CONTEXT, CurlContext
from conformance.exchange.message import Request
from conformance.secrets.looks import is_secret_field

_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[\w-]+: ([A-Za-z]+ )?", re.ASCII)
"""Characters that need no escape in double quotes."""


def curl_line(request: Request, origin: str, context: CurlContext = NO_CONTEXT) -> str:
    """The command that sends the same request again.

    A placeholder such as `$IUT_TOKEN` stands in double quotes, so that the shell puts the secret in. The path goes as
    it is: no dot segment is removed and no bracket expanded.
    """
    names = {name.lower() for name, _ in request.headers}
    # Without data curl announces chunks and sends not even the last, empty one.
    has_data = bool(request.body) or "transfer-encoding" in names
    words = ["curl", "-sS", "-i", "--path-as-is", "-g", *map(_word, context.options)]
    if request.version == "1.0":
        words.append("--http1.0")
    if request.method == "HEAD" and not has_data:
        words.append("--head")
    elif request.method != "GET" or has_data:
        words += ["-X", _word(request.method)]
    if request.target.startswith("/") and "#" not in request.target:
        words.append(_word(origin + request.target))
    else:
        words += [_word(origin + "/"), "--request-target", _word(request.target)]
    for name, value in request.headers:
        if name.lower() == "host" and origin.endswith(f"://{value}"):
            continue
        if name.lower() == "accept" and value == "*/*":
            continue
        if name.lower() == "content-length" and request.body:
            continue
        words += ["-H", _header(name, value, context.placeholders)]
    if not has_data:
        return " ".join(words)
    if "content-type" not in names:
        words += ["-H", shlex.quote("Content-Type:")]
    if b"\0" in request.body:  # no argument of a command can hold it
        return f"printf {_printf_format(request.body)} | {' '.join([*words, '--data-binary', '@-'])}"
    # `--data-binary @name` would send the file of that name.
    words += ["--data-raw" if request.body.startswith(b"@") else "--data-binary", _word(request.body)]
    return " ".join(words)


def _header(name: str, value: str, placeholders: Sequence[str]) -> str:
    if not value:
        return _word(f"{name};")  # with a colon curl would leave the field out
    placeholder = _placeholder(name, value, placeholders)
    before = f"{name}: {value.removesuffix(placeholder)}"
    if not placeholder:
        return _word(before)
    return f'"{before}{placeholder}"' if _PLAIN.fullmatch(before) else f'{_word(before)}"{placeholder}"'


def _placeholder(name: str, value: str, placeholders: Sequence[str]) -> str:
    """The end of the value that the shell is to expand; empty when there is none."""
    for placeholder in placeholders:
        if value == placeholder or value.endswith(f" {placeholder}"):
            return placeholder
    last = value.rpartition(" ")[2]
    scheme = value.removesuffix(last)
    is_credential = is_secret_field(name) and (not scheme or scheme[:-1].isalpha())
    return last if is_credential and _VARIABLE.fullmatch(last) else ""


def _word(text: str | bytes) -> str:
    """One word of a shell; characters that a terminal would not show are escaped."""
    octets = text if isinstance(text, bytes) else _octets(text)
    try:
        shown = octets.decode("utf-8")
    except UnicodeDecodeError:
        shown = "\0"
    if shown.isprintable():
        return shlex.quote(shown)
    return "$'" + "".join(_as_is(byte, "'\\!") or f"\\x{byte:02x}" for byte in octets) + "'"


def _octets(text: str) -> bytes:
    """The bytes of a text that stands for bytes, one to one; a text that cannot is taken for UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _printf_format(octets: bytes) -> str:
    return "'" + "".join(_as_is(byte, "'\\!%") or f"\\{byte:03o}" for byte in octets) + "'"


def _as_is(byte: int, special: str) -> str:
    """The character, when it is a visible one of ASCII and not special; else nothing."""
    character = chr(byte)
    return character if " " <= character <= "~" and character not in special else ""
