"""Correct variants: servers that no check may fail. Importing this package registers every one."""

from conformance.server.reference.variants import clients, connections, ids, paths, served
from conformance.server.reference.variants.registry import Variant, all_variants, variant_named

__all__ = ["Variant", "all_variants", "clients", "connections", "ids", "paths", "served", "variant_named"]
