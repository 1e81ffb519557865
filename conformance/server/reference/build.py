"""Makes the reference service."""

from __future__ import annotations

import time

from conformance.lro.clock import Clock, SystemClock
from conformance.server.reference import authorisation, body, methods, query, render, routing
from conformance.server.reference.auth import Auth
from conformance.server.reference.bindings import BINDINGS, Bindings
from conformance.server.reference.flavour import DEFAULT, Flavour
from conformance.server.reference.service import Service
from conformance.server.reference.store import EPOCH, Store


def reference_service(
    clock: Clock | None = None,
    flavour: Flavour = DEFAULT,
    auth: Auth | None = None,
    seed: str | int | None = None,
    bindings: Bindings = BINDINGS,
) -> Service:
    """A service without operations.

    Without a clock it uses the time of the machine, and its timestamps are real; with a clock they begin at
    `store.EPOCH`. Without a seed nobody can guess its operation ids.
    Its paths are those of beyondcorp, or of another contract (`bindings.bindings_for`).
    """
    if clock is None:
        clock = SystemClock()
        epoch = time.time() - clock.now()
    else:
        epoch = EPOCH
    return Service(
        store=Store(clock, seed=seed, epoch=epoch),
        flavour=flavour,
        auth=auth,
        bindings=bindings,
        route=routing.route,
        authorise=authorisation.authorise,
        read_query=query.read_query,
        accept_query=query.accept_query,
        read_body=body.read_body,
        accept_body=body.accept_body,
        choose_target=methods.choose_target,
        look_up=methods.look_up,
        cancel=methods.cancel,
        get=methods.get,
        list=methods.list_operations,
        delete=methods.delete,
        start=methods.start,
        create=methods.create,
        render_operation=render.render_operation,
        render_success=render.render_success,
        render_error=render.render_error,
        respond=render.respond,
    )
