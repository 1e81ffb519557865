"""What Envoy is told to do: one listener on loopback, the transcoder, one service behind it.

The request validation options are all on. That is the strictest Envoy there is, hence the most favourable one: what it
still gets wrong, every Envoy gets wrong.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from examples.transcoder.descriptors import SERVICE

LISTENER: Final = "http"

_FILTERS: Final = "type.googleapis.com/envoy.extensions.filters"
_HTTP_PROTOCOL: Final = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def bootstrap(*, descriptors: Path, service_socket: Path, port: int) -> dict[str, Any]:
    """Envoy's static configuration, ready to be written as JSON. Port 0 lets the kernel choose."""
    return {
        "admin": {"address": _loopback(0)},
        "static_resources": {
            "listeners": [
                {
                    "name": LISTENER,
                    "address": _loopback(port),
                    "filter_chains": [{"filters": [_connection_manager(descriptors)]}],
                }
            ],
            "clusters": [_service(service_socket)],
        },
    }


def _loopback(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _connection_manager(descriptors: Path) -> dict[str, Any]:
    everything = {"match": {"prefix": "/"}, "route": {"cluster": "operations"}}
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": f"{_FILTERS}.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": LISTENER,
            "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [everything]}]},
            "http_filters": [_transcoder(descriptors), _router()],
        },
    }


def _transcoder(descriptors: Path) -> dict[str, Any]:
    return {
        "name": "envoy.filters.http.grpc_json_transcoder",
        "typed_config": {
            "@type": f"{_FILTERS}.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
            "proto_descriptor": str(descriptors),
            "services": [SERVICE],
            "convert_grpc_status": True,
            "request_validation_options": {
                "reject_unknown_method": True,
                "reject_unknown_query_parameters": True,
                "reject_binding_body_field_collisions": True,
            },
        },
    }


def _router() -> dict[str, Any]:
    return {
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": f"{_FILTERS}.http.router.v3.Router"},
    }


def _service(socket: Path) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": {"pipe": {"path": str(socket)}}}}
    return {
        "name": "operations",
        "type": "STATIC",
        "typed_extension_protocol_options": {
            _HTTP_PROTOCOL: {
                "@type": f"type.googleapis.com/{_HTTP_PROTOCOL}",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
        "load_assignment": {"cluster_name": "operations", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
