"""`--disallow-unredacted`: a secret that stands in the configuration is refused, by its key and without its value."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cli import main
from conformance.errors import UsageError
from conformance.server.disclosure import refuse_unredacted
from conformance.server.target.configuration import Configuration
from conformance.server.target.configuration_file import read_configuration

SECRET = "hunter2-hunter2"
LOOKS = "AIzaSyA-0123456789abcdefghijklmnopqrstu"
SUPPLY = '[operations]\nnames = ["projects/demo/locations/us/operations/op-1"]\n'


def start(rest: str, path: str = "/v1/x:start") -> str:
    return f'[iut]\nurl = "http://127.0.0.1:1"\n[operations]\nstart = {{path = "{path}"{rest}}}\n'


DISCLOSING = {
    f'[iut]\nheaders = {{X-Api-Key = "{SECRET}"}}\n': "iut.headers.X-Api-Key",
    f'[iut]\nheaders = {{X-Plain = "Bearer {SECRET}"}}\n': "iut.headers.X-Plain",
    f'[iut]\nurl = "http://127.0.0.1:1/{LOOKS}"\n{SUPPLY}': "iut.url",
    f'[auth]\nkind = "bearer"\ntoken_command = ["login", "--password", "{SECRET}"]\n': "auth.token_command",
    f'[auth]\nforbidden_token_command = ["sh", "-c", "echo {LOOKS}"]\n': "auth.forbidden_token_command",
    f'[operations]\ncommand = ["./start", "--token={SECRET}"]\n': "operations.command",
    f'[operations]\ncompleted = {{command = ["./start", "--api-key={SECRET}"]}}\n': "operations.completed.command",
    start("", f"/v1/x:start?key={SECRET}"): "operations.start.path has the parameter 'key'",
    start("", f"/v1/x:start?x={LOOKS}"): "operations.start.path has the parameter 'x'",
    start("", f"/v1/{LOOKS}:start"): "operations.start.path",
    start(f', json = {{a = [{{password = "{SECRET}"}}]}}'): "operations.start.json.a[0].password",
    start(f', json = {{a = "{LOOKS}"}}'): "operations.start.json.a",
}


def configuration(directory: Path, text: str) -> Configuration:
    path = directory / "conformance.toml"
    path.write_text(text)
    return read_configuration(path)


@pytest.mark.parametrize(("text", "names"), DISCLOSING.items(), ids=DISCLOSING.values())
def test_what_would_be_seen_is_named_and_not_shown(tmp_path: Path, text: str, names: str) -> None:
    with pytest.raises(UsageError) as caught:
        refuse_unredacted(configuration(tmp_path, text), "conformance.toml")
    assert caught.value.message.startswith("conformance.toml: with --disallow-unredacted")
    assert names in caught.value.message
    assert SECRET not in str(caught.value)
    assert LOOKS not in str(caught.value)
    assert "env" in caught.value.remedy


def test_all_of_them_are_named_at_once(tmp_path: Path) -> None:
    text = f'[iut]\nheaders = {{X-Api-Key = "{SECRET}", Cookie = "{SECRET}"}}\n'
    with pytest.raises(UsageError, match=r"X-Api-Key is written out; iut\.headers\.Cookie is written out"):
        refuse_unredacted(configuration(tmp_path, text), "conformance.toml")


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[iut]\nheaders = {X-Api-Key = {env = "API_KEY"}, X-Goog-User-Project = "demo", X-Empty-Key = ""}\n',
        '[auth]\nkind = "bearer"\ntoken_command = ["gcloud", "auth", "print-access-token"]\n',
        '[auth]\nkind = "bearer"\ntoken_env = "IUT_TOKEN"\nforbidden_token_env = "IUT_WEAK_TOKEN"\n',
        start(', json = {mode = "run", pageSize = 1, id = "{unique}"}', "/v1/x:start?id={unique}&pageToken=x"),
    ],
)
def test_what_shows_nothing_is_accepted(tmp_path: Path, text: str) -> None:
    refuse_unredacted(configuration(tmp_path, text), "conformance.toml")


def test_the_option_ends_the_run_before_it_begins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "conformance.toml"
    path.write_text(f'[iut]\nheaders = {{X-Api-Key = "{SECRET}"}}\n')
    assert main(["run", str(path), "--disallow-unredacted"]) == 2
    printed = capsys.readouterr()
    assert f"{path}: with --disallow-unredacted" in printed.err
    assert SECRET not in printed.err + printed.out
    assert main(["run", "--disallow-unredacted", "-k", "test_credentials_are_required"]) in (0, 3)
