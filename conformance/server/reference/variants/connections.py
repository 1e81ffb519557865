"""Correct variants that manage connections differently."""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.server.reference.service import Service
from conformance.server.reference.variants.registry import variant


@variant()
def closes_after_errors(honest: Service) -> Service:
    """A server that refuses a request without reading its body must close the connection, and may say so."""

    def respond(service: Service, request: Request, response: Response) -> Response:
        answer = honest.respond(service, request, response)
        closing = (("Connection", "close"),) if answer.status >= 400 else ()
        return replace(answer, headers=(*answer.headers, *closing))

    return replace(honest, respond=respond)


@variant()
def speaks_no_http_1_0(honest: Service) -> Service:
    """Envoy answers HTTP/1.0 with 426 and the version that it wants."""

    def respond(service: Service, request: Request, response: Response) -> Response:
        if request.version == "1.0":
            return Response(426, (("Upgrade", "HTTP/1.1"), ("Connection", "Upgrade")))
        return honest.respond(service, request, response)

    return replace(honest, respond=respond)
