"""Faults that only a published description of the answers finds: members that no other requirement speaks of."""

from __future__ import annotations

from dataclasses import replace

from conformance.server.reference.faults.lies import metadata_shown
from conformance.server.reference.faults.registry import NO_METADATA, fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service


@fault(breaks="schema.answers-conform", profile="ci", unseen=NO_METADATA)
def create_time_is_a_number(honest: Service) -> Service:
    """Shows `createTime` in seconds since 1970, where ProtoJSON has a text."""
    return metadata_shown(honest, lambda _, metadata: metadata | {"createTime": 1767225600})


@fault(breaks="schema.answers-conform", profile="ci", unseen=NO_METADATA)
def api_version_is_a_number(honest: Service) -> Service:
    """Shows `apiVersion` as 1."""
    return metadata_shown(honest, lambda _, metadata: metadata | {"apiVersion": 1})


@fault(breaks="schema.answers-conform", profile="ci", unseen=NO_METADATA)
def status_message_is_a_list(honest: Service) -> Service:
    """Shows all messages so far in `statusMessage`, where one text belongs."""
    return metadata_shown(honest, lambda _, metadata: metadata | {"statusMessage": ["Started.", "Working."]})


@fault(breaks="schema.answers-conform", profile="ci")
def unreachable_is_text(honest: Service) -> Service:
    """Lists `unreachable` as a text, where a list belongs."""

    def lie(service: Service, call: Invocation) -> Message:
        return honest.list(service, call) | {"unreachable": "none"}

    return replace(honest, list=lie)
