"""A token that grows old is renewed before it ends, or when it is refused; the refusal of a good one is the answer."""

from __future__ import annotations

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.exchange import Request, Response
from conformance.exchange.serial import exchange_as_json
from conformance.lro import VirtualClock
from conformance.secrets.secret import Secret
from conformance.server.target.configuration import AuthSection, LimitsSection
from conformance.server.target.credentials import read_credentials
from conformance.server.target.target import Outgoing
from conformance.server.target.token import MOST_RENEWALS, FixedToken, Issued, RenewableToken, Token, expiry_of
from tests.targets.memory import MemoryTransport, target_of

REQUEST = Request("GET", "/x", (("Authorization", "Bearer $(print-token)"),))


class Mint:
    """Issues token-1, token-2, … and remembers how many."""

    def __init__(self, lifetime: float | None = None, *, repeats: bool = False) -> None:
        self.issued = 0
        self._lifetime = lifetime
        self._repeats = repeats

    def __call__(self) -> Issued:
        self.issued += 1
        return Issued(Secret("token-1" if self._repeats else f"token-{self.issued}"), self._lifetime)


def token_of(mint: Mint, clock: VirtualClock) -> RenewableToken:
    return RenewableToken("$(print-token)", mint, clock)


class Server:
    """Accepts the tokens that it is told to, and answers all others with 401 and what it was sent."""

    def __init__(self, *valid: str) -> None:
        self.valid = set(valid)
        self.transport = MemoryTransport(self._answer)

    def _answer(self, request: Request) -> Response:
        token = (request.header("Authorization") or "").removeprefix("Bearer ")
        return Response(200 if token in self.valid else 401, (), f"you sent {token}".encode())

    @property
    def tokens(self) -> list[str | None]:
        return [request.header("Authorization") for request in self.transport.wire]


# --- the token ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lifetime", "due"), [(3600, 3540), (300, 270), (10, 9)])
def test_a_token_is_renewed_a_little_before_it_ends(lifetime: float, due: float) -> None:
    clock = VirtualClock()
    token = token_of(Mint(lifetime), clock)
    clock.sleep(due - 0.5)
    assert token.current() == Secret("token-1")
    clock.sleep(0.5)
    assert token.current() == Secret("token-2")
    assert token.current() == Secret("token-2"), "once"


def test_a_token_of_unknown_lifetime_is_renewed_only_when_it_is_refused() -> None:
    clock = VirtualClock()
    mint = Mint()
    token = token_of(mint, clock)
    clock.sleep(1e6)
    assert token.current() == Secret("token-1")
    assert token.after_refusal(Secret("token-1")) == Secret("token-2")
    assert token.current() == Secret("token-2")


def test_a_token_that_has_just_been_renewed_cannot_have_expired() -> None:
    clock = VirtualClock()
    mint = Mint()
    token = token_of(mint, clock)
    token.after_refusal(Secret("token-1"))
    clock.sleep(59)
    assert token.after_refusal(Secret("token-2")) is None
    clock.sleep(1)
    assert token.after_refusal(Secret("token-2")) == Secret("token-3")


def test_a_source_that_gives_the_same_token_again_has_no_other() -> None:
    token = token_of(Mint(repeats=True), VirtualClock())
    assert token.after_refusal(Secret("token-1")) is None


def test_a_run_has_a_limit_of_renewals() -> None:
    clock = VirtualClock()
    mint = Mint()
    token = token_of(mint, clock)
    for _ in range(2 * MOST_RENEWALS):
        token.after_refusal(token.current())
        clock.sleep(3600)
    assert mint.issued == 1 + MOST_RENEWALS


def test_many_threads_that_were_refused_together_share_one_renewal() -> None:
    mint = Mint()
    token = token_of(mint, VirtualClock())
    together = threading.Barrier(8)

    def refused(_: int) -> Secret | None:
        together.wait()
        return token.after_refusal(Secret("token-1"))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(refused, range(8))) == {Secret("token-2")}
    assert mint.issued == 2


def jwt(**claims: object) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}.c2ln"


def test_a_json_web_token_says_when_it_ends() -> None:
    assert expiry_of(jwt(exp=1700000000)) == 1700000000
    for other in (jwt(), jwt(exp="soon"), jwt(exp=True), "ya29.token", "a.b.c", "...", "", "e30.W10.x"):
        assert expiry_of(other) is None


@given(st.text(max_size=30))
def test_no_text_is_mistaken(text: str) -> None:
    assert expiry_of(text) is None or text.count(".") == 2


# --- commands -----------------------------------------------------------------------------------------------------


def test_what_a_command_prints_lives_as_long_as_the_shortest_of_all_that_is_said() -> None:
    """The configuration says 50 minutes, the token itself ten."""
    clock = VirtualClock()
    command = ("printf", "%s", jwt(exp=1000 + 600))
    main = read_credentials(AuthSection("bearer", token_command=command, token_lifetime=3000), clock, lambda: 1000).main
    assert main is not None
    clock.sleep(539)
    main.current()
    with pytest.raises(UsageError, match="printed a token that has expired"):
        read_credentials(AuthSection("bearer", token_command=command), clock, lambda: 1600)


@pytest.mark.parametrize(
    ("printed", "remedy"),
    [('{"access_token": "t0ken"}', "jq -r .access_token"), ("Bearer t0ken", "leave the word out")],
)
def test_what_stands_around_a_token_is_not_sent_as_one(printed: str, remedy: str) -> None:
    """Every request was answered with 401 for it, and the remedy pointed at `[operations] start`."""
    with pytest.raises(UsageError, match=f"(?s)auth.token_command 'printf' gives .*remedy: .*{remedy}") as refused:
        read_credentials(AuthSection("bearer", token_command=("printf", "%s", printed)))
    assert "t0ken" not in str(refused.value)


def test_a_command_is_asked_again_when_its_token_grows_old(tmp_path: object) -> None:
    clock = VirtualClock()
    script = f"echo x >> {tmp_path}/asked; printf token-; wc -l < {tmp_path}/asked"
    section = AuthSection("bearer", token_command=("sh", "-c", script), token_lifetime=3000)
    main = read_credentials(section, clock).main
    assert main is not None
    assert main.current() == Secret("token-1")
    clock.sleep(2940)
    assert main.current() == Secret("token-2")


def test_the_weak_credential_may_come_from_a_command_too() -> None:
    credentials = read_credentials(AuthSection(forbidden_token_command=("printf", "weak")))
    assert credentials.forbidden is not None
    assert credentials.forbidden.current() == Secret("weak")
    assert credentials.secrets == [Secret("weak")]


# --- on the wire --------------------------------------------------------------------------------------------------


def test_a_request_that_is_refused_for_its_age_is_sent_again_and_both_are_recorded() -> None:
    server = Server("token-2")
    target = target_of(server.transport)
    token = token_of(Mint(), VirtualClock())
    answered = target.send(Outgoing(REQUEST, token, note="cancel"))
    assert answered.response is not None
    assert answered.response.status == 200, "the check sees the answer to the valid token"
    assert server.tokens == ["Bearer token-1", "Bearer token-2"]
    assert [exchange.number for exchange in target.exchanges] == [1, 2]
    assert [exchange.note for exchange in target.exchanges] == [
        "cancel; refused, and sent again with a renewed token",
        "cancel",
    ]
    assert target.requests_used == 2, "both count"


def test_every_token_that_was_ever_used_stays_a_secret() -> None:
    server = Server("token-2")
    target = target_of(server.transport)
    token = token_of(Mint(), VirtualClock())
    target.send(Outgoing(REQUEST, token))
    late = MemoryTransport(lambda _: Response(200, (), b"token-1 token-2"))
    target._transport = late
    target.send(Outgoing(REQUEST))
    shown = json.dumps([exchange_as_json(target.masking().exchange(exchange)) for exchange in target.exchanges])
    assert "token-1" not in shown
    assert "token-2" not in shown


def test_a_server_that_refuses_every_token_is_found_out() -> None:
    server = Server()
    clock = VirtualClock()
    mint = Mint()
    target = target_of(server.transport, clock=clock)
    token = token_of(mint, clock)
    statuses = []
    for _ in range(5):
        answered = target.send(Outgoing(REQUEST, token))
        assert answered.response is not None
        statuses.append(answered.response.status)
    assert statuses == [401] * 5
    assert len(server.transport.wire) == 6, "one of them was sent again, no more"
    assert mint.issued == 2


@pytest.mark.parametrize("token", [None, FixedToken(Secret("invalid"), "invalid")], ids=["none", "nobody's"])
def test_a_refusal_that_a_check_asks_for_renews_nothing(token: Token | None) -> None:
    server = Server()
    target = target_of(server.transport)
    target.send(Outgoing(Request("GET", "/x"), token))
    assert len(server.transport.wire) == 1


def test_a_request_waits_with_its_token_until_it_is_sent() -> None:
    """It may be made long before."""
    clock = VirtualClock()
    server = Server("token-2")
    target = target_of(server.transport, clock=clock)
    outgoing = Outgoing(REQUEST, token_of(Mint(100), clock))
    clock.sleep(100)
    target.send(outgoing)
    assert server.tokens == ["Bearer token-2"]


def test_requests_that_must_overlap_are_not_kept_by_a_token_that_cannot_be_had() -> None:
    clock = VirtualClock()

    def once() -> Issued:
        if clock.now() > 0:
            raise UsageError("the command fails now")
        return Issued(Secret("token-1"), 100)

    target = target_of(Server().transport, LimitsSection(), clock=clock)
    token = RenewableToken("$(print-token)", once, clock)
    clock.sleep(100)
    with pytest.raises(UsageError, match="fails now"):
        target.send_together([Outgoing(REQUEST), Outgoing(REQUEST, token)])
