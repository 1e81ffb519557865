"""Mistakes in conformance.toml: each is one message that names the file, the key and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.server.target.configuration import (
    Configuration,
)
from conformance.server.target.configuration_file import read_configuration
from tests.targets.configuring import NAME, Read, mistake

WRONG_TYPES = [
    ("iut", "name = 1", "iut.name must be a text, got 1"),
    ("iut", "url = true", "iut.url must be a text, got True"),
    ("iut", "spec = []", "iut.spec must be a text, got []"),
    ("iut", "parent = 1", "iut.parent must be a text or a list of texts, got 1"),
    ("iut", "parent = []", "iut.parent must be a text or a list of texts, got []"),
    ("iut", 'parent = ["a", 1]', "iut.parent must be a text or a list of texts, got ['a', 1]"),
    ("iut", 'parent = ["a", "b", "a"]', "iut.parent has 'a' twice"),
    ("iut", 'allow_hosts = "x"', "iut.allow_hosts must be a list of texts, got 'x'"),
    ("iut", "allow_hosts = [1]", "iut.allow_hosts must be a list of texts, got [1]"),
    ("iut", "headers = []", "iut.headers must be a table of texts, got 'something else'"),
    ("iut", "headers = {X = 1}", """iut.headers.X must be a field value or {env = "NAME"}, got 'something else'"""),
    ("auth", 'kind = "basic"', "auth.kind must be one of none, bearer, google, got 'basic'"),
    ("auth", "kind = 1", "auth.kind must be one of none, bearer, google, got 1"),
    ("auth", "token_env = 1", "auth.token_env must be a text, got 1"),
    ("auth", 'token_command = "x"', "auth.token_command must be a list of texts, got 'x'"),
    ("auth", "forbidden_token_env = []", "auth.forbidden_token_env must be a text, got []"),
    ("operations", "start = 1", "operations.start must be a table with method, path, json and name, got 1"),
    ("operations", "start = {path = 1}", "operations.start.path must be a text, got 1"),
    ("operations", 'start = {path = "x"}', "operations.start.path must be a path that begins with /, got 'x'"),
    ("operations", "start = {}", "operations.start.path must be a path that begins with /, got ''"),
    ("operations", 'start = {path = "/x", method = 1}', "operations.start.method must be a text, got 1"),
    ("operations", 'start = {path = "/x", name = 1}', "operations.start.name must be a text, got 1"),
    (
        "operations",
        'start = {path = "/x", name = "name"}',
        "operations.start.name must be a JSON pointer such as /name, got 'name'",
    ),
    ("operations", 'command = "x"', "operations.command must be a list of texts, got 'x'"),
    ("operations", "names = [1]", "operations.names must be a list of texts, got [1]"),
    (
        "operations",
        'completed = "x"',
        "operations.completed must be a table with one of start, command, python and names, got 'x'",
    ),
    (
        "operations",
        'python = "jobs.py"',
        "operations.python must be a function such as \"package.module:function\", got 'jobs.py'",
    ),
    ("operations", "python = 1", "operations.python must be a text, got 1"),
    ("operations", "completed = {names = 1}", "operations.completed.names must be a list of texts, got 1"),
    (
        "operations",
        'completed = {path = "x"}',
        "operations.completed.start.path must be a path that begins with /, got 'x'",
    ),
    ("operations", 'settle = "soon"', 'operations.settle must be a duration such as "10s" or "500ms", got \'soon\''),
    ("operations", "settle = -1", 'operations.settle must be a duration such as "10s" or "500ms", got -1'),
    ("operations", "settle = true", 'operations.settle must be a duration such as "10s" or "500ms", got True'),
    ("operations", 'settle = "1d"', 'operations.settle must be a duration such as "10s" or "500ms", got \'1d\''),
    ("operations", 'settle = "-1s"', 'operations.settle must be a duration such as "10s" or "500ms", got \'-1s\''),
    ("operations", 'cleanup = "cancel"', "operations.cleanup must be one of delete, none, got 'cancel'"),
    (
        "statement",
        'cancel = "maybe"',
        "statement.cancel must be one of guaranteed, best-effort, unimplemented, got 'maybe'",
    ),
    ("statement", "cancel = true", "statement.cancel must be one of guaranteed, best-effort, unimplemented, got True"),
    ("statement", 'list = "yes"', "statement.list must be true or false, got 'yes'"),
    ("statement", "delete = 1", "statement.delete must be true or false, got 1"),
    ("statement", "auth = []", "statement.auth must be true or false, got []"),
    (
        "statement",
        'unknown_fields = "kept"',
        "statement.unknown_fields must be one of refused, ignored, got 'kept'",
    ),
    ("statement", 'errors = "html"', "statement.errors must be one of aip-193, status, got 'html'"),
    ("limits", "requests = 0", "limits.requests must be a whole number of at least 1, got 0"),
    ("limits", "requests = 1.5", "limits.requests must be a whole number of at least 1, got 1.5"),
    ("limits", "requests = true", "limits.requests must be a whole number of at least 1, got True"),
    ("limits", 'operations = "60"', "limits.operations must be a whole number of at least 1, got '60'"),
    ("limits", "rate = -1", "limits.rate must be a number of at least 0, got -1"),
    ("limits", "rate = true", "limits.rate must be a number of at least 0, got True"),
    ("limits", 'rate = "1"', "limits.rate must be a number of at least 0, got '1'"),
    ("limits", "concurrency = 0", "limits.concurrency must be a whole number of at least 1, got 0"),
    ("limits", 'timeout = ""', 'limits.timeout must be a duration such as "10s" or "500ms", got \'\''),
    ("limits", "timeout = nan", 'limits.timeout must be a duration such as "10s" or "500ms", got nan'),
]


@pytest.mark.parametrize(("section", "line", "says"), WRONG_TYPES, ids=[f"{s}.{line}" for s, line, _ in WRONG_TYPES])
def test_a_wrong_value_is_named_with_what_is_expected(read: Read, section: str, line: str, says: str) -> None:
    error = mistake(read, f"[{section}]\n{line}\n")
    assert error.message.endswith(f"conformance.toml: {says}")
    assert says.partition(" ")[0] in error.remedy


@pytest.mark.parametrize("section", ["iut", "auth", "operations", "statement", "limits"])
def test_a_section_is_a_table(read: Read, section: str) -> None:
    assert mistake(read, f"{section} = 1").message.endswith(f"{section} must be a table, got 1")


KEYS = {
    "iut": ["name", "url", "spec", "parent", "allow_hosts", "headers", "ca", "version", "app", "request_id_header"],
    "auth": [
        "kind",
        "token_env",
        "token_command",
        "forbidden_token_env",
        "forbidden_token_command",
        "token_lifetime",
        "client_certificate",
        "client_key",
    ],
    "operations": ["start", "command", "python", "names", "completed", "settle", "watch", "cleanup"],
    "statement": ["cancel", "list", "delete", "auth", "errors", "unknown_fields", "auth_order"],
    "limits": ["requests", "operations", "rate", "concurrency", "timeout"],
}


@pytest.mark.parametrize(("section", "key"), [(section, key) for section in KEYS for key in KEYS[section]])
def test_a_typo_is_an_error_that_names_the_nearest_key(read: Read, section: str, key: str) -> None:
    typo = key[:-1] + "xx"
    error = mistake(read, f"[{section}]\n{typo} = 1\n")
    assert error.message.endswith(f"[{section}] has an unknown key {typo!r}")
    assert error.remedy == f"did you mean {key}?"


def test_a_key_that_is_near_to_none_gets_the_list_of_all(read: Read) -> None:
    for section, keys in KEYS.items():
        assert mistake(read, f"[{section}]\nqqq = 1\n").remedy == f"[{section}] has the keys {', '.join(keys)}"


@pytest.mark.parametrize(("typo", "section"), [("limit", "limits"), ("iutt", "iut"), ("operation", "operations")])
def test_a_section_that_is_misspelt(read: Read, typo: str, section: str) -> None:
    error = mistake(read, f"[{typo}]\n")
    assert error.message.endswith(f"the file has an unknown key {typo!r}")
    assert error.remedy == f"did you mean {section}?"


@pytest.mark.parametrize(
    ("text", "place", "near"),
    [
        ('start = {path = "/x", methd = "POST"}', "[operations.start]", "method"),
        ("completed = {name = []}", "[operations.completed]", "names"),
        ('completed = {path = "/x", pointer = "/y"}', "[operations.completed.start]", "path"),
    ],
)
def test_keys_within_operations(read: Read, text: str, place: str, near: str) -> None:
    error = mistake(read, f"[operations]\n{text}\n")
    assert place in error.message
    assert near in error.remedy


@pytest.mark.parametrize("first", ['start = {path = "/x"}', 'command = ["x"]'])
def test_there_is_one_supply(read: Read, first: str) -> None:
    error = mistake(read, f'[operations]\n{first}\nnames = ["{NAME}"]\n')
    assert "[operations] has" in error.message
    assert error.remedy == "keep exactly one of start, command, python and names"
    inner = first.replace("[operations]", "")
    assert (
        "[operations.completed]"
        in mistake(read, f'[operations]\ncompleted = {{{inner}, names = ["{NAME}"]}}\n').message
    )


URLS = [
    "127.0.0.1:8080",
    "ftp://h",
    "http://",
    "http:///x",
    "http://h?x=1",
    "http://h#x",
    "http://h h",
    "http://[::1",
    "http://[::1]x:9",
    "http://[v1.a]:80",
    "http://exa[mple",
    "http://h:port",
    "http://h:99999",
]


@pytest.mark.parametrize("url", URLS)
def test_a_url_is_an_http_url_without_a_query(read: Read, url: str) -> None:
    error = mistake(read, f'[iut]\nurl = "{url}"\n[operations]\nnames = ["{NAME}"]\n')
    assert repr(url.replace("?x=1", "?…").replace("#x", "#…")) in error.message, "what is left out may be a secret"
    assert "http://127.0.0.1:8080" in error.remedy


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://h.example/emulator/", "https://h.example/emulator"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("HTTPS://h.example/Emulator", "https://h.example/Emulator"),
    ],
)
def test_a_url_loses_its_last_slash_and_the_case_of_its_scheme(read: Read, url: str, kept: str) -> None:
    said = read(f'[iut]\nurl = "{url}"\n[operations]\nnames = ["{NAME}"]\n')
    assert said.iut.url == kept
    assert not said.is_embedded


@pytest.mark.parametrize("lines", ["", 'token_env = "A"\ntoken_command = ["x"]'])
def test_bearer_needs_one_source_of_the_token(read: Read, lines: str) -> None:
    error = mistake(read, f'[auth]\nkind = "bearer"\n{lines}\n')
    assert "exactly one of token_env and token_command" in error.message


def test_bearer_from_a_command(read: Read) -> None:
    assert read('[auth]\nkind = "bearer"\ntoken_command = ["print-token", "-x"]\n').auth.token_command == (
        "print-token",
        "-x",
    )


@pytest.mark.parametrize(
    ("header", "value"),
    [("X Bad", "1"), ("", "1"), ("X-A", "a\nb"), ("X-A", "\N{SNOWMAN}"), ("X-A:", "1")],
)
def test_a_header_that_cannot_be_sent_is_a_mistake_of_the_file(read: Read, header: str, value: str) -> None:
    """Found when the file is read, for on the wire it looks like a fault of the server."""
    written = value.replace("\n", "\\n")
    error = mistake(read, f'[iut]\nheaders = {{"{header}" = "{written}"}}\n')
    assert "iut.headers" in error.message


@pytest.mark.parametrize("line", ["rate = nan", "rate = inf", "timeout = inf", "timeout = 0", 'timeout = "0s"'])
def test_a_limit_that_would_let_nothing_through_or_never_end(read: Read, line: str) -> None:
    """With a timeout of nothing every server fails to answer; endless ones cannot be waited for."""
    assert f"limits.{line.partition(' ')[0]}" in mistake(read, f"[limits]\n{line}\n").message


@pytest.mark.parametrize("line", ["settle = inf"])
def test_a_settle_that_never_ends(read: Read, line: str) -> None:
    assert "operations.settle" in mistake(read, f"[operations]\n{line}\n").message


@pytest.mark.parametrize("value", ["2026-01-01", "12:00:00", "{a = [2026-01-01T00:00:00Z]}", "nan", "[inf]"])
def test_a_start_body_that_is_no_json_is_a_mistake_of_the_file(read: Read, value: str) -> None:
    """TOML has dates and NaN; JSON has not."""
    assert "operations.start.json" in mistake(read, f'[operations]\nstart = {{path = "/x", json = {value}}}\n').message


def test_a_file_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    remedies = {
        tmp_path / "conformance.toml": "name a conformance.toml that exists",
        tmp_path: "name a file that can be read",
    }
    for path, remedy in remedies.items():
        with pytest.raises(UsageError) as caught:
            read_configuration(path)
        assert caught.value.message.startswith(f"{path}: cannot be read")
        assert caught.value.remedy == remedy


def test_a_file_that_is_no_toml(read: Read, tmp_path: Path) -> None:
    error = mistake(read, "[iut\nname = 1")
    assert "is not TOML" in error.message
    assert "line 1" in error.message
    assert "line that is named" in error.remedy
    path = tmp_path / "latin.toml"
    path.write_bytes(b'[iut]\nname = "\xe9"\n')
    with pytest.raises(UsageError, match="cannot be read"):
        read_configuration(path)


SECTIONS = st.sampled_from(["iut", "auth", "operations", "statement", "limits", "x"])
TOML_VALUES = st.sampled_from(
    ["1", "-1", "1.5", "nan", "inf", "true", '""', '"x"', '"/x"', "[]", "[1]", '["x"]', "{}", "{a = 1}", "2026-01-01"]
)
ALL_KEYS = st.sampled_from([*sorted({key for keys in KEYS.values() for key in keys}), "x"])


@given(SECTIONS, st.dictionaries(ALL_KEYS, TOML_VALUES, max_size=3))
def test_any_file_is_read_or_is_one_mistake(
    tmp_path_factory: pytest.TempPathFactory, section: str, lines: dict[str, str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(f"[{section}]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items()), "utf-8")
    try:
        said = read_configuration(path)
    except UsageError as error:
        mistake = error
    else:
        assert isinstance(said, Configuration)
        return
    assert mistake.message.startswith(f"{path}: ")
    assert mistake.remedy
