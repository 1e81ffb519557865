"""The honest service, built."""

from __future__ import annotations

import time

from conformance.lro.clock import Clock, SystemClock
from conformance.server.reference.authorisation import Auth
from conformance.server.reference.bindings import BINDINGS, Bindings
from conformance.server.reference.service import Service
from conformance.server.reference.store import EPOCH, Store
from conformance.server.reference.taste import DEFAULT, Taste


def reference_service(
    clock: Clock | None = None,
    taste: Taste = DEFAULT,
    auth: Auth | None = None,
    seed: str | int | None = None,
    bindings: Bindings = BINDINGS,
) -> Service:
    """A service without operations yet.

    Without a clock it lives in the machine's time, and its timestamps are true; with one they begin at
    `store.EPOCH`. Without a seed nobody can foretell its operation ids.
    Its paths are those of beyondcorp, or of another contract (`bindings.bindings_for`).
    """
    if clock is None:
        clock = SystemClock()
        return Service(Store(clock, seed=seed, epoch=time.time() - clock.now()), taste, auth, bindings)
    return Service(Store(clock, seed=seed, epoch=EPOCH), taste, auth, bindings)
