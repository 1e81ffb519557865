"""A request as the steps of the service hand it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.exchange import Call, Method, Request
from conformance.server.reference.bindings import Route, Rpc

Message = dict[str, Any]
"""A message of a request or a response, as JSON has it."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """A request as far as it has been read: what it calls, and after each step what the step has read.

    `name` is what the path binds. `target` is what the call acts on: the same, decided by `Service.choose_target`.
    """

    request: Request
    binding: Route
    name: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    target: str = ""

    @property
    def rpc(self) -> Rpc:
        return self.binding.rpc

    @property
    def call(self) -> Call | None:
        """The call of google.longrunning.Operations that this is, or None for one that starts an operation."""
        method = _METHODS.get(self.rpc)
        return Call(method, self.name) if method is not None else None


_METHODS = {Rpc.CANCEL: Method.CANCEL, Rpc.GET: Method.GET, Rpc.LIST: Method.LIST, Rpc.DELETE: Method.DELETE}
