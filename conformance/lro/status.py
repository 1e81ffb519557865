"""A google.rpc.Status as a reader sees it: code, message, details. It accepts any JSON object.

It has two forms. In that of google/rpc/status.proto `code` is the number of the canonical code. In the envelope of
AIP-193 `status` is the name of the canonical code, and `code` is the HTTP status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.lro.codes import Code, code_named, code_numbered


@dataclass(frozen=True, slots=True)
class RpcStatus:
    """What an error says of itself; `members` is the JSON object as received."""

    members: Mapping[str, Any]

    @property
    def code(self) -> Code | None:
        """The canonical code, by its name or else by its number; None where neither is one."""
        if "status" in self.members:
            return code_named(self.members["status"])
        return code_numbered(self.members.get("code"))

    @property
    def message(self) -> Any:
        """The member `message`; None when absent or null."""
        return self.members.get("message")

    @property
    def details(self) -> Any:
        """The member `details`; None when absent or null."""
        return self.members.get("details")
