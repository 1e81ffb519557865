"""Cancels of two operations with the same request id: each is a cancel of its own.

An id of a request is for logs, and for whoever sends the same request again. A server that keeps answers by it has to
keep them by what was asked, too.
"""

from __future__ import annotations

from conformance.errors import NotTested
from conformance.exchange import Exchange, Header
from conformance.server.target.iut import Iut
from conformance.server.target.unknown import nonce
from conformance.suite.cancellations import Cancellations
from conformance.suite.stimuli import stimulus

_FIELDS = ("X-Request-Id", "Idempotency-Key")


@stimulus
def same_request_id(iut: Iut, cancel_works: Cancellations, same_request_id_name: str) -> Exchange:
    """The cancel of a fresh operation, with the id of a cancel of another one."""
    return cancel_with_id_of_another(iut, cancel_works.plain.name, same_request_id_name)


def cancel_with_id_of_another(iut: Iut, cancelled: str, fresh: str) -> Exchange:
    """Cancel an operation that is cancelled already with an id, and then a fresh one with the same id.

    Raises NotTested where every field that has such an id is configured, and so has a value already.
    """
    configured = iut.configuration.iut
    taken = {field.lower() for field in (*configured.headers, configured.request_id_header)}
    headers: list[Header] = [(field, nonce(fresh, "request id")) for field in _FIELDS if field.lower() not in taken]
    if not headers:
        raise NotTested("[iut] says what stands in every header field that has the id of a request")
    iut.cancel(cancelled, headers=headers, note="cancel with a request id")
    return iut.cancel(fresh, headers=headers, note="cancel with the request id of another cancel")
