"""TLS: the CA that a run trusts, and its client certificate."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx

from conformance.errors import TargetError, UsageError
from conformance.server.target.waits import HANDSHAKE


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM; None is the system's choice, and no client certificate."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def curl_options(self) -> tuple[str, ...]:
        """What curl needs to do the same."""
        files = (("--cacert", self.ca), ("--cert", self.certificate), ("--key", self.key))
        return tuple(word for option, path in files if path is not None for word in (option, str(path.absolute())))

    def check(self) -> None:
        """Raise UsageError naming the file and the key when a file cannot be used."""
        if self.ca is not None or self.certificate is not None:
            self.context()

    def context(self) -> ssl.SSLContext:
        """The context of every connection: names are checked, HTTP/1.1 is spoken. Raises UsageError as `check`."""
        if self.ca is None:
            context = httpx.create_ssl_context(trust_env=False)
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            try:
                context.load_verify_locations(cafile=_readable("iut.ca", self.ca))
            except (ssl.SSLError, OSError):
                raise UsageError(
                    f"{self.ca}: holds no certificate in PEM (iut.ca)", "name the file with the CA's certificate"
                ) from None
        context.set_alpn_protocols(["http/1.1"])
        if self.certificate is not None:
            self._present(context, self.certificate)
        return context

    def _present(self, context: ssl.SSLContext, certificate: Path) -> None:
        key = _readable("auth.client_key", self.key) if self.key is not None else None
        try:
            # Without a password here OpenSSL would ask for one at the terminal.
            context.load_cert_chain(_readable("auth.client_certificate", certificate), key, password=_no_password)
        except (ssl.SSLError, OSError, _Encrypted) as error:
            problem = "the key is encrypted" if isinstance(error, _Encrypted) else _reason(error)
            raise UsageError(
                f"{certificate}: cannot be used as a client certificate: {problem}",
                "auth.client_certificate and auth.client_key must be a certificate and its key in PEM, not encrypted",
            ) from None


NO_FILES = Tls()


def problem_of(error: BaseException | None) -> TargetError | None:
    """The error of the environment in a failure of TLS; None for any other, such as a connection that was cut."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TargetError(
            f"the server's certificate is not trusted: {error.verify_message}",
            "set [iut] ca to the file of the CA that signed it, and name the host as the certificate does",
        )
    if not isinstance(error, ssl.SSLError) or error.reason is None:
        return None
    if error.reason in _NO_TLS:
        return TargetError("the server does not speak TLS", "write the url with http://, or fix its port")
    if "ALERT" in error.reason and any(word in error.reason for word in _ABOUT_US):
        return TargetError(
            f"the server ends TLS for our client certificate, or the lack of one: {_reason(error)}",
            "set [auth] client_certificate and client_key to what it asks for",
        )
    return None


_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
_ABOUT_US = ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE", "ACCESS_DENIED")


class _Encrypted(Exception):
    """A key asks for its password."""


def _no_password() -> str:
    raise _Encrypted


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or "not PEM"
    return str(reason).replace("_", " ").lower()


def _readable(key: str, path: Path) -> Path:
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror} ({key})", f"fix {key}") from None


def speaks_tls(host: str, port: int | None) -> bool:
    """Whether a TLS handshake succeeds at a port that did not answer plain HTTP, with any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port or 80), HANDSHAKE) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return True
    except OSError:
        return False
