"""The model: the life of an operation, canonical codes, and time."""

from conformance.lro.clock import Clock, SystemClock, TickingClock, VirtualClock, timestamp
from conformance.lro.codes import Code, code_named, code_numbered
from conformance.lro.operation import Operation, State

__all__ = [
    "Clock",
    "Code",
    "Operation",
    "State",
    "SystemClock",
    "TickingClock",
    "VirtualClock",
    "code_named",
    "code_numbered",
    "timestamp",
]
