"""The URL of a target: checks it, and says what is wrong without showing secrets."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from conformance.errors import UsageError

_URL = re.compile(r"(?i:https?)://(\[[0-9A-Fa-f:.]+\]|[^][@:%\\/?#\s]+)(:\d*)?(/[^?#\s]*)?", re.ASCII)
"""A host is a name or an address (RFC 3986, section 3.2.2); what else the grammar allows, no name service knows."""


_HOST = re.compile(r"\[?[0-9A-Fa-f:.]+\]?|[^][@:%\\/?#\s]+")
_PORT = re.compile(r"(?i:https?)://[^][@:/?#]+:(\d+)(?=[/?#]|$)", re.ASCII)


def check_host(where: str, host: str) -> None:
    """Raise UsageError unless the text is the name or the address of a host, and nothing else."""
    if _HOST.fullmatch(host) is None:
        raise UsageError(f"{where}: {host!r} is not the name of a host", "give the host alone, such as lro.example.com")


def usual_url(where: str, url: str) -> str:
    """The URL in its usual form: the scheme in lower case, no slash at the end.

    A scheme has no case (RFC 3986, section 3.1). Raises UsageError as `check_url`.
    """
    check_url(where, url)
    scheme, separator, rest = url.rstrip("/").partition("://")
    return scheme.lower() + separator + rest


def check_url(where: str, url: str) -> None:
    """Raise UsageError unless the text is an http(s) URL of a host, without user, password and query."""
    remedy = "write it as http://127.0.0.1:8080, without a query"
    shown = re.sub(r"([?#]).*", r"\1…", re.sub(r"[^/?#]*@", "…@", url), flags=re.DOTALL)  # the rest may be a secret
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError as error:
        if port := _PORT.match(url):
            remedy = f"there is no port {port[1]}; {remedy}"
        raise UsageError(f"{where}: url {shown!r} is not an http URL", remedy) from error
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{where}: the url has a user or a password in it", "leave them out, and set [auth] instead")
    if not has_port or not parts.hostname or _URL.fullmatch(url) is None:
        raise UsageError(f"{where}: url {shown!r} is not an http URL", remedy)
