"""Cases for the rules about an operation as one answer shows it."""

from __future__ import annotations

from conformance.exchange import Call, Method
from tests.rules.cases import Cases
from tests.rules.traffic import (
    BUILDGRID_CANCELLED,
    METADATA,
    NOT_FOUND,
    OPERATION,
    OTHER,
    PARENT,
    RESULT,
    asked_to_cancel,
    cancelled,
    done,
    failed,
    running,
    succeeded,
)

GRPC_GATEWAY = {"name": OPERATION, "metadata": None, "done": False}
"""How grpc-gateway writes a running operation without metadata."""

ENVOY = {"name": OPERATION}
"""How Envoy writes the same: what has its default value is left out."""

NUMBERED = OPERATION.replace("projects/demo", "projects/123456789")

ORGANIZATION = OPERATION.replace("projects/demo", "organizations/one")

CASES = {
    "operation.get-returns-it": Cases(
        kept={
            "running": lambda t: t.get(running()),
            "as grpc-gateway writes it": lambda t: t.get(GRPC_GATEWAY),
            "as Envoy writes it": lambda t: t.get(ENVOY),
            "any object with a member of one, for what is in it other requirements say": lambda t: [
                t.get({member: 1}) for member in ("name", "metadata", "done", "error", "response")
            ],
        },
        violated={
            "an empty object": lambda t: t.get({}),
            "an error dressed as success": lambda t: t.get({"code": 5, "message": "no"}),
            "another 2xx": lambda t: t.get(running(), 203),
            "nothing": lambda t: t.get(b""),
            "an array": lambda t: t.get([running()]),
            "a page": lambda t: t.get(b"<html>", content_type="text/html"),
        },
        silent={
            "not found": lambda t: t.get(NOT_FOUND, 404),
            "a list": lambda t: t.list(),
            "a cancel": lambda t: t.cancel(),
        },
    ),
    "operation.name-has-its-collection": Cases(
        kept={
            "below a location": lambda t: t.get(running()),
            "below nothing": lambda t: t.get(running("operations/op-1"), name="operations/op-1"),
            "an id with slashes": lambda t: t.get(running("operations/a/b"), name="operations/a/b"),
            "in a list": lambda t: t.list(running(), running(OTHER)),
            "a collection of its own": lambda t: t.get(running("transferOperations/1"), name="transferOperations/1"),
        },
        violated={
            "the id alone": lambda t: t.get(running("op-1")),
            "another collection": lambda t: t.get(running(OPERATION.replace("/operations/", "/jobs/"))),
            "no id": lambda t: t.list(running(), running("projects/demo/operations/")),
            "no slash before the collection": lambda t: t.list(running("projects/demo/myoperations/1")),
        },
        silent={
            "not found": lambda t: t.get(NOT_FOUND, 404),
            "no name": lambda t: t.get({"done": False}),
            "an empty list": lambda t: t.list(),
        },
    ),
    "operation.name-is-kept": Cases(
        kept={
            "the same": lambda t: t.get(cancelled()),
            "the project by its number": lambda t: t.get(running(NUMBERED)),
            "the project by its id": lambda t: t.get(running(), name=NUMBERED),
            "no operation at all, as operation.get-returns-it says": lambda t: t.get({"code": 5}),
        },
        violated={
            "another operation": lambda t: t.get(running(OTHER)),
            "another project": lambda t: t.get(running(OPERATION.replace("demo", "other"))),
            "another project number": lambda t: t.get(running(NUMBERED.replace("1", "2")), name=NUMBERED),
            "the id alone": lambda t: t.get(running("op-1")),
            "another id without a project": lambda t: t.get(running("op-1"), name="op-2"),
            "a project in place of an organization": lambda t: t.get(running(NUMBERED), name=ORGANIZATION),
            "an organization in place of a project": lambda t: t.get(running(ORGANIZATION), name=NUMBERED),
            "no name": lambda t: t.get({"done": False}),
            "a name that is no text": lambda t: t.get({"name": 1}),
            "another location, and the project by its number": lambda t: t.get(
                running(NUMBERED.replace("/us/", "/eu/"))
            ),
            "a number for an organization": lambda t: t.get(
                running("organizations/1/locations/us/operations/op-1"),
                name="organizations/one/locations/us/operations/op-1",
            ),
        },
        silent={
            "an odd spelling": lambda t: t.send(
                "GET", f"/v1/{OPERATION}%0A", running(), call=Call(Method.GET, f"{OPERATION}\n"), may_be_unrouted=True
            ),
            "not found": lambda t: t.get(NOT_FOUND, 404),
            "a list": lambda t: t.list(running(OTHER)),
            "no operation": lambda t: t.get([]),
        },
    ),
    "operation.done-is-boolean": Cases(
        kept={
            "true": lambda t: t.get(cancelled()),
            "absent": lambda t: t.get(ENVOY),
            "null, which means absent": lambda t: t.get(running(done=None)),
            "in a list": lambda t: t.list(running(), cancelled(OTHER)),
        },
        violated={
            "a text": lambda t: t.get(running(done="true")),
            "a number": lambda t: t.get(running(done=1)),
            "in a list": lambda t: t.list(running(), running(OTHER, done="false")),
        },
        silent={
            "not found": lambda t: t.get(NOT_FOUND, 404),
            "an empty list": lambda t: t.list(),
            "a cancel's answer": lambda t: t.cancel(answer={"done": "true"}),
        },
    ),
    "operation.running-has-no-result": Cases(
        kept={
            "running": lambda t: t.get(running()),
            "asked to cancel": lambda t: t.get(asked_to_cancel()),
            "with both as null": lambda t: t.get(running(error=None, response=None, done=False)),
            "done, whatever it has": lambda t: t.get(done(error={"code": 1}, response=RESULT)),
        },
        violated={
            "an error": lambda t: t.get(running(error={"code": 1, "message": "cancelled"})),
            "a response": lambda t: t.get(running(done=False, response=RESULT)),
            "an empty error": lambda t: t.get(running(error={})),
            "in a list": lambda t: t.list(succeeded(), running(OTHER, response=RESULT)),
        },
        silent={"not found": lambda t: t.get(NOT_FOUND, 404), "an empty list": lambda t: t.list()},
    ),
    "operation.one-result": Cases(
        kept={
            "an error": lambda t: t.get(cancelled()),
            "a response": lambda t: t.get(succeeded()),
            "a null beside it": lambda t: t.get(done(error=None, response=RESULT)),
            "neither": lambda t: t.get(done()),
        },
        violated={
            "both": lambda t: t.get(done(error={"code": 1, "message": "cancelled"}, response=RESULT)),
            "both, in a list": lambda t: t.list(done(error={"code": 13, "message": "no"}, response=RESULT)),
        },
        silent={"not found": lambda t: t.get(NOT_FOUND, 404)},
    ),
    "operation.done-has-a-result": Cases(
        kept={
            "an error": lambda t: t.get(failed()),
            "a response": lambda t: t.get(succeeded()),
            "a response without members": lambda t: t.get(done(response={})),
        },
        violated={
            "neither": lambda t: t.get(done()),
            "null": lambda t: t.get(done(error=None)),
        },
        silent={
            "in a list, which may leave results out": lambda t: t.list(succeeded(), done(OTHER)),
            "running": lambda t: t.get(running()),
            "done in words": lambda t: t.get(running(done="true")),
            "not found": lambda t: t.get(NOT_FOUND, 404),
        },
    ),
    "operation.error-is-a-status": Cases(
        kept={
            "cancelled": lambda t: t.get(cancelled()),
            "any canonical code": lambda t: [t.get(failed(code)) for code in range(1, 17)],
            "with details": lambda t: t.get(done(error={"code": 3, "message": "no", "details": [{"@type": "x/y"}]})),
            "no message": lambda t: t.get(done(error={"code": 1})),
            "a message that is null, which means absent": lambda t: t.get(done(error={"code": 1, "message": None})),
            "details that are null": lambda t: t.get(done(error={"code": 1, "message": "no", "details": None})),
        },
        violated={
            "a text": lambda t: t.get(done(error="cancelled")),
            "the name of the code": lambda t: t.get(failed("CANCELLED")),
            "the number as a text": lambda t: t.get(failed("1")),
            "the HTTP status": lambda t: t.get(failed(499)),
            "true, which is no number": lambda t: t.get(failed(True)),
            "OK": lambda t: t.get(failed(0)),
            "17": lambda t: t.get(failed(17)),
            "no code, which means OK": lambda t: t.get(done(error={"message": "no"})),
            "the envelope of HTTP": lambda t: t.get(done(error={"error": {"code": 499, "status": "CANCELLED"}})),
            "a message that is no text": lambda t: t.get(done(error={"code": 1, "message": ["no"]})),
            "details that are a text": lambda t: t.get(done(error={"code": 1, "details": "none"})),
            "details that are an empty object": lambda t: t.get(done(error={"code": 1, "details": {}})),
            "in a list": lambda t: t.list(cancelled(), failed(499, OTHER)),
        },
        silent={
            "running": lambda t: t.get(running()),
            "succeeded": lambda t: t.get(succeeded()),
            "the error of a request": lambda t: t.get(NOT_FOUND, 404),
        },
    ),
    "operation.error-has-a-message": Cases(
        kept={
            "cancelled": lambda t: t.get(cancelled()),
            "a message that is no text": lambda t: t.get(done(error={"code": 1, "message": []})),
        },
        violated={
            "none": lambda t: t.get(done(error={"code": 1})),
            "null": lambda t: t.get(done(error={"code": 1, "message": None})),
            "blanks": lambda t: t.get(done(error={"code": 13, "message": " "})),
            "in a list": lambda t: t.list(cancelled(), done(OTHER, error={"code": 1})),
        },
        silent={
            "running": lambda t: t.get(running()),
            "no canonical code": lambda t: t.get(done(error={"code": 499})),
            "no object": lambda t: t.get(done(error="cancelled")),
        },
    ),
    "operation.not-modified-answers-a-condition": Cases(
        kept={
            "to a condition": lambda t: t.send(
                "GET", f"/v1/{OPERATION}", None, 304, call=Call(Method.GET, OPERATION), asks=(("If-None-Match", "x"),)
            )
        },
        violated={
            "to none": lambda t: t.send("GET", f"/v1/{OPERATION}", None, 304, call=Call(Method.GET, OPERATION)),
        },
        silent={"a get that shows it": lambda t: t.get(running())},
    ),
    "operation.any-has-a-type": Cases(
        kept={
            "both": lambda t: t.get(succeeded()),
            "metadata alone": lambda t: t.get(running()),
            "null beside": lambda t: t.get(done(response=None)),
            "BuildGrid's": lambda t: t.get(done(response=BUILDGRID_CANCELLED)),
            "a detail": lambda t: t.get(
                done(error={"code": 1, "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo"}]})
            ),
        },
        violated={
            "a detail without a type": lambda t: t.get(done(error={"code": 1, "details": [{"reason": "STOPPED"}]})),
            "metadata without a type": lambda t: t.get(running(metadata={"verb": "create"})),
            "an empty response": lambda t: t.get(done(response={})),
            "metadata that is no object": lambda t: t.get(running(metadata="create")),
            "a type that is no text": lambda t: t.get(running(metadata={"@type": 1})),
            "in a list": lambda t: t.list(running(), running(OTHER, metadata=["create"])),
        },
        silent={
            "as grpc-gateway writes it": lambda t: t.get(GRPC_GATEWAY),
            "as Envoy writes it": lambda t: t.get(ENVOY),
            "not found": lambda t: t.get(NOT_FOUND, 404),
        },
    ),
    "list.is-a-list": Cases(
        kept={
            "two operations": lambda t: t.list(running(), cancelled(OTHER)),
            "none": lambda t: t.list(),
            "none, and not even the member": lambda t: t.list(answer={}),
            "null, which means absent": lambda t: t.list(answer={"operations": None}),
        },
        violated={
            "no object": lambda t: t.list(answer=[running()]),
            "an object of operations": lambda t: t.list(answer={"operations": {OPERATION: running()}}),
            "an empty object of operations": lambda t: t.list(answer={"operations": {}}),
            "a text": lambda t: t.list(answer={"operations": ""}),
            "an entry that is a name": lambda t: t.list(OPERATION),
            "an entry without a name": lambda t: t.list(running(), {"metadata": METADATA}),
            "an entry whose name is no text": lambda t: t.list(running(1)),
        },
        silent={
            "not found": lambda t: t.list(answer=NOT_FOUND, status=404),
            "a get": lambda t: t.get(running()),
            "a path that nothing is bound to": lambda t: t.send("GET", f"/v2/{PARENT}/operations", []),
        },
    ),
}
