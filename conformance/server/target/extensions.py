"""Extensions of an httpx request, by which our transport is told what httpx has no words for."""

from __future__ import annotations

TARGET = "target"
"""The request target as it goes out, byte for byte. httpx and httpcore know this one."""

DEADLINE = "deadline"
"""When the exchange as a whole must have ended, by the system clock."""

VERSION = "version"
"""The version of HTTP in the first line."""

FRESH = "fresh"
"""Asks for a connection of its own: such a request is sent once, whatever becomes of it."""

KEEP = "keep"
"""Lets the next request follow on the same connection, whatever the answer."""

SENT_AGAIN = "sent_again"
"""Is set when the request was sent twice."""
