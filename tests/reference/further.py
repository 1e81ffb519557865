"""The further requests of the script: other callers, other clients, pages, spellings of a path, other parents."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance.exchange import Header

from .caller import PARENT

if TYPE_CHECKING:
    from .transcript import Script

_ORGANIZATION = "organizations/1/locations/us"
_JSON: Header = ("Content-Type", "application/json")
_FORM: Header = ("Content-Type", "application/x-www-form-urlencoded")
_NOTHING = f"{PARENT}/operations/nothing"
_WITH_ACCENTS = str.maketrans("ace", "\u00e1\u0107\u00e9")
_DEEP = b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}"


def ask_further(script: Script) -> None:
    """Ask all of it."""
    for part in (callers, clients, pages, spellings, forms, parents, refusals, elsewhere, reads, versions, deletes):
        part(script)


def callers(script: Script) -> None:
    """Who may read and delete, and cancel what is done: nobody known, a wrong token or a part of the right one, one
    that permits nothing.
    """
    done = script.start()
    script.ask("POST", f"{done}:cancel")
    for token in ("", "wrong", "weak"):
        script.ask("POST", f"{done}:cancel", token=token)
    name = script.start()
    script.look(name)
    for token in ("", "wrong", "weak", "good-t", "GOOD-TOKEN"):
        for path in (name, _NOTHING, f"{PARENT}/operations", f"{PARENT}/operations?pageSize=1"):
            script.ask("GET", path, token=token)
        script.ask("DELETE", _NOTHING, token=token)
        script.ask("DELETE", name, token=token)
        script.look(name)
        name = script.start()
    script.ask("GET", name, headers=(("Authorization", "Basic good-token"),), token="")
    for path in (f"/v1/%70rojects/{name.partition('/')[2]}", f"//v1/{name}", f"/v1/x/../{name}", f"/v1//{name}"):
        script.ask("GET", path, token="")
        script.ask("POST", f"{path}:cancel", token="")
        script.look(name)


def clients(script: Script) -> None:
    """Header fields and bodies that real clients send."""
    name = script.start()
    routing = f"name={quote(name, safe='')}"
    for header in (
        ("Accept", "application/json"),
        ("x-goog-request-params", routing),
        ("User-Agent", "curl/8.5.0"),
        ("Expect", "100-continue"),
    ):
        script.ask("POST", f"{script.start()}:cancel", b"{}", (_JSON, header))
    for body in (b"{}", b"{"):
        script.ask(
            "POST", f"{script.start()}:cancel", gzip.compress(body, mtime=0), (_JSON, ("Content-Encoding", "gzip"))
        )
    for body in (b'{"name": null}', f'{{"name": "{name}", "name": "{name}"}}'.encode(), _DEEP):
        script.ask("POST", f"{name}:cancel", body, (_JSON,))


def pages(script: Script) -> None:
    """A list of several operations, page by page, and every parameter of it."""
    names = [script.start() for _ in range(4)]
    elsewhere = script.start(f"{PARENT.rpartition('/')[0]}/eu")
    operations = f"{PARENT}/operations"
    for query in (
        *("pageSize=2", "pageSize=-1", "pageSize=0", "pageSize=100000", "pageToken=no-token-of-theirs"),
        *("filter=done%3Dtrue", "filter=done%3Dfalse", "filter=((", "returnPartialSuccess=true"),
    ):
        script.ask("GET", f"{operations}?{query}")
    script.ask("POST", f"{names[0]}:cancel")
    script.service.clock.sleep(3)
    for size in (1, 1, 2):
        _page_through(script, f"{operations}?pageSize={size}")
    token = script.next_page(f"{operations}?pageSize=1")
    script.ask("GET", f"{operations}?pageSize=1&pageToken={token}", token="")
    script.ask("GET", f"{elsewhere.rpartition('/')[0]}?pageToken={token}")
    script.ask("DELETE", f"{_NOTHING}?name={names[-1]}")
    script.ask("POST", f"{elsewhere}:cancel")
    script.service.clock.sleep(3)
    for method in ("GET", "DELETE", "DELETE"):
        script.ask(method, elsewhere)
        for _ in range(2):
            script.ask("GET", elsewhere.rpartition("/")[0])


def _page_through(script: Script, query: str) -> None:
    token = ""
    for _ in range(3):
        token = script.next_page(f"{query}&pageToken={token}" if token else query)
        script.ask("GET", f"{query}&pageToken={token}", token="")


def spellings(script: Script) -> None:
    """The path of a cancel, almost: what a server decodes, trims, cuts and normalises on its way to the name."""
    parent, _, _ = PARENT.rpartition("/")
    for pattern in (
        *("{parent}/us/operations%2F{id}:cancel", "projects%2Fdemo/locations/us/operations/{id}:cancel"),
        *("{name}:cancel%0A", "{name}%0A:cancel", "{name}:cancel%00", "{name}%00x:cancel", "{name}:cancel%20"),
        *("{name}:cancel%3Fx", "{name}%3Fx:cancel", "{name}%253Acancel", "{name};v=1:cancel", "{name}:cancel;v=1"),
        *("/x/v1/{name}:cancel", "/v1x/{name}:cancel", "{parent}/us/operations%5C{id}:cancel", "{name}+:cancel"),
        *("{name}?x=:cancel", "{name}%E2%80%8B:cancel", "organizations/demo/locations/us/operations/{id}:cancel"),
        *("{parent}/us/operations;v=1/{id}:cancel", "%2570rojects/demo/locations/us/operations/{id}:cancel"),
        *("{parent}/us/%256Fperations/{id}:cancel", "http://reference.invalid/v1/{name}:cancel"),
        *("{parent}/us/operations/{accented}:cancel", "{name}%401:cancel"),
    ):
        name = script.start()
        identifier = name.rpartition("/")[2]
        accented = quote(identifier.translate(_WITH_ACCENTS))
        path = pattern.format(name=name, parent=parent, id=identifier, accented=accented)
        script.ask("POST", path)
        script.look(name)
    for length in (1_100, 2_000, 9_000, 70_000):
        script.ask("POST", f"{PARENT}/operations/{'x' * length}:cancel")


def forms(script: Script) -> None:
    """A form on the bare name, and the ways in which it might name another method."""
    for body, query, override in (
        (b"x=1", "", ()),
        (b"_method=DELETE", "", ()),
        (b"", "?_method=DELETE", ()),
        (b"", "", (("X-HTTP-Method-Override", "DELETE"),)),
        (b"", "", (("X-Method-Override", "DELETE"),)),
        (b'{"_method": "DELETE"}', "", ()),
    ):
        name = script.start()
        script.ask("POST", f"{name}{query}", body, (_FORM, *override))
        script.look(name)


def parents(script: Script) -> None:
    """Operations of organizations, two of which have the same ids."""
    name = script.start(_ORGANIZATION)
    script.ask("POST", f"{name.replace('locations/us', 'locations/eu')}:cancel")
    script.look(name)
    script.ask("POST", f"{name.replace('organizations/1', 'organizations/2')}:cancel")
    script.look(name)
    script.ask("POST", f"{name}:cancel")
    script.look(name)
    script.ask("DELETE", name)


def refusals(script: Script) -> None:
    """Many cancels that are refused, one after the other, and then one that is right."""
    name = script.start()
    for _ in range(14):
        script.ask("POST", f"{name}:cancel", b"{", (_JSON,))
    script.ask("POST", f"{name}:cancel", b'{"foo": 1}', (_JSON,))
    script.look(name)
    script.ask("POST", f"{name}:cancel")
    script.look(name)


def elsewhere(script: Script) -> None:
    """Another operation, named in members and parameters of other names; a link that asks for POST."""
    name, other = script.start(), script.start()
    identifier = other.rpartition("/")[2]
    script.ask("POST", f"{name}:cancel", f'{{"operationId": "{identifier}"}}'.encode(), (_JSON,))
    script.ask("POST", f"{script.start()}:cancel?operationsId={identifier}")
    script.look(other)
    further = script.start().rpartition("/")[2]
    script.ask("POST", f"{name}:cancel", f'{{"operation": "{further}"}}'.encode(), (_JSON,))
    script.ask("POST", f"{name}:cancel?operation={further}")
    script.ask("GET", f"{PARENT}/operations/constructor")
    script.look(f"{PARENT}/operations/{further}")
    script.ask("GET", f"{other}:cancel?_method=POST")
    script.look(other)
    script.ask("POST", f"{other}:cancel", headers=(("X-Goog-User-Project", "another"),), token="weak")
    for each in (script.start(), script.start()):
        script.ask("POST", f"{each}:cancel", headers=(("X-Request-Id", "1"), ("Idempotency-Key", "1")))
        script.look(each)


def reads(script: Script) -> None:
    """Gets and lists with the header fields of generated clients, and of a parent that is the beginning of ours."""
    name = script.start()
    fields = (
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip"),
        ("User-Agent", "google-api-python-client/2.202.0 (gzip)"),
        ("x-goog-api-client", "gl-python/3.12.1 rest/2.32.0 gapic/1.0.0"),
    )
    for path in (name, f"{PARENT}/operations", f"{PARENT}/operations?pageSize=100"):
        script.ask("GET", path, headers=fields)
    script.ask("GET", f"{PARENT[:-1]}/operations")


def versions(script: Script) -> None:
    """HTTP/1.0, also of nobody known, and header names in capitals."""
    script.ask("POST", f"{script.start()}:cancel", version="1.0")
    script.ask("POST", f"{script.start()}:cancel", version="1.0", token="")
    script.ask(
        "POST", f"{script.start()}:cancel", b"{}", (("CONTENT-LENGTH", "2"), ("CONTENT-TYPE", "application/json"))
    )
    script.ask(
        "POST", f"{script.start()}:cancel", b"{", (("CONTENT-LENGTH", "1"), ("CONTENT-TYPE", "application/json"))
    )


def deletes(script: Script) -> None:
    """Deletes while the operation runs, and while a cancel of it is under way."""
    running, cancelled, beside = script.start(), script.start(), script.start()
    script.ask("POST", f"{cancelled}:cancel")
    for name in (running, cancelled):
        script.ask("DELETE", name)
        script.look(running, cancelled, beside)
    script.service.clock.sleep(3)
    script.look(running, cancelled, beside)
