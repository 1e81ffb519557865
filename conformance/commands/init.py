"""`init`: writes the files for a first run on your own server, or for the gate of your own SDK."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.commands import Commands
    from conformance.server.first_look import Seen

_SKELETONS = Path(__file__).parent / "skeletons"
_DRIVERS = {
    "python": ("driver.py", "python driver.py", ["- run: pip install .   # your SDK, with what it needs"]),
    "node": ("driver.mjs", "node driver.mjs", ["- run: npm ci   # your SDK, with what it needs"]),
    "go": (
        "driver.go",
        "go run driver.go",
        ["- uses: actions/setup-go@v5", "  with: {go-version: stable}", "- run: go mod download   # your SDK"],
    ),
}
"""For each language the driver, the command that starts it, and what a workflow does before."""

_USUAL_URL = "http://127.0.0.1:8080"

_BASELINE = """\
# Known failures: they do not fail the run, and the run says when one of them is fixed. docs/baseline.md has the rest.
#
# [[known-failure]]
# requirement = "body.empty-object-is-accepted"
# reason = "our framework answers 422 to {{}} without a Content-Type"
# link = "https://tracker.example/1"
# expires = 2027-01-01
"""

_WORKFLOW = """\
name: conformance
on: [pull_request]
permissions: {{contents: read}}
jobs:
  conformance:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.13"}}
      - run: pip install lro-conformance
{prepare}      - run: {command}
      - if: always()
        uses: actions/upload-artifact@v4
        with: {{name: conformance-report, path: report}}
"""

_CONFIGURATION = """\
# What lro-conformance tests: `lro-conformance run conformance.toml`
[iut]
# name = "my service"
# version = "1.2.3"
{target}
{spec}# What stands before /operations/ in the names of operations.
parent = {parent}
# request_id_header = "X-Request-Id"   # an id for each request, to find it in the server's logs

{operations}
# What the server supports. What is not said is found out, or not tested.
[statement]
# cancel = "best-effort"   # guaranteed | best-effort | unimplemented
# list = true
# delete = true
# auth = true
# errors = "aip-193"       # aip-193 | status; a wrong form of an error fails only where this is said
# auth_order = "first"     # nothing is parsed before the caller is known

# [auth]
# kind = "bearer"
# token_env = "IUT_TOKEN"
"""


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "init",
        help="write the files for a first run on your own server, or for the gate of your SDK",
        description="Look at a server or an application, and write conformance.toml, baseline.toml and a workflow, "
        "filled with what was seen; or write a driver for an SDK.",
        allow_abbrev=False,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--url", help="your server; two GET requests are sent to it")
    what.add_argument("--app", metavar="MODULE:APP", help="your ASGI or WSGI application")
    what.add_argument("--sdk", choices=tuple(_DRIVERS), help="write a driver in this language")
    parser.add_argument("--spec", metavar="FILE", help="the OpenAPI file of your API, with its HTTP rules")
    parser.add_argument("--allow-host", action="append", default=[], metavar="HOST", help="a host that you may test")
    parser.add_argument("--directory", default=".", metavar="DIR", help="where to write (default: here)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look, write, and say what is still to be filled in."""
    from conformance.exchange.printable import wrapped

    directory = Path(options.directory)
    if options.sdk:
        files, to_do = _for_sdk(options.sdk)
    else:
        if not (options.url or options.app or options.spec):
            options.url, options.app = _answers()
        files, to_do = _for_server(options, directory)
    _write(directory, files)
    for name in files:
        print(f"written: {directory / name}")
    print("\nto do:")
    *to_do, command = to_do
    for number, what in enumerate(to_do, 1):
        print("\n".join(wrapped(what, f"  {number}. ")))
    print(f"  {len(to_do) + 1}. {command}")  # a line to copy stays whole
    return 0


def _answers() -> tuple[str, str]:
    """The URL or the application, asked for on the terminal. Raises UsageError without a terminal or an answer."""
    nothing = UsageError("nothing says what is to be tested", "give --url, --app, --spec or --sdk")
    if not sys.stdin.isatty():
        raise nothing
    try:
        url = input("URL of your server (empty: it is a Python application): ").strip()
        return (url, "") if url else ("", input("ASGI or WSGI application, as package.module:app: ").strip())
    except EOFError:  # Ctrl-D
        print()
        raise nothing from None


def _for_server(options: argparse.Namespace, directory: Path) -> tuple[dict[str, str], list[str]]:
    from conformance.server.first_look import Seen, look_at_app, look_at_url, operations_table
    from conformance.server.target.configuration import Configuration, IutSection
    from conformance.server.target.connect import refuse_a_path_that_the_contract_has, refuse_other_hosts
    from conformance.server.target.url import usual_url
    from conformance.spec.contract import Contract
    from conformance.spec.files import spec_path

    contract = Contract.load(options.spec or IutSection().spec)
    if options.url:
        options.url = usual_url("--url", options.url)
        refuse_other_hosts(Configuration(iut=IutSection(url=options.url, allow_hosts=tuple(options.allow_host))))
        refuse_a_path_that_the_contract_has(options.url, contract)
        seen, target = look_at_url(options.url, contract), f"url = {_quoted(options.url)}"
    elif options.app:
        seen = look_at_app(options.app, directory, contract)
        target = f"app = {_quoted(options.app)}   # in this process; or url = {_quoted(_USUAL_URL)}"
    else:
        seen, target = Seen.nothing(contract), f"url = {_quoted(_USUAL_URL)}"
    if options.allow_host:
        target += f"\nallow_hosts = {json.dumps(options.allow_host)}"
    spec = f"spec = {_quoted(str(spec_path(options.spec)))}\n" if options.spec else ""
    configuration = _CONFIGURATION.format(
        target=target, spec=spec, parent=_quoted(seen.parent), operations=operations_table(seen)
    )
    command = "lro-conformance run conformance.toml --baseline baseline.toml --report-dir report"
    files = {
        "conformance.toml": configuration,
        "baseline.toml": _BASELINE.format(),
        ".github/workflows/conformance.yml": _workflow(_steps_for(options.app, options.url), command),
    }
    started = (
        [] if options.app else [".github/workflows/conformance.yml: write how your server is installed and started"]
    )
    return files, [
        *_open_points(seen, bool(options.url or options.app)),
        *started,
        f"lro-conformance run {directory / 'conformance.toml'} --report-dir report",
    ]


def _steps_for(app: str | None, url: str | None) -> list[str]:
    """What a workflow does before the run: an application is installed; a server is started, and awaited."""
    install = "- run: pip install .   # your application, with what it needs"
    if app:
        return [install]
    address = url or _USUAL_URL
    port = urlsplit(address).port or 80
    return [
        "- run: echo install your server here   # such as: npm ci",
        f"- run: ./start-server --port {port} &   # the command that starts it, in the background",
        f"- run: curl -sS -o /dev/null --retry 30 --retry-delay 1 --retry-all-errors {address}",
    ]


def _workflow(steps: Sequence[str], command: str) -> str:
    return _WORKFLOW.format(prepare="".join(f"      {step}\n" for step in steps), command=command)


def _open_points(seen: Seen, was_looked_at: bool) -> list[str]:
    """What the first look leaves open."""
    start = f"POST {seen.starts[0].path} and its json are a guess" if seen.starts else "write your request"
    to_do = [f"[operations] start: {start}; the answer must be an operation that runs until it is cancelled"]
    if was_looked_at and seen.lists != 200:
        answered = f"was answered with {seen.lists}" if seen.lists else "was not answered"
        to_do.append(
            f"[iut] parent: the list of operations below {seen.parent} {answered}; if there is another parent, "
            "write it; if there is no list, write list = false in [statement]"
        )
    return [*to_do, *seen.missing]


def _for_sdk(language: str) -> tuple[dict[str, str], list[str]]:
    name, command, steps = _DRIVERS[language]
    gate = f"lro-conformance sdk --baseline baseline.toml --report-dir report -- {command}"
    files = {
        name: (_SKELETONS / name).read_text("utf-8"),
        "baseline.toml": _BASELINE.format(),
        ".github/workflows/sdk-conformance.yml": _workflow(steps, gate),
    }
    return files, [f"{name}: call your SDK in cancel and get, and tell its errors apart", gate]


def _quoted(text: str) -> str:
    """A text as TOML has it, whose basic strings are JSON's."""
    return json.dumps(text, ensure_ascii=False)


def _write(directory: Path, files: dict[str, str]) -> None:
    """Write all of the files, or none. Raises UsageError where one exists, or cannot be written."""
    for name in files:
        if (directory / name).exists():
            raise UsageError(f"{directory / name} exists already", "move it away, or choose another --directory")
    for name, text in files.items():
        path = directory / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror}", "choose another --directory") from error
