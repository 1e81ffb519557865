"""TLS with a private CA and client certificates: who is trusted, who is refused, and what is said then."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from conformance.cli import main
from conformance.errors import ConformanceError, TargetError, UsageError
from conformance.exchange import Exchange
from conformance.exchange.serial import exchange_as_json, exchange_from_json
from conformance.server.target.configuration import (
    AuthSection,
    Configuration,
    IutSection,
    OperationsSection,
    SupplyForm,
)
from conformance.server.target.connect import connect
from tests.targets.raw_server import RawServer, answer
from tests.targets.tls_server import Authority, Files, TlsServer

NAME = "projects/demo/locations/us/operations/op-1"
AUTHORITY = Authority()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return AUTHORITY.files(tmp_path)


def configured(url: str, directory: Path, *, ca: str = "ca.pem", certificate: str = "", key: str = "") -> Configuration:
    return Configuration(
        IutSection(url=url, ca=ca),
        AuthSection(client_certificate=certificate, client_key=key),
        OperationsSection(running=SupplyForm(names=(NAME,))),
        directory=directory,
    )


def asked(configuration: Configuration) -> Exchange:
    """The answer to one get."""
    iut = connect(configuration)
    try:
        return iut.get(NAME)
    finally:
        iut.target.close()


def error_of(configuration: Configuration) -> ConformanceError:
    with pytest.raises(ConformanceError) as caught:
        asked(configuration)
    assert caught.value.remedy
    assert "\n" not in caught.value.message
    return caught.value


def test_a_private_authority_is_trusted_when_it_is_named(files: Files, tmp_path: Path) -> None:
    with TlsServer(AUTHORITY.context("127.0.0.1", "localhost")) as server:
        assert asked(configured(f"https://127.0.0.1:{server.port}", tmp_path)).succeeded()
        assert asked(configured(f"https://localhost:{server.port}", tmp_path)).succeeded()
    assert server.requests[1].startswith(b"GET /v1/" + NAME.encode() + b" HTTP/1.1\r\nHost: localhost:")


def test_any_other_authority_is_one_error(files: Files, tmp_path: Path) -> None:
    with TlsServer(Authority().context("127.0.0.1")) as server:
        error = error_of(configured(f"https://127.0.0.1:{server.port}", tmp_path))
    assert isinstance(error, TargetError)
    assert error.message.startswith("the server's certificate is not trusted: ")
    assert "[iut] ca" in error.remedy


def test_without_a_ca_the_private_authority_is_not_trusted(tmp_path: Path) -> None:
    with TlsServer(AUTHORITY.context("127.0.0.1")) as server:
        assert "not trusted" in error_of(configured(f"https://127.0.0.1:{server.port}", tmp_path, ca="")).message


def test_a_certificate_for_another_name_is_not_trusted(files: Files, tmp_path: Path) -> None:
    with TlsServer(AUTHORITY.context("example.com")) as server:
        error = error_of(configured(f"https://localhost:{server.port}", tmp_path))
    assert "'localhost'" in error.message
    assert "name the host as the certificate does" in error.remedy


def test_a_server_that_asks_for_a_client_certificate_gets_it(files: Files, tmp_path: Path) -> None:
    with TlsServer(AUTHORITY.context("localhost", wants_client=True)) as server:
        url = f"https://localhost:{server.port}"
        assert asked(configured(url, tmp_path, certificate="client.pem", key="client.key")).succeeded()
        files.certificate.write_bytes(files.key.read_bytes() + files.certificate.read_bytes())
        assert asked(configured(url, tmp_path, certificate="client.pem")).succeeded(), "both in one file"
    assert "client@example.com" in str(server.clients[0])


def test_a_server_that_asks_for_a_client_certificate_and_gets_none_is_one_error(files: Files, tmp_path: Path) -> None:
    with TlsServer(AUTHORITY.context("localhost", wants_client=True)) as server:
        error = error_of(configured(f"https://localhost:{server.port}", tmp_path))
    assert "certificate required" in error.message
    assert "[auth] client_certificate" in error.remedy


def test_a_server_without_tls_is_one_error(files: Files, tmp_path: Path) -> None:
    with RawServer(lambda peer: peer.send(answer()), reads=False) as server:
        error = error_of(configured(f"https://127.0.0.1:{server.port}", tmp_path))
    assert error.message == "the server does not speak TLS"


# --- files --------------------------------------------------------------------------------------------------------


def encrypt(files: Files) -> None:
    key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        )
    )


SPOILED: dict[str, tuple[Callable[[Files], object], str, str]] = {
    "no ca": (lambda files: files.ca.unlink(), "ca.pem: cannot be read: No such file", "iut.ca"),
    "ca without certificates": (lambda files: files.ca.write_text("x"), "ca.pem: holds no certificate", "CA's"),
    "no certificate": (lambda files: files.certificate.unlink(), "client.pem: cannot be read", "client_certificate"),
    "no key": (lambda files: files.key.unlink(), "client.key: cannot be read", "auth.client_key"),
    "no PEM": (lambda files: files.certificate.write_text("x"), "client.pem: cannot be used", "in PEM"),
    "another's key": (lambda files: Authority().files(files.key.parent / "other"), "values mismatch", "its key"),
    "encrypted": (encrypt, "the key is encrypted", "not encrypted"),
}


@pytest.mark.parametrize(("spoil", "says", "remedy"), SPOILED.values(), ids=SPOILED)
def test_a_file_that_cannot_be_used_is_one_error_before_anything_is_sent(
    files: Files, tmp_path: Path, spoil: Callable[[Files], object], says: str, remedy: str
) -> None:
    (tmp_path / "other").mkdir()
    spoil(files)
    if (tmp_path / "other" / "client.key").exists():
        files.key.write_bytes((tmp_path / "other" / "client.key").read_bytes())
    error = error_of(configured("https://127.0.0.1:1", tmp_path, certificate="client.pem", key="client.key"))
    assert isinstance(error, UsageError)
    assert says in error.message
    assert remedy in error.remedy


def test_the_command_ends_with_status_2(files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "conformance.toml"
    with TlsServer(Authority().context("127.0.0.1")) as server:
        config.write_text(
            f'[iut]\nurl = "https://127.0.0.1:{server.port}"\nca = "ca.pem"\n[operations]\nnames = ["{NAME}"]\n'
        )
        assert main(["run", str(config)]) == 2
    printed = capsys.readouterr()
    assert "the server's certificate is not trusted" in printed.err
    assert "Traceback" not in printed.err + printed.out


# --- curl ---------------------------------------------------------------------------------------------------------


def test_the_curl_line_does_the_same(files: Files, tmp_path: Path) -> None:
    """With the absolute paths of the files, so that it works wherever it is pasted; also from a report."""
    with TlsServer(AUTHORITY.context("localhost", wants_client=True)) as server:
        configuration = configured(
            f"https://localhost:{server.port}", tmp_path, certificate="client.pem", key="client.key"
        )
        exchange = exchange_from_json(exchange_as_json(asked(configuration)))
        line = exchange_as_json(exchange)["curl"]
        assert f"--cacert {files.ca} --cert {files.certificate} --key {files.key}" in line
        done = subprocess.run(
            ["bash", "-c", line], capture_output=True, check=False, env={"PATH": os.environ["PATH"]}, cwd="/"
        )
        assert done.stdout.startswith(b"HTTP/1.1 200 OK"), done.stderr
    assert len(server.requests) == 2
