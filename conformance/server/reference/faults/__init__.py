"""Faults: what the reference server does wrong when it is told to, one thing at a time.

`registry.all_faults` has them all. The files are by theme, as the chapters of the catalogue are; importing this
package registers every one.
"""

from conformance.server.reference.faults import (
    auth,
    body,
    callers,
    clients,
    collection,
    description,
    drift,
    encoding,
    errors,
    idle,
    metadata,
    operation,
    outcome,
    overlap,
    pages,
    query,
    repeat,
    response,
    routing,
    silence,
    spelling,
    target,
    unimplemented,
    unknown,
)
from conformance.server.reference.faults.registry import GENERAL, Fault, all_faults, fault_named

__all__ = [
    "GENERAL",
    "Fault",
    "all_faults",
    "auth",
    "body",
    "callers",
    "clients",
    "collection",
    "description",
    "drift",
    "encoding",
    "errors",
    "fault_named",
    "idle",
    "metadata",
    "operation",
    "outcome",
    "overlap",
    "pages",
    "query",
    "repeat",
    "response",
    "routing",
    "silence",
    "spelling",
    "target",
    "unimplemented",
    "unknown",
]
