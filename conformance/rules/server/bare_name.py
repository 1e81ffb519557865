"""Rules about a POST on the bare name of an operation: it deletes nothing, whatever its content.

If an operation gets several such requests, the checks that sent them judge. The rules judge an operation that gets one.
"""

from __future__ import annotations

import re

from conformance.exchange import Exchange, Wire
from conformance.exchange.history import History
from conformance.rules.rule import Complaint, history_rule

_GONE = frozenset({404, 410})
_OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
_METHOD_MEMBER = re.compile(rb"\b(?:_method|httpMethod)\b")


def _names_another_method(post: Exchange) -> bool:
    request = post.request
    says = request.body + b"&" + request.query.encode("utf-8", "replace")
    return any(map(request.header, _OVERRIDES)) or _METHOD_MEMBER.search(says) is not None


def _only_post(history: History) -> Exchange | None:
    """The POST on the name, when it is the only one, was accepted, and nobody cancelled or deleted the operation."""
    may_have_ended = any(call.succeeded() and call.request.method != "GET" for call in history.calls)
    if len(history.posts) != 1 or may_have_ended or not history.posts[0].succeeded():
        return None
    return history.posts[0]


def _around(history: History, post: Exchange) -> tuple[Exchange, Exchange] | None:
    """The last look before the POST and the first answered get after it."""
    before = [look.exchange for look in history.looks if look.exchange.precedes(post)]
    after = [call for call in history.calls if post.precedes(call) and call.response is not None]
    readable = [call for call in after if call.response is not None and not call.response.is_busy]
    return (before[-1], readable[0]) if before and readable else None


def _stands_alone(history: History, is_override: bool) -> bool:
    post = _only_post(history)
    return post is not None and _names_another_method(post) is is_override and _around(history, post) is not None


def _deleted_by_it(history: History) -> Complaint | None:
    post = _only_post(history)
    looks = _around(history, post) if post is not None else None
    assert post is not None
    assert looks is not None
    shown, look = looks
    if look.response is None or look.response.status not in _GONE:
        return None
    message = f"{history.name} is gone after a POST on its name, which was answered with {_status(post)}"
    return Complaint(message, (shown, post, look))


@history_rule(
    "routing.post-on-a-name-does-nothing",
    when=lambda history: _stands_alone(history, is_override=False),
    reads=Wire.HTTP,
)
def post_on_a_name_deletes_nothing(history: History) -> Complaint | None:
    return _deleted_by_it(history)


@history_rule(
    "routing.method-is-not-overridden", when=lambda history: _stands_alone(history, is_override=True), reads=Wire.HTTP
)
def post_is_no_delete(history: History) -> Complaint | None:
    return _deleted_by_it(history)


def _status(post: Exchange) -> int | None:
    return post.response.status if post.response is not None else None
