"""Rules and oracles about servers. Every rule is applied to every exchange of a recording."""

from conformance.rules.rule import Rule, registered_rules
from conformance.rules.server import (
    authorisation,
    bare_name,
    errors,
    lifecycle,
    lists,
    liveness,
    operation,
    reading,
    response,
    routing,
)

_MODULES_WITH_RULES = (
    *(authorisation, bare_name, errors, lifecycle, lists, liveness, operation, reading, response, routing),
)


def all_rules() -> dict[str, Rule]:
    """Every rule by the requirement it speaks for."""
    return registered_rules()


__all__ = ["all_rules"]
