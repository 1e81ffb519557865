"""Operations as protobuf messages, made from the ProtoJSON that the service works with.

The types of what is in an operation's `metadata` and `response` are those of beyondcorp appconnections v1. They are
described here as far as this server fills them in, so that no client library of the service has to be installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from conformance.server.reference.grpc_wire import part_of_grpc

_PACKAGE = "google.cloud.beyondcorp.appconnections.v1"

_FILE = {
    "name": "google/cloud/beyondcorp/appconnections/v1/app_connections_service.proto",
    "package": _PACKAGE,
    "dependency": ["google/protobuf/timestamp.proto"],
    "syntax": "proto3",
    "messageType": [
        {
            "name": "AppConnectionOperationMetadata",
            "field": [
                {"name": "create_time", "number": 1, "type": 11, "typeName": ".google.protobuf.Timestamp"},
                {"name": "end_time", "number": 2, "type": 11, "typeName": ".google.protobuf.Timestamp"},
                {"name": "target", "number": 3, "type": 9},
                {"name": "verb", "number": 4, "type": 9},
                {"name": "status_message", "number": 5, "type": 9},
                {"name": "requested_cancellation", "number": 6, "type": 8},
                {"name": "api_version", "number": 7, "type": 9},
            ],
        },
        {
            "name": "AppConnection",
            "field": [
                {"name": "name", "number": 1, "type": 9},
                {"name": "type", "number": 7, "type": 14, "typeName": f".{_PACKAGE}.AppConnection.Type"},
                {"name": "state", "number": 10, "type": 14, "typeName": f".{_PACKAGE}.AppConnection.State"},
            ],
            "enumType": [
                {"name": "Type", "value": [{"name": "TYPE_UNSPECIFIED"}, {"name": "TCP_PROXY", "number": 1}]},
                {"name": "State", "value": [{"name": "STATE_UNSPECIFIED"}, {"name": "CREATED", "number": 2}]},
            ],
        },
    ],
}


def message_of(kind: str, members: Mapping[str, Any]) -> Any:
    """ProtoJSON as a message: "Operation" or "ListOperationsResponse" of google.longrunning, or "Empty".

    Raises google.protobuf.json_format.ParseError for members that the message does not have.
    """
    json_format = part_of_grpc("google.protobuf.json_format")
    return json_format.ParseDict(dict(members), _new(kind), descriptor_pool=_types())


def _new(kind: str) -> Any:
    module = "google.protobuf.empty_pb2" if kind == "Empty" else "google.longrunning.operations_pb2"
    return getattr(part_of_grpc(module), kind)()


@cache
def _types() -> Any:
    """The types that an Any of ours can hold."""
    pool = part_of_grpc("google.protobuf.descriptor_pool").DescriptorPool()
    descriptors = part_of_grpc("google.protobuf.descriptor_pb2")
    for known in ("timestamp", "duration", "empty", "struct", "wrappers"):
        file = descriptors.FileDescriptorProto()
        part_of_grpc(f"google.protobuf.{known}_pb2").DESCRIPTOR.CopyToProto(file)
        pool.Add(file)
    json_format = part_of_grpc("google.protobuf.json_format")
    pool.Add(json_format.ParseDict(_FILE, descriptors.FileDescriptorProto()))
    return pool
