"""Correct variants: servers that no check may fail. Importing this package registers every one."""

from conformance.server.reference.variants import (
    answers,
    callers,
    clients,
    connections,
    flavours,
    ids,
    life,
    lists,
    paths,
    requests,
)
from conformance.server.reference.variants.registry import Variant, all_variants, variant_named

__all__ = [
    "Variant",
    "all_variants",
    "answers",
    "callers",
    "clients",
    "connections",
    "flavours",
    "ids",
    "life",
    "lists",
    "paths",
    "requests",
    "variant_named",
]
