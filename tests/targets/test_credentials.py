"""Credentials: where they come from, and what stands for them in records."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.exchange import Request
from conformance.exchange.curl import curl_line
from conformance.secrets.secret import Secret
from conformance.server.target.configuration import AuthSection
from conformance.server.target.credentials import INVALID_TOKEN, Credential, Credentials, read_credentials
from conformance.server.target.token import FixedToken


def printing(text: str, status: int = 0) -> tuple[str, ...]:
    """A command that prints a text."""
    return (
        sys.executable,
        "-c",
        f"import sys; sys.stdout.buffer.write({text.encode('latin-1')!r}); sys.exit({status})",
    )


def test_nothing_is_configured() -> None:
    credentials = read_credentials(AuthSection())
    assert credentials == Credentials(None, None)
    assert credentials.secrets == []
    assert credentials.token(Credential.MAIN) is None
    assert credentials.token(Credential.FORBIDDEN) is None


def test_tokens_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IUT_TOKEN", " main \n")
    monkeypatch.setenv("IUT_WEAK_TOKEN", "weak")
    credentials = read_credentials(AuthSection("bearer", "IUT_TOKEN", (), "IUT_WEAK_TOKEN"))
    assert credentials.token(Credential.MAIN) == FixedToken(Secret("main"), "$IUT_TOKEN")
    assert credentials.token(Credential.FORBIDDEN) == FixedToken(Secret("weak"), "$IUT_WEAK_TOKEN")
    assert credentials.secrets == [Secret("main"), Secret("weak")]


def test_requests_without_and_with_invalid_credentials_are_always_possible() -> None:
    credentials = Credentials(FixedToken(Secret("main"), "$A"))
    assert credentials.token(Credential.NONE) is None
    assert credentials.token(Credential.INVALID) == INVALID_TOKEN
    assert INVALID_TOKEN.secret not in credentials.secrets, "what nobody issued is no secret"


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("IUT_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("IUT_TOKEN", value)
    for section in (AuthSection("bearer", "IUT_TOKEN"), AuthSection(forbidden_token_env="IUT_TOKEN")):
        with pytest.raises(UsageError, match="environment variable IUT_TOKEN is not set") as caught:
            read_credentials(section)
        assert "export IUT_TOKEN" in caught.value.remedy


@pytest.mark.parametrize(
    ("weak", "key"),
    [
        ({"forbidden_token_env": "WEAK_TOKEN"}, "forbidden_token_env"),
        ({"forbidden_token_command": printing("same")}, "forbidden_token_command"),
    ],
)
def test_one_token_is_not_both_the_strong_and_the_weak_one(
    monkeypatch: pytest.MonkeyPatch, weak: dict[str, Any], key: str
) -> None:
    """A server that lets it in would be accused of letting everybody in."""
    monkeypatch.setenv("IUT_TOKEN", "same")
    monkeypatch.setenv("WEAK_TOKEN", "same ")
    with pytest.raises(UsageError) as caught:
        read_credentials(AuthSection("bearer", "IUT_TOKEN", **weak))
    assert caught.value.message == f"auth.{key} gives the same token as the main credentials"
    assert "without the permission" in caught.value.remedy


def test_a_token_from_a_command() -> None:
    main = read_credentials(AuthSection("bearer", token_command=printing("main\n"))).main
    assert main is not None
    assert main.current() == Secret("main")
    assert "main" not in repr(main.current())


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (printing("", 0), "printed no token (exit status 0)"),
        (printing("secret", 3), "printed no token (exit status 3)"),
        (("./no-such-command",), "cannot be run"),
        (printing("\xff\xfe"), "token"),
    ],
    ids=["nothing", "failed", "missing", "no text"],
)
def test_a_command_that_gives_no_token(command: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_credentials(AuthSection("bearer", token_command=command))
    assert says in caught.value.message
    assert "auth.token_command" in caught.value.message
    assert caught.value.remedy
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("token", ["two\nlines", "a\0b", "a\rb", "sn\N{SNOWMAN}wman"])
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """On the wire it would look like a fault of the server, and the error of the HTTP library would quote it."""
    monkeypatch.setattr("os.environ", {"IUT_TOKEN": token})
    with pytest.raises(UsageError) as caught:
        read_credentials(AuthSection("bearer", "IUT_TOKEN"))
    assert "IUT_TOKEN" in caught.value.message
    assert token not in str(caught.value)


def test_the_placeholder_of_a_command_is_the_command() -> None:
    """Words with spaces stay one word, so that the shell runs the same command."""
    token = read_credentials(AuthSection("bearer", token_command=("printf", "%s", "two words"))).main
    assert token is not None
    printed = subprocess.run(
        ["bash", "-c", f'printf "%s" "{token.placeholder}"'], capture_output=True, text=True, check=True
    )
    assert printed.stdout == "two words"


def test_the_line_to_reproduce_holds_the_placeholder_of_a_variable_where_the_shell_expands_it() -> None:
    request = Request("GET", "/x", (("Authorization", "Bearer $IUT_TOKEN"),))
    assert curl_line(request, "http://127.0.0.1:1").endswith(' -H "Authorization: Bearer $IUT_TOKEN"')
