"""Correct variants that are one setting of the reference server."""

from __future__ import annotations

from conformance.server.reference.faults.registry import BEST_EFFORT
from conformance.server.reference.variants.registry import LATE_WITHOUT_A_TRACE, flavour

flavour("default", "The reference server as it is.")
flavour("defaults-omitted", "ProtoJSON may leave out members with their default value; `done` absent means false.")
flavour("metadata-null", "ProtoJSON reads null as absent; grpc-gateway writes it.")
flavour("metadata-absent", "Some services do not provide metadata.")
flavour("no-charset", "JSON is UTF-8 with and without the parameter.")
flavour("quoted-charset", "Media types are compared without regard to case, and a parameter may be quoted.")
flavour("spaced", "JSON has white space where it likes.")
flavour("indented", "Google answers in pretty print unless it is told not to.")
flavour("extra-headers", "An answer may carry header fields that nobody asked for; Envoy adds `grpc-status: 0`.")
flavour("errors-legacy", "Google's older APIs add a list of errors to the envelope.")
flavour("wrong-method-405", "405 with `Allow` is the answer of HTTP to a method that is not bound.")
flavour("wrong-method-501", "grpc-gateway answers a method that is not bound as UNIMPLEMENTED.")
flavour("unrouted-html", "Google's front end answers an unknown path with a page.")
flavour("unrouted-empty", "A front end may answer an unknown path with nothing but the status.")
flavour("unknown-query-ignored", "grpc-gateway ignores unknown query parameters, `name` among them.")
flavour("unknown-body-ignored", "ProtoJSON may ignore unknown members.", statement={"unknown_fields": "ignored"})
flavour("body-name-ignored", "The path binds the name; what the body says of it may be ignored.")
flavour("done-cancel-refused", "AIP-216 wants FAILED_PRECONDITION where a state cannot change any more.")
flavour(
    "succeeds-anyway",
    "Cancel is best effort: the operation may succeed.",
    statement=BEST_EFFORT,
    without_effect=LATE_WITHOUT_A_TRACE,
)
flavour(
    "never-ends",
    "Cancel is best effort: the operation may run on.",
    statement=BEST_EFFORT,
    without_effect=LATE_WITHOUT_A_TRACE,
)
flavour("cancel-unimplemented", "Cancel need not be supported.", statement={"cancel": "unimplemented"})
flavour(
    "list-and-delete-unimplemented",
    "List and delete need not be supported.",
    statement={"list": False, "delete": False},
)
