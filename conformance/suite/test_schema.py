"""The published description: requests that Schemathesis generates from it, and answers that it has to describe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from itertools import zip_longest
from typing import Any
from urllib.parse import quote, unquote

import httpx

from conformance.errors import NotTested
from conformance.exchange import Exchange, Method
from conformance.rules import Complaint
from conformance.rules.server.errors import bare_status_of
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import nonce
from conformance.spec.contract import Contract
from conformance.spec.files import read_yaml
from conformance.spec.template import Kind
from conformance.suite.cancellations import FirstCancel
from conformance.suite.drawing import for_each
from conformance.suite.evidence import note
from conformance.suite.judging import require, verifies

CASES = 8
"""Generated requests in one batch; Schemathesis takes a hundredth of a second for each."""


@verifies("schema.answers-conform", profile="ci")
def test_answers_are_as_described(iut: Iut, cancel_is_heard: FirstCancel) -> None:
    """Every method of the contract but delete, aimed at a cancelled or done operation and at names that nothing has."""
    import schemathesis
    from hypothesis import strategies as st
    from schemathesis.core.result import Ok

    name = cancel_is_heard.name
    document = read_yaml(iut.contract.file)
    parameters = {
        path: each for path in document["paths"] if (each := parameters_of(path, iut.contract, name)) is not None
    }
    if not parameters:
        raise NotTested(f"{iut.contract.name} describes no path of {name}")
    schema = schemathesis.openapi.from_dict(_aimed(document, parameters))
    operations: list[Any] = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    described = [operation for operation in operations if _is_asked(iut, operation)]
    judged: list[Exchange] = []
    for operation in described:

        def judge(cases: list[Any]) -> None:
            sent = iut.send_all([_outgoing(iut, case) for case in cases])
            answers = [(case, one) for case, one in zip(cases, sent, strict=True) if one.response is not None]
            told = [(case, one) for case, one in answers if not _is_bare(iut, one)]
            judged.extend(one for _, one in told)
            require(*(_undescribed(case, one) for case, one in told))

        generated = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
        cases = st.lists(generated, min_size=CASES, max_size=CASES)
        for_each(iut.profile.shared_by(len(described) * 2), cases, judge)
    if not judged:
        raise NotTested("no generated request was answered in a form that the description is about")
    note(judged[-1])


def _is_asked(iut: Iut, operation: Any) -> bool:
    """Whether a described method is one to call here: no delete, and no list where there is none."""
    call = iut.contract.identify(operation.method.upper(), re.sub(r"\{\w+\}", "x", operation.path))
    is_list = call is not None and call.method is Method.LIST
    return operation.method != "delete" and not (is_list and iut.statement.value("list") is False)


def _aimed(document: Mapping[str, Any], parameters: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The description cut down to the paths of the operation, its path parameters to values that mean something.

    Texts of all Unicode would reach no operation; and for them Hypothesis builds a table of 200 megabytes.
    """
    values = {parameter: value for each in parameters.values() for parameter, value in each.items()}

    def aimed(value: Any) -> Any:
        if isinstance(value, list):
            return [aimed(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        if value.get("in") == "path" and value.get("name") in values:
            known = values[value["name"]]
            return {**value, "schema": {"type": "string", "enum": [known, f"no-such-{nonce(known, 'schema')}-{known}"]}}
        return {key: aimed(entry) for key, entry in value.items()}

    cut_down = aimed(document)
    assert isinstance(cut_down, dict)
    return {**cut_down, "paths": {path: cut_down["paths"][path] for path in parameters}}


def parameters_of(path: str, contract: Contract, name: str) -> Mapping[str, str] | None:
    """The values of the path parameters with which a described path means the operation or its parent, or None.

    Where a binding takes the rest of a path (`**`), so does the last parameter: OpenAPI has no other way to say it.
    """
    segments = name.split("/")
    ancestors = ["/".join(segments[:length]) for length in range(len(segments) - 1, 0, -1)]
    for binding in contract.bindings:
        takes_rest = any(segment.kind is Kind.REST for segment in binding.template.segments)
        pattern = _pattern(path, "[^:]+" if takes_rest else "[^/:]+")
        for aimed in ancestors if binding.method is Method.LIST else [name]:
            if binding.accepts(aimed) and (match := pattern.fullmatch(binding.template.expand(name=aimed))):
                return {parameter: unquote(value) for parameter, value in match.groupdict().items()}
    return None


def _pattern(path: str, last: str) -> re.Pattern[str]:
    """What a described path matches; `last` is what its last parameter does."""
    literals = re.split(r"\{(\w+)\}", path)
    parameters = literals[1::2]
    groups = [f"(?P<{each}>[^/:]+)" for each in parameters[:-1]] + [f"(?P<{each}>{last})" for each in parameters[-1:]]
    return re.compile("".join(map("".join, zip_longest(map(re.escape, literals[::2]), groups, fillvalue=""))))


def _outgoing(iut: Iut, case: Any) -> Outgoing:
    """The generated case as a request of ours: same method, path, query and body."""
    arguments = case.as_transport_kwargs(base_url="http://generated.invalid")
    # The path is ours: OpenAPI would escape the slashes of a name that takes the rest of the path.
    path = case.path.format(**{name: quote(value, safe="/") for name, value in case.path_parameters.items()})
    made = httpx.Request(
        arguments["method"],
        f"http://generated.invalid{path}",
        params=arguments.get("params") or None,
        json=arguments.get("json"),
    )
    content_type = made.headers.get("content-type")
    target = made.url.raw_path.decode("ascii")
    return iut.request(
        made.method,
        target,
        body=made.read(),
        content_type=content_type,
        note="generated by Schemathesis",
        may_be_unrouted=True,
    )


def _is_bare(iut: Iut, exchange: Exchange) -> bool:
    """Whether an answer is an error in the other form of google.rpc.Status, as the statement says they are."""
    return iut.statement.value("errors") == "status" and bare_status_of(exchange) is not None


_OF_THE_WIRE = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""Header fields that say how a body was sent; ours is recorded without its codings."""


def _undescribed(case: Any, exchange: Exchange) -> Complaint | None:
    """What the description does not know about the answer."""
    from schemathesis.core.failures import FailureGroup
    from schemathesis.specs.openapi import checks

    answer = exchange.response
    if answer is None:
        return None
    response = httpx.Response(
        answer.status,
        headers=[
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers
            if name.lower() not in _OF_THE_WIRE
        ],
        content=answer.body,
        request=httpx.Request(exchange.request.method, "http://generated.invalid" + exchange.request.target),
    )
    response.elapsed = timedelta(0)
    judged = [checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]
    try:
        case.validate_response(response, checks=judged)
    except FailureGroup as group:
        problems = "; ".join(str(failure).strip().splitlines()[0] for failure in group.exceptions)
        return Complaint(f"the description does not know this answer: {problems}", (exchange,))
    return None
