"""Application default credentials, by the real library, of a key file and of a metadata server; both on 127.0.0.1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from conformance.errors import UsageError
from conformance.lro import VirtualClock
from conformance.secrets.secret import Secret
from conformance.server.target.configuration import (
    AuthSection,
    Configuration,
    IutSection,
    OperationsSection,
    SupplyForm,
)
from conformance.server.target.connect import connect
from conformance.server.target.credentials import Credential, read_credentials
from conformance.server.target.google_credentials import SCOPE
from tests.targets.google_server import GoogleServer
from tests.targets.raw_server import RawServer, answer

NAME = "projects/demo/locations/us/operations/op-1"
PRIVATE_KEY = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither its credentials nor its metadata server, and no proxy."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_QUOTA_PROJECT", "CLOUDSDK_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "nothing"))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def key_file(directory: Path, authority: str) -> Path:
    path = directory / "key.json"
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "demo",
                "private_key_id": "key-1",
                "private_key": PRIVATE_KEY,
                "client_email": "robot@demo.example",
                "token_uri": f"http://{authority}/token",
            }
        )
    )
    return path


def test_the_key_of_a_service_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The library signs; the endpoint issues; the token is renewed before the hour is over, and when it is refused."""
    clock = VirtualClock()
    with GoogleServer() as google:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file(tmp_path, google.authority)))
        main = read_credentials(AuthSection("google"), clock).token(Credential.MAIN)
        assert main is not None
        assert main.current() == Secret("access-token-1")
        clock.sleep(3500)
        assert main.current() == Secret("access-token-1")
        clock.sleep(100)
        assert main.current() == Secret("access-token-2")
        clock.sleep(100)
        assert main.after_refusal(Secret("access-token-2")) == Secret("access-token-3")
    assert google.asked == ["/token"] * 3
    claims = google.assertions[0]
    assert (claims["iss"], claims["scope"]) == ("robot@demo.example", SCOPE)
    assert main.placeholder == "$(gcloud auth application-default print-access-token)"


def test_requests_carry_the_token_and_the_quota_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with GoogleServer() as google, RawServer(lambda peer: peer.send(answer())) as server:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file(tmp_path, google.authority)))
        monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "who-pays")
        iut = connect(
            Configuration(
                IutSection(url=server.origin),
                AuthSection("google"),
                OperationsSection(running=SupplyForm(names=(NAME,))),
            )
        )
        exchange = iut.cancel(NAME)
        iut.target.close()
    assert b"\r\nAuthorization: Bearer access-token-1\r\n" in server.requests[0]
    assert b"\r\nx-goog-user-project: who-pays\r\n" in server.requests[0]
    assert exchange.request.header("Authorization") == f"Bearer {exchange.curl.placeholders[0]}"


METADATA = """
from conformance.server.target.configuration import AuthSection
from conformance.server.target.credentials import read_credentials
print(read_credentials(AuthSection("google")).main.current().reveal())
"""


@pytest.mark.parametrize("variable", ["GCE_METADATA_HOST", "GCE_METADATA_ROOT"])
def test_the_metadata_server(variable: str) -> None:
    """In a process of its own, for the library reads where the server is when it is imported."""
    with GoogleServer() as google:
        environment = {name: value for name, value in os.environ.items() if name != "NO_GCE_CHECK"}
        done = subprocess.run(
            [sys.executable, "-c", METADATA],
            capture_output=True,
            text=True,
            check=False,
            env={**environment, variable: google.authority, "GCE_METADATA_IP": google.authority},
        )
    assert (done.returncode, done.stdout) == (0, "access-token-1\n"), done.stderr
    (asked,) = [target for target in google.asked if "/token" in target]
    assert "cloud-platform" in asked


def test_no_credentials_at_all() -> None:
    with pytest.raises(UsageError, match="no usable application default credentials") as caught:
        read_credentials(AuthSection("google"))
    assert "gcloud auth application-default login" in caught.value.remedy


@pytest.mark.parametrize("content", ["", "{}", '{"type": "service_account", "private_key": "s3cr3t"}'])
def test_a_key_file_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(UsageError, match="no usable application default credentials") as caught:
        read_credentials(AuthSection("google"))
    assert "s3cr3t" not in str(caught.value)


def test_an_endpoint_that_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It repeats the signed assertion in its answer, which is as good as the key for an hour."""
    with GoogleServer(refuses=True) as google:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file(tmp_path, google.authority)))
        with pytest.raises(UsageError, match="give no access token") as caught:
            read_credentials(AuthSection("google"))
    assert "assertion" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_without_the_library_there_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with pytest.raises(UsageError, match="needs the library google-auth") as caught:
        read_credentials(AuthSection("google"))
    assert caught.value.remedy == "pip install 'lro-conformance[google]'"
