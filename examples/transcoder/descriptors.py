"""The descriptor set for Envoy: `google.longrunning.Operations` with the HTTP binding of the contract.

As published, the service is bound to `/v1/{name=operations/**}`. An API that embeds it rebinds the methods in its
service configuration; here the `google.api.http` option of each method is replaced, which comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FileDescriptor

SERVICE: Final = "google.longrunning.Operations"

BINDING: Final[Mapping[str, Mapping[str, str]]] = {
    "ListOperations": {"get": "/v1/{name=projects/*/locations/*}/operations"},
    "GetOperation": {"get": "/v1/{name=projects/*/locations/*/operations/*}"},
    "DeleteOperation": {"delete": "/v1/{name=projects/*/locations/*/operations/*}"},
    "CancelOperation": {"post": "/v1/{name=projects/*/locations/*/operations/*}:cancel", "body": "*"},
}


def descriptor_set(files: Iterable[FileDescriptor]) -> bytes:
    """`files` and all they import, serialised.

    Besides the service's own file it must hold every message that an `Any` of an operation may contain: Envoy answers
    502 to a GET whose metadata it cannot name.
    """
    collected: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    for file in files:
        _collect(file, collected)
    for proto in collected.values():
        for service in proto.service:
            _bind(service, BINDING if f"{proto.package}.{service.name}" == SERVICE else {})
    return descriptor_pb2.FileDescriptorSet(file=collected.values()).SerializeToString()


def _collect(file: FileDescriptor, collected: dict[str, descriptor_pb2.FileDescriptorProto]) -> None:
    """Imports first: a descriptor set is read in order."""
    if file.name in collected:
        return
    for imported in file.dependencies:
        _collect(imported, collected)
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    collected[file.name] = proto


def _bind(service: descriptor_pb2.ServiceDescriptorProto, binding: Mapping[str, Mapping[str, str]]) -> None:
    # Looked up, not imported: BuildGrid ships a copy of these files, and importing both copies is an error.
    option: Any = descriptor_pool.Default().FindExtensionByName("google.api.http")
    http_rule = message_factory.GetMessageClass(option.message_type)
    for method in service.method:
        method.options.ClearExtension(option)
        if method.name in binding:
            method.options.Extensions[option].CopyFrom(http_rule(**binding[method.name]))
