"""Which turn a request belongs to, and which answer of its script it gets."""

from __future__ import annotations

from itertools import count

import pytest

from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.sdk.answers import EMPTY_OBJECT, Script, envelope
from conformance.sdk.server import ScriptedServer

from .in_process import CONTRACT
from .scripted import NAME, OK, PATH, everything, post, sent, serving, wire


def test_a_late_attempt_belongs_to_the_call_that_failed() -> None:
    other = NAME + "-2"
    with serving() as server:
        first = server.begin("first", Method.CANCEL, NAME, Script((envelope(Code.UNAVAILABLE, "soon"),)), 5000)
        sent(server.url, post())
        server.end(first, has_failed=True)
        second = server.begin("second", Method.CANCEL, other, OK, 5000)
        assert sent(server.url, post())[9:12] == b"503"
        assert sent(server.url, post(f"/v1/{other}:cancel"))[9:12] == b"200"
        server.stop()
        assert [len(server.arrived(turn)) for turn in (first, second)] == [2, 1]
        assert {exchange.check for exchange in server.arrived(first)} == {"first"}


def test_a_call_that_succeeded_has_no_late_attempts() -> None:
    """What arrives for its operation afterwards is sent on account of the call that is open."""
    get = f"GET /v1/{NAME} HTTP/1.1\r\nConnection: close\r\n\r\n".encode()
    with serving() as server:
        first = server.begin("story", Method.GET, NAME, OK, 5000)
        sent(server.url, get)
        server.end(first)
        second = server.begin("story", Method.CANCEL, NAME, OK, 5000)
        assert sent(server.url, get).endswith(b'{"name": "%s"}' % NAME.encode()), "a look before the cancel"
        assert sent(server.url, post())[9:12] == b"200"
        server.end(second)
        third = server.begin("next", Method.CANCEL, NAME + "-3", OK, 5000)
        sent(server.url, post())
        server.stop()
        assert [len(server.arrived(turn)) for turn in (first, second, third)] == [1, 2, 1]


def test_a_copy_belongs_to_the_call_that_it_is_a_copy_of() -> None:
    """A call that succeeded comes again, before and after the next one: the next one did not go elsewhere."""
    with serving() as server:
        first = server.begin("first", Method.CANCEL, NAME, OK, 5000)
        sent(server.url, post())
        server.end(first)
        second = server.begin("second", Method.CANCEL, NAME + "-2", OK, 5000)
        for target in (PATH, f"/v1/{NAME}-2:cancel", PATH):
            last = sent(server.url, post(target))
        assert last[9:12] == b"200", "a copy is no call of an operation that does not exist"
        server.end(second)
        server.stop()
        assert [len(server.arrived(turn)) for turn in (first, second)] == [3, 1]
        assert {exchange.check for exchange in server.arrived(first)} == {"first"}


def test_calls_that_are_open_at_once_are_told_by_their_names() -> None:
    with serving() as server:
        first = server.begin("first", Method.CANCEL, NAME, OK, 5000)
        second = server.begin("second", Method.CANCEL, NAME + "-2", OK, 5000)
        for target in (PATH, f"/v1/{NAME}-2:cancel", PATH):
            sent(server.url, post(target))
        server.stop()
        assert [len(server.arrived(turn)) for turn in (first, second)] == [2, 1]


def test_anything_else_belongs_to_the_turn_that_is_open() -> None:
    with serving() as server:
        server.end(server.begin("first", Method.CANCEL, NAME, OK, 5000))
        second = server.begin("second", Method.CANCEL, NAME + "#2", OK, 5000)
        assert sent(server.url, post(f"/v1/{NAME}"))[9:12] == b"404"
        assert sent(server.url, post(f"/v1/{NAME}-unknown:cancel"))[9:12] == b"404"
        server.stop()
        assert len(server.arrived(second)) == 2


def test_who_looks_before_it_cancels_sees_an_operation_that_runs() -> None:
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        looked = sent(server.url, f"GET /v1/{NAME} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    assert looked.endswith(b'{"name": "%s"}' % NAME.encode())


def test_the_time_of_a_script_begins_with_the_first_attempt() -> None:
    clock = [0.0]
    with ScriptedServer(CONTRACT, lambda: clock[0]) as server:
        server.begin("story", Method.CANCEL, NAME, Script((envelope(Code.UNAVAILABLE, "soon"),)), 200)
        for clock[0] in (9.0, 9.3):
            assert sent(server.url, post())[9:12] == b"503"
        clock[0] = 10.5
        assert b"that was one attempt too many" in sent(server.url, post())


def test_who_does_not_stop_by_itself_is_refused_for_good() -> None:
    clock = [0.0]
    with ScriptedServer(CONTRACT, lambda: clock[0]) as server:
        server.begin("story", Method.CANCEL, NAME, Script((envelope(Code.UNAVAILABLE, "soon"),)), 200)
        assert sent(server.url, post())[9:12] == b"503"
        clock[0] = 1.5
        assert b"that was one attempt too many" in sent(server.url, post())


def test_answers_come_in_their_order_and_the_last_stays() -> None:
    script = Script((envelope(Code.UNAVAILABLE, "soon"), EMPTY_OBJECT))
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, script, 5000)
        assert [sent(server.url, post())[9:12] for _ in range(3)] == [b"503", b"200", b"200"]


def test_a_call_that_was_told_no_success_is_not_over_when_the_driver_says_ok() -> None:
    """Who takes the end of its time for a success, and tries on, is charged with that and not with its next call."""
    with serving() as server:
        first = server.begin("first", Method.CANCEL, NAME, Script((envelope(Code.UNAVAILABLE, "soon"),)), 5000)
        sent(server.url, post())
        server.end(first)
        second = server.begin("second", Method.CANCEL, NAME + "-2", OK, 5000)
        sent(server.url, post())
        server.stop()
        assert [len(server.arrived(turn)) for turn in (first, second)] == [2, 0]


def test_what_was_sent_before_the_next_call_belongs_to_the_one_before() -> None:
    """A client that sends two requests for one call, and hears one answer, has sent both for that call."""
    with serving() as server:
        for number in range(10):
            name = f"{NAME}-{number}"
            turn = server.begin("story", Method.CANCEL, name, OK, 5000)
            with wire(server.url) as connection:
                sent(server.url, post(f"/v1/{name}:cancel"))
                connection.sendall(post(f"/v1/{name}:cancel"))
                server.end(turn)
                server.end(server.begin("next", Method.CANCEL, f"{name}-next", OK, 5000))
                everything(connection)
        server.stop()
        assert {len(server.arrived(turn)) for turn in range(0, 20, 2)} == {2}


def test_a_request_that_is_not_whole_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = count()
    monkeypatch.setattr("conformance.sdk.server._TO_BE_READ", 0.001)
    settle = ScriptedServer._settle
    monkeypatch.setattr(ScriptedServer, "_settle", lambda server, of: (next(waits), settle(server, of))[1])
    with serving() as server, wire(server.url) as connection:
        turn = server.begin("first", Method.CANCEL, NAME, OK, 5000)
        connection.sendall(post(PATH, "Content-Length: 9")[:-2])
        for _ in range(3):
            server.end(turn)
            turn = server.begin("next", Method.CANCEL, NAME, OK, 5000)
        assert next(waits) == 1
