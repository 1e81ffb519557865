"""What is put in wrongly: one message that says what is wrong and what to do, exit status 2, and never a traceback."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.errors import UsageError
from conformance.judging.baseline import read_baseline
from conformance.judging.difference import difference, render_difference
from conformance.judging.replay import evidence_of
from conformance.judging.report import read_report, write_report
from conformance.judging.verdict import Finding
from conformance.server.target.configuration_file import read_configuration
from conformance.spec.files import read_json, read_yaml
from tests.reports.making import report_of, requirement, result, violation
from tests.targets.raw_server import Peer, RawServer, answer

NAME = "projects/demo/locations/us/operations/op-1"


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    """What is wrong with these words, and the remedy, as the command line says it."""
    assert main(words) == 2
    said = capsys.readouterr().err.strip()
    assert "Traceback" not in said
    message, _, remedy = said.partition("\n  remedy: ")
    assert message.startswith("lro-conformance: ")
    assert remedy
    return message.removeprefix("lro-conformance: "), remedy


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "conformance.toml"
    path.write_text(f'[iut]\nurl = "http://127.0.0.1:1"\n[operations]\nnames = ["{NAME}"]\n', "utf-8")
    return str(path)


def test_one_file_is_taken(capsys: pytest.CaptureFixture[str], file: str) -> None:
    assert refused(capsys, "run", file, "other.toml") == (
        "only one CONFIG.toml is accepted, and other.toml is another one",
        "run each file on its own",
    )


def test_a_url_is_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "run", "http://127.0.0.1:1") == (
        "http://127.0.0.1:1 is a URL, but a file is expected",
        "write it as --url http://127.0.0.1:1",
    )


def test_a_url_that_ends_as_the_paths_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "run", "--url", "http://127.0.0.1:1/gateway/v1/", "--operation", NAME) == (
        "the url ends in /v1, with which the paths of beyondcorp.v1 begin",
        "leave /v1 out of the url",
    )


@pytest.mark.parametrize(("option", "remedy"), [("--lf", "-k"), ("--co", "--plan"), ("--pdb", "pytest --pyargs")])
def test_an_option_of_pytest_that_does_nothing_here(
    capsys: pytest.CaptureFixture[str], option: str, remedy: str
) -> None:
    message, told = refused(capsys, "run", option)
    assert message == f"{option} of pytest does nothing here"
    assert remedy in told


@pytest.mark.parametrize(
    ("word", "remedy"),
    [
        ("--iut-url=http://127.0.0.1:1", "write it as --url"),
        ("--iut=conformance.toml", "give the CONFIG.toml alone"),
        ("--iut-fault=answers-nothing", "run `pytest --pyargs conformance.suite --iut-fault=…` for that"),
    ],
)
def test_an_option_of_the_plugin_is_not_ignored(capsys: pytest.CaptureFixture[str], word: str, remedy: str) -> None:
    """The embedded server would be judged in place of the one that was meant."""
    name = word.partition("=")[0]
    assert refused(capsys, "run", word) == (f"{name} is an option of pytest's and does nothing here", remedy)


def test_a_spec_that_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "run", "--spec", "nothing.yaml") == (
        "there is no spec nothing.yaml",
        "name one of beyondcorp.v1, or give the path of an OpenAPI file",
    )


def test_a_host_that_is_not_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    message, remedy = refused(capsys, "run", "--url", "http://example.com", "--operation", NAME)
    assert message == "the host 'example.com' is neither this machine nor allowed"
    assert "--allow-host example.com" in remedy


def test_nobody_listens(capsys: pytest.CaptureFixture[str], file: str) -> None:
    assert main(["run", file]) == 2
    said = capsys.readouterr()
    assert "nobody listens at http://127.0.0.1:1\n  remedy: start the server" in said.err
    assert said.out == "", "a table of what was not tested would hide it"


def test_a_mark_before_the_text_is_no_text(tmp_path: Path, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Some editors write one."""
    path = tmp_path / "marked.toml"
    path.write_text("\ufeff" + Path(file).read_text("utf-8").replace(":1", ":1/v1"), "utf-8")
    assert refused(capsys, "run", str(path))[1] == "leave /v1 out of the url"


def test_names_that_are_not_under_the_parent(tmp_path: Path, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "parent.toml"
    said = Path(file).read_text("utf-8").replace("[operations]", 'parent = "projects/other/locations/us"\n[operations]')
    path.write_text(said, "utf-8")
    message, remedy = refused(capsys, "run", str(path))
    assert message.endswith(f"{NAME!r} is not under [iut] parent, which is 'projects/other/locations/us'")
    assert remedy == "give the parent that the names have as [iut] parent"


def test_plain_http_to_a_port_that_speaks_tls(capsys: pytest.CaptureFixture[str]) -> None:
    """A server that says so in TLS: a fatal alert, unexpected message."""
    with RawServer(lambda peer: peer.send(b"\x15\x03\x03\x00\x02\x02\x0a")) as server:
        assert main(["run", "--url", server.origin, "--operation", NAME]) == 2
    said = capsys.readouterr()
    assert (
        "the server speaks TLS, and was asked in plain HTTP\n  remedy: write https:// in the url" in said.out + said.err
    )


def test_http_to_a_port_that_speaks_grpc(capsys: pytest.CaptureFixture[str]) -> None:
    """The real one: it greets with the settings of HTTP/2, whatever it was asked."""
    grpc = pytest.importorskip("grpc")
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        assert main(["run", "--url", f"http://127.0.0.1:{port}", "--operation", NAME]) == 2
    finally:
        server.stop(None)
    said = capsys.readouterr()
    assert "speaks HTTP/2 only, as gRPC servers do" in said.out + said.err


# --- files ---


def test_a_discovery_document_that_is_nested_without_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "deep.json"
    path.write_text('{"a":' * 3000 + "1" + "}" * 3000, "utf-8")
    assert refused(capsys, "spec", "from-discovery", str(path))[0] == f"{path}: is nested more than 150 deep"


def test_a_short_file_that_is_endless_when_it_is_written_out(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at + 1}: &a{at + 1} [{', '.join([f'*a{at}'] * 9)}]" for at in range(9)]
    path = tmp_path / "spec.yaml"
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(UsageError, match="has more than 1000000 values when its aliases are written out"):
        read_yaml(path)


@pytest.mark.parametrize(
    "content", [b"{", b"\xff", b"[" * 100_000, b"9" * 5000], ids=["cut", "latin", "deep", "digits"]
)
def test_json_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        read_json(path, "name another")


def test_a_directory_means_the_report_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_report(report_of((requirement(), [result(Finding.KEPT)])), tmp_path)
    assert main(["diff", str(tmp_path), str(tmp_path)]) == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    capsys.readouterr()
    message, remedy = refused(capsys, "diff", str(empty), str(tmp_path))
    assert message == f"{empty / 'report.json'}: cannot be read: No such file or directory"
    assert "the directory of `run --report-dir`" in remedy


# --- damaged reports and recordings: every member, in every way that comes to mind ---

WRONG: tuple[Any, ...] = (None, 7, -1.5, "x", "", [], [3], {}, {"x": 1}, True, 10**400)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*at, key)
        yield from places(member, (*at, key))


def damaged(value: Any, draw: random.Random, count: int) -> Iterator[Any]:
    """Copies with one member changed or taken away."""
    everywhere = list(places(value))
    for _ in range(count):
        copied = copy.deepcopy(value)
        *way, last = draw.choice(everywhere)
        holder = copied
        for step in way:
            holder = holder[step]
        if draw.random() < 0.25:
            del holder[last]
        else:
            holder[last] = draw.choice(WRONG)
        yield copied


def test_a_damaged_report_is_refused_or_read_never_half_read(tmp_path: Path) -> None:
    report = report_of(
        (requirement(), [result(Finding.VIOLATED, "so", violations=(violation(),))]),
        iut={
            "name": "n",
            "url": "http://127.0.0.1:1",
            "statement": {"declared": {}, "found": {"list": {"value": True, "because": "b"}}},
        },
    )
    whole = copy.deepcopy(report)
    path = tmp_path / "report.json"
    for one in damaged(report, random.Random(0), 1500):
        path.write_text(json.dumps(one), "utf-8")
        with contextlib.suppress(UsageError):
            read = read_report(path)
            list(render_difference(difference(whole, read)))
            list(render_difference(difference(read, whole)))
            for entry in read["requirements"]:
                evidence_of(entry)


def test_a_damaged_recording_is_refused_or_read(tmp_path: Path) -> None:
    from conformance.exchange.har import har_text, read_har
    from tests.rules.traffic import Traffic

    traffic = Traffic()
    traffic.cancel()
    whole = json.loads("".join(har_text(traffic.exchanges, "2026-01-01T00:00:00.000Z")))
    path = tmp_path / "traffic.har"
    for one in damaged(whole, random.Random(0), 1500):
        path.write_text(json.dumps(one), "utf-8")
        with contextlib.suppress(UsageError):
            read_har(path)
    whole["log"]["entries"][0]["time"] = 10**400
    del whole["log"]["entries"][0]["_lro_conformance"]
    path.write_text(json.dumps(whole), "utf-8")
    assert main(["audit", str(path)]) == 3


def test_a_recording_in_which_nothing_was_judged_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "traffic.har"
    path.write_text('{"log": {"entries": []}}', "utf-8")
    assert main(["audit", str(path)]) == 3
    assert "verdict: INCOMPLETE: NOTHING WAS JUDGED\n" in capsys.readouterr().out


# --- a server that nobody has described yet ---


class FirstServer:
    """A service with an OpenAPI description and a list, and no method of the reference server."""

    def __init__(self) -> None:
        paths: dict[str, object] = {
            "/v1/projects/{project}/locations/{location}/machines": {"get": {}, "post": {}},
            "/v1/projects/{project}/locations/{location}/operations": {"get": {}},
            "/v1/projects/{project}/locations/{location}/operations/{operation}": {"get": {}},
            "/health": {"get": {}},
        }
        self.answers = {
            "/openapi.json": {"openapi": "3.1.0", "paths": paths},
            "/v1/projects/demo/locations/us/operations": {
                "operations": [{"name": "projects/demo/locations/us/operations/a", "done": True}]
            },
        }

    def __call__(self, peer: Peer) -> None:
        path = peer.read_request().split(b" ")[1].decode().partition("?")[0]
        found = self.answers.get(path)
        peer.send(answer(json.dumps(found or {}).encode(), "200 OK" if found else "404 Not Found", "Connection: close"))
        peer.end()


def test_a_run_on_a_server_of_ones_own_says_what_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    with RawServer(FirstServer(), reads=False) as server:
        assert main(["run", "--url", server.origin]) == 2
    said = capsys.readouterr()
    assert "That was the default start, which the reference server has." in said.err
    assert 'start = {method = "POST", path = "/v1/projects/demo/locations/us/machines"' in said.err
    assert f"  lro-conformance init --url {server.origin}\n" in said.err
    assert said.out == ""


def test_a_run_on_an_application_says_what_to_write_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bare_service.py").write_text(
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 404, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': b''})\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--app", "bare_service:app"]) == 2
    assert '[iut]\napp = "bare_service:app"\nparent = ' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "name", "steps"),
    [
        (["--app", "first_service:app"], "conformance", ["pip install .   # your application"]),
        (["--url", "{url}"], "conformance", ["./start-server --port {port} &", "--retry-all-errors {url}"]),
        (["--spec", "beyondcorp.v1"], "conformance", ["./start-server --port 8080 &"]),
        (["--sdk", "python"], "sdk-conformance", ["pip install .   # your SDK"]),
        (["--sdk", "node"], "sdk-conformance", ["npm ci   # your SDK"]),
        (["--sdk", "go"], "sdk-conformance", ["actions/setup-go@v5", "go mod download"]),
    ],
)
def test_a_workflow_installs_and_starts_what_is_tested(
    tmp_path: Path, words: list[str], name: str, steps: list[str]
) -> None:
    (tmp_path / "first_service.py").write_text("async def app(scope, receive, send):\n    raise RuntimeError\n")
    with RawServer(FirstServer(), reads=False) as server:
        told = {"url": server.origin, "port": server.origin.rpartition(":")[2]}
        assert main(["init", *(word.format(**told) for word in words), "--directory", str(tmp_path)]) == 0
    text = (tmp_path / f".github/workflows/{name}.yml").read_text("utf-8")
    jobs = read_yaml(tmp_path / f".github/workflows/{name}.yml")["jobs"]
    assert [step for step in steps if step.format(**told) not in text] == []
    assert "lro-conformance" in jobs["conformance"]["steps"][-2]["run"]


def test_init_writes_what_a_first_look_shows_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawServer(FirstServer(), reads=False) as server:
        words = ["init", "--url", server.origin, "--directory", str(tmp_path)]
        assert main(words) == 0
        said = capsys.readouterr().out
        assert main(words) == 2
        assert "exists already" in capsys.readouterr().err
    configuration = read_configuration(tmp_path / "conformance.toml")
    assert configuration.iut.url == server.origin
    assert configuration.operations.running.start is not None
    assert configuration.operations.running.start.path == "/v1/projects/demo/locations/us/machines"
    assert "no POST …/operations/{operation}:cancel" in said
    assert read_baseline(tmp_path / "baseline.toml").entries == ()
    assert "lro-conformance run conformance.toml" in (tmp_path / ".github/workflows/conformance.yml").read_text("utf-8")


def test_init_of_an_application_can_be_run_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "first_service.py").write_text(
        "from conformance.lro import SystemClock\n"
        "from conformance.server.reference.asgi import application\n"
        "from conformance.server.reference.build import reference_service\n"
        "app = application(reference_service(clock=SystemClock(), seed=0))\n"
    )
    assert main(["init", "--app", "first_service:app", "--directory", str(tmp_path)]) == 0
    assert read_configuration(tmp_path / "conformance.toml").iut.app == "first_service:app"


@pytest.mark.parametrize("language", ["python", "node", "go"])
def test_init_writes_a_driver_that_speaks_the_protocol(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--sdk", language, "--directory", str(tmp_path)]) == 0
    command = "lro-conformance sdk --baseline baseline.toml --report-dir report -- "
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"  2. {command}{language.replace('go', 'go run')} ")
    written = {path.name for path in tmp_path.iterdir()}
    assert {"baseline.toml", ".github"} < written
    if language == "python":
        asked = json.dumps({"id": 1, "method": "hello"}) + "\n"
        done = subprocess.run(
            [sys.executable, "driver.py"], input=asked, capture_output=True, text=True, check=True, cwd=tmp_path
        )
        assert json.loads(done.stdout)["methods"] == ["cancel", "get"]


def test_init_that_is_told_nothing_asks_nobody_where_nobody_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert refused(capsys, "init") == ("nothing says what is to be tested", "give --url, --app, --spec or --sdk")
