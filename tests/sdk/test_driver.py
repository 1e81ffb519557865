"""Whose fault is it? What a driver does to the protocol is an error of the run and never a verdict on the client."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.rules.client.turn import DriverRequest, Outcome
from conformance.sdk.credentials import TOKEN, TOKEN_VARIABLE, masking_of
from conformance.sdk.driver import Driver
from conformance.sdk.reply import DriverFault, read_reply

CANCEL = DriverRequest(7, Method.CANCEL, "http://127.0.0.1:1", "projects/p/locations/l/operations/o", 20, "rest", 0.0)
GET = DriverRequest(7, Method.GET, "http://127.0.0.1:1", "projects/p/locations/l/operations/o", 20, "rest", 0.0)


@contextmanager
def driver(program: str, patience: float = 5.0) -> Iterator[Driver]:
    command = [sys.executable, "-S", "-E", "-c", "import sys, json, os, time\n" + program]
    with Driver(command, time.monotonic, {TOKEN_VARIABLE: TOKEN}, patience) as running:
        yield running


ECHOES_OK = "for line in sys.stdin: print(json.dumps({'id': json.loads(line)['id'], 'outcome': 'ok'}), flush=True)"


def test_a_line_in_and_a_line_out() -> None:
    with driver(ECHOES_OK) as running:
        assert running.ask([CANCEL])[0].outcome is Outcome.OK
        assert running.ask([CANCEL])[0].line == '{"id": 7, "outcome": "ok"}'
        assert running.replies == 2
        running.finish()


def test_a_driver_is_told_everything_on_one_line() -> None:
    tells = "line = sys.stdin.readline(); print(json.dumps({'id': 7, 'outcome': 'client_error', 'message': line}))"
    with driver(tells) as running:
        assert running.ask([CANCEL])[0].message == (
            '{"id": 7, "method": "cancel", "endpoint": "http://127.0.0.1:1",'
            ' "name": "projects/p/locations/l/operations/o", "timeout_ms": 20, "transport": "rest"}\n'
        )


def test_a_driver_finds_the_token_in_its_environment() -> None:
    tells = f"print(json.dumps({{'id': 7, 'outcome': 'ok', 'message': os.environ['{TOKEN_VARIABLE}']}}))"
    with driver(tells) as running:
        assert running.ask([CANCEL])[0].message == TOKEN


def test_stderr_is_evidence_and_may_be_long() -> None:
    with driver("sys.stderr.write('x' * 200000 + 'the end'); sys.stderr.flush()\n" + ECHOES_OK) as running:
        running.ask([CANCEL])
        running.finish()
    assert running.stderr.endswith("xxxthe end")
    assert len(running.stderr) == 64 * 1024


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("sys.exit(3)", "the driver ended with status 3 instead of replying to request 7"),
        ("os.kill(os.getpid(), 9)", "the driver was ended by SIGKILL instead of replying to request 7"),
        ("sys.stdin.readline(); sys.exit(0)", "the driver ended with status 0 instead of replying"),
        ("print('ready', flush=True); time.sleep(9)", "the reply to request 7 is not a line of JSON: 'ready'"),
        ("for line in sys.stdin: print(line, end='', flush=True)", "the reply to request 7 has the outcome None"),
        ("print('x' * 3000000)", "the reply to request 7 is not a line of JSON: 'xxxx"),
    ],
)
def test_no_reply_is_the_drivers_fault(program: str, message: str) -> None:
    with driver(program) as running, pytest.raises(DriverFault, match=message) as fault:
        running.ask([CANCEL])
    assert fault.value.remedy


def test_a_hanging_driver_is_given_up() -> None:
    began = time.monotonic()
    late = pytest.raises(DriverFault, match=r"did not reply to request 7, its first, within 0\.12 s")
    with driver("time.sleep(60)", patience=0.1) as running, late:
        running.ask([CANCEL])
    assert time.monotonic() - began < 5


def test_a_driver_ends_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "child"
    forks = f"child = os.fork()\nif not child: time.sleep(60)\nopen({str(note)!r}, 'w').write(str(child))\n" + ECHOES_OK
    with driver(forks) as running:
        running.ask([CANCEL])
        child = int(note.read_text())
        os.kill(child, 0)
    for _ in range(1000):
        if not _is_running(child):
            return
        time.sleep(0.01)  # the end of a process of nobody's is announced to nobody: it can only be looked for
    pytest.fail("the driver's child goes on")


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("sys.exit(4)", "the driver ended with status 4 at the end of its input"),
        ("print('bye')", "the driver wrote a line too many: 'bye'"),
    ],
)
def test_how_a_driver_ends_is_part_of_the_protocol(end: str, message: str) -> None:
    with driver(f"{ECHOES_OK}\n{end}") as running:
        running.ask([CANCEL])
        with pytest.raises(DriverFault, match=message):
            running.finish()


def test_a_driver_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.sdk.driver._TO_EXIT", 0.05)
    with driver(f"{ECHOES_OK}\ntime.sleep(60)") as running:
        running.ask([CANCEL])
        with pytest.raises(DriverFault, match=r"still running 0\.05 s after the end of its input"):
            running.finish()


@pytest.mark.parametrize("flood", ["'x' * 1000 + '\\n'", "'x' * 1000"], ids=["lines", "one line"])
def test_a_flood_after_the_end_is_neither_kept_nor_waited_for(monkeypatch: pytest.MonkeyPatch, flood: str) -> None:
    monkeypatch.setattr("conformance.sdk.driver._TO_EXIT", 0.3)
    with driver(f"{ECHOES_OK}\nwhile True: sys.stdout.write({flood})") as running:
        running.ask([CANCEL])
        with pytest.raises(DriverFault, match=r"still running 0\.3 s after the end of its input"):
            running.finish()
        assert running._lines.qsize() <= 64


def test_a_child_that_floods_the_output_of_a_driver_that_has_ended_is_not_read_for_ever() -> None:
    floods = "import subprocess\nsubprocess.Popen(['yes'], start_new_session=True)"
    with driver(f"{ECHOES_OK}\n{floods}") as running:
        running.ask([CANCEL])
        with pytest.raises(DriverFault, match="a line too many: 'y'"):
            running.finish()


def test_replies_may_come_in_any_order() -> None:
    other = replace(CANCEL, id=8)
    backwards = (
        "lines = [json.loads(sys.stdin.readline())['id'] for _ in range(2)]\n"
        "for id in reversed(lines): print(json.dumps({'id': id, 'outcome': 'ok', 'message': str(id)}), flush=True)"
    )
    with driver(backwards) as running:
        assert [said.message for said in running.ask([CANCEL, other])] == ["7", "8"]


def test_a_driver_that_is_not_there_is_the_users_fault() -> None:
    with pytest.raises(UsageError, match=r"the driver \./no-such-driver cannot be started"):
        Driver(["./no-such-driver"], time.monotonic).__enter__()


@pytest.mark.parametrize(
    ("mode", "line", "remedy"),
    [
        (0o600, "#!/bin/sh", "chmod +x"),
        (0o700, "#!/no/such/interpreter", "its first line must be"),
        (0o700, "no interpreter at all", "its first line must be"),
    ],
)
def test_a_driver_that_is_there_and_cannot_be_started(tmp_path: Path, mode: int, line: str, remedy: str) -> None:
    program = tmp_path / "driver"
    program.write_text(line + "\n")
    program.chmod(mode)
    with pytest.raises(UsageError) as refused:
        Driver([str(program)], time.monotonic).__enter__()
    assert remedy in refused.value.remedy


def test_what_a_reply_says() -> None:
    said = read_reply(
        b'{"id": 7, "outcome": "rpc_error", "code": "UNIMPLEMENTED", "http_status": 501, "message": "no", "more": 1}\n',
        CANCEL,
        1.5,
    )
    assert (said.outcome, said.code, said.http_status, said.message) == (
        Outcome.RPC_ERROR,
        Code.UNIMPLEMENTED,
        501,
        "no",
    )
    assert (said.at, said.in_words()) == (1.5, "rpc_error with code UNIMPLEMENTED and http_status 501")


def test_code_and_status_may_be_null_or_missing() -> None:
    for line in (
        b'{"id": 7, "outcome": "rpc_error", "code": null, "http_status": null}',
        b'{"id":7,"outcome":"rpc_error"}',
    ):
        said = read_reply(line, CANCEL, 0.0)
        assert (said.code, said.http_status, said.message) == (None, None, "")


def test_a_message_that_utf_8_cannot_write_can_be_reported() -> None:
    said = read_reply(rb'{"id": 7, "outcome": "decode_error", "message": "a \ud800 b \u00e9"}', CANCEL, 0.0)
    assert said.message == "a ? b é"


def test_a_credential_in_a_reply_is_not_shown() -> None:
    said = read_reply(b'{"id": 7, "outcome": "client_error", "message": "sent Bearer ya29.realtoken"}', CANCEL, 0.0)
    assert masking_of(()).text(said.message) == "sent Bearer [secret]"
    assert "realtoken" not in masking_of(()).text(said.line)


def test_an_operation_that_is_got_is_said() -> None:
    line = (
        b'{"id": 7, "outcome": "ok", "operation": {"name": "n", "done": true, "error": {"code": 1}, "response": false}}'
    )
    operation = read_reply(line, GET, 0.0).operation
    assert operation is not None
    assert operation["error"] == {"code": 1}


def shown(operation: str) -> bytes:
    """The reply to a get that shows this."""
    return f'{{"id": 7, "outcome": "ok", "operation": {operation}}}'.encode()


def test_what_a_client_makes_of_an_answer_is_its_own() -> None:
    """A status that is none, a name that it lost: the driver passes them on as it is told to."""
    odd = b'{"id": 7, "outcome": "rpc_error", "http_status": 5}'
    assert read_reply(odd, CANCEL, 0.0).http_status == 5
    nameless = read_reply(shown('{"name": null, "done": true, "error": null, "response": false}'), GET, 0.0).operation
    assert nameless is not None
    assert nameless["name"] is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\xff\n", "is not a line of JSON"),
        (b"\n", "is not a line of JSON"),
        (b"[" * 100000, "is not a line of JSON"),
        (b"[]", "is not a JSON object"),
        (b'{"outcome": "ok"}', "has the id None"),
        (b'{"id": 6, "outcome": "ok"}', "has the id 6, that of an earlier request: it is one reply too many"),
        (b'{"id": 8, "outcome": "ok"}', "has the id 8: "),
        (b'{"id": true, "outcome": "ok"}', "has the id True"),
        (b'{"id": "7", "outcome": "ok"}', "has the id '7'"),
        (b'{"id": 7, "outcome": "OK"}', "has the outcome 'OK', which is none of ok, rpc_error"),
        (b'{"id": 7, "outcome": ["ok"]}', "has the outcome"),
        (b'{"id": 7, "outcome": "rpc_error", "code": "NotFound"}', "has the code 'NotFound', which is neither"),
        (b'{"id": 7, "outcome": "rpc_error", "code": 5}', "has the code 5"),
        (b'{"id": 7, "outcome": "rpc_error", "http_status": "404"}', "has the http_status '404'"),
        (b'{"id": 7, "outcome": "rpc_error", "message": {}}', "has a message that is no text"),
        (b'{"id": 7, "outcome": "ok"}', "has no object `operation`"),
        (b'{"id": 7, "outcome": "ok", "operation": {"done": true}}', "has an operation without name and r"),
        (shown('{"name": 1, "done": true, "error": null, "response": false}'), "has an operation whose name is"),
        (shown('{"name": "n", "done": 1, "error": null, "response": false}'), "has an operation whose done is"),
        (shown('{"name": "n", "done": true, "error": null, "response": {}}'), "has an operation whose response is"),
        (
            shown('{"name": "n", "done": true, "error": {"code": "CANCELLED"}, "response": false}'),
            "has an operation whose error is",
        ),
        (
            shown('{"name": "n", "done": true, "error": {}, "response": true}'),
            "has an operation whose error has nothing in it",
        ),
    ],
)
def test_a_malformed_reply_is_the_drivers_fault(line: bytes, why: str) -> None:
    with pytest.raises(DriverFault) as fault:
        read_reply(line, GET, 0.0)
    assert f"the reply to request 7 {why}" in fault.value.message
    assert len(fault.value.message) < 400


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        (b'{"id": "7", "outcome": "ok"}', "copy the `id` of the request into its reply, as the number that it is"),
        (b'{"id": 7, "outcome": "error"}', "an error of the API is `rpc_error`"),
        (b'{"id": 7, "outcome": "rpc_error", "http_status": "404"}', 'write 404, not "404"'),
        (shown('{"name": "n", "response": false}'), 'an operation is {"name": "…", "done": true, "error": null'),
    ],
)
def test_a_malformed_reply_has_a_remedy_of_its_own(line: bytes, remedy: str) -> None:
    with pytest.raises(DriverFault) as fault:
        read_reply(line, GET, 0.0)
    assert remedy in fault.value.remedy
