"""The transports by their names."""

from __future__ import annotations

from conformance.sdk.transport import REST, ClientTransport


def transport_named(name: str) -> ClientTransport:
    """The transport of this name, `rest` or `grpc`. What gRPC needs is loaded only when it is asked for."""
    if name == REST.name:
        return REST
    from conformance.sdk import grpc_side

    return ClientTransport("grpc", grpc_side.SCENARIOS.__contains__, grpc_side.grpc_front, grpc_side.HTTP_ONLY)
