"""Faults of reading the query of a cancel."""

from __future__ import annotations

from collections.abc import Callable

from conformance.exchange import Request
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.faults.lies import cancel_rashly, cancel_refused, refusal
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.query import SYSTEM_PARAMETERS, parameters
from conformance.server.reference.service import Service

_UNKNOWN = refusal(Code.INVALID_ARGUMENT, "Cannot bind the query parameter.", "UNKNOWN_PARAMETER")
_INTERNAL = refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR")
_UNAVAILABLE = refusal(Code.UNAVAILABLE, "upstream connect error", "UPSTREAM_UNAVAILABLE")


def _refusing(honest: Service, whose: Callable[[str, str], bool], error: ApiError) -> Service:
    """A cancel is refused when `whose` is true of the name and the value of one of its parameters."""
    return cancel_refused(
        honest, lambda request: any(whose(*each) for each in parameters(request, malformed="skipped")), error
    )


def _is_unknown(name: str, _: str) -> bool:
    return name.removeprefix("$") not in SYSTEM_PARAMETERS


@fault(breaks="query.alt-json-is-accepted")
def alt_json_is_refused(honest: Service) -> Service:
    """Refuses `alt=json`, which discovery clients and gcloud always send, as Envoy does unless configured."""
    return _refusing(honest, lambda name, _: name == "alt", _UNKNOWN)


@fault(breaks="query.alt-json-is-accepted")
def alt_json_crashes(honest: Service) -> Service:
    """Answers `alt=json` with 500, as vanguard does."""
    return _refusing(honest, lambda name, _: name == "alt", _INTERNAL)


@fault(breaks="query.dollar-alt-is-accepted")
def dollar_alt_is_refused(honest: Service) -> Service:
    """Refuses `$alt`, because it knows the parameter by its other spelling alone."""
    return _refusing(honest, lambda name, _: name == "$alt", _UNKNOWN)


@fault(breaks="query.dollar-alt-is-accepted")
def enum_encoding_is_refused(honest: Service) -> Service:
    """Knows `json` as a value of `$alt`, and nothing that follows a semicolon."""
    return _refusing(honest, lambda _, value: "enum-encoding" in value, _UNKNOWN)


@fault(breaks="query.dollar-alt-is-accepted")
def plain_semicolon_is_refused(honest: Service) -> Service:
    """Refuses a semicolon that is not percent-encoded, as gapic-showcase does, for Go once took it for a separator."""
    return cancel_refused(honest, lambda request: ";" in request.query, _UNKNOWN)


@fault(breaks="query.dollar-alt-is-accepted")
def encoded_dollar_is_unavailable(honest: Service) -> Service:
    """Answers `%24alt` with 503, as Envoy does whose list of ignored parameters is compared undecoded."""
    return cancel_refused(honest, lambda request: "%24alt" in request.query, _UNAVAILABLE)


@fault(breaks="query.system-parameters-are-accepted")
def pretty_print_is_refused(honest: Service) -> Service:
    """Refuses `prettyPrint`, which Go's discovery client sends."""
    return _refusing(honest, lambda name, _: name == "prettyPrint", _UNKNOWN)


@fault(breaks="query.system-parameters-are-accepted")
def xgafv_is_refused(honest: Service) -> Service:
    """Refuses `$.xgafv`, because a parameter path cannot begin with a dot."""
    return _refusing(honest, lambda name, _: name == "$.xgafv", _UNKNOWN)


@fault(breaks="query.system-parameters-are-accepted")
def key_and_quota_user_crash(honest: Service) -> Service:
    """Answers `key` and `quotaUser` with 500, because no project stands behind the key."""
    return _refusing(honest, lambda name, _: name in ("key", "quotaUser"), _INTERNAL)


@fault(breaks="query.unknown-parameter-is-answered")
def unknown_parameter_crashes(honest: Service) -> Service:
    """Answers an unknown parameter with 500, as vanguard does."""
    return _refusing(honest, _is_unknown, _INTERNAL)


@fault(breaks="query.unknown-parameter-is-answered")
def unknown_parameter_is_unavailable(honest: Service) -> Service:
    """Answers an unknown parameter with 503, as Envoy does, which then does not transcode."""
    return _refusing(honest, _is_unknown, _UNAVAILABLE)


@fault(
    breaks=(
        "query.alt-json-is-accepted",
        "query.dollar-alt-is-accepted",
        "query.system-parameters-are-accepted",
        "query.unknown-parameter-is-answered",
    )
)
def any_query_crashes(honest: Service) -> Service:
    """Answers every query parameter with 500: vanguard, when nothing is configured."""
    return _refusing(honest, lambda *_: True, _INTERNAL)


@fault(breaks="body.refused-cancel-changes-nothing")
def refused_query_cancels_all_the_same(honest: Service) -> Service:
    """Refuses an unknown parameter with 400, after it has cancelled the operation of the path."""

    def has_unknown(request: Request) -> bool:
        return any(_is_unknown(*each) for each in parameters(request, malformed="skipped"))

    return cancel_rashly(honest, has_unknown)
