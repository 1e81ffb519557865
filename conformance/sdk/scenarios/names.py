"""Scenarios about more names: Unicode in its forms, ids that look like numbers or like parts of a path, controls.

Each is cancelled and shown. What the request must look like is judged by the rules; a client may refuse a name with a
control character, and any other is accepted.
"""

from __future__ import annotations

from conformance.rules.client import INJECTION, is_accepted
from conformance.sdk.answers import EMPTY_OBJECT
from conformance.sdk.scenario import SUCCEEDS, Expectation, Scenario, cancel, get, operation

TAILS = {
    "composed": "\u00e9",
    "decomposed": "e\u0301",
    "compatibility": "\ufb01\uff21\u00bd\u212a",
    "beyond-the-bmp": "\U0001f600\U0001d518",
    "other-case": "\u0130\u0131\u017f\u1e9e",
    "no-break-space": "a\u00a0",
    "zero-width": "a\u200bb\u00ad\ufeff",
    "line-separator": "a\u2028\u0085b",
    "right-to-left": "\u05d0\u202e\u0628",
    "sub-delimiters": "!$*(),;=@",
    "quotation-marks": "a'b\"c`d",
    "brackets": "[a]{b}<c>|^",
    "escaped-slash": "a%2Fb",
    "escaped-nul": "a%00b",
    "twice-escaped": "a%252Fb",
    "dots": "a..",
    "two-verbs": "a:cancel:cancel",
    "upper-case-verb": "a:CANCEL",
    "tilde": "~a~",
    "double-space": "a  b",
    "entity": "a&amp;b",
    "placeholder": "{name}{0}%s%d${HOME}",
}
"""What follows the scenario's own name in an id."""

WHOLE = {
    "leading-zeros": "007",
    "large-number": "9007199254740993",
    "exponent": "1e3",
    "minus-zero": "-0",
    "hexadecimal": "0x10",
    "word-of-json": "null",
    "three-dots": "...",
    "hidden": ".hidden",
    "leading-space": " a",
    "leading-tilde": "~",
    "collection-as": "operations",
    "verb-as": "cancel",
    "hyphen": "-",
}
"""Ids as they are: a client that takes them for something else than a text shows it."""

CONTROLS = {"tab": "a\tb", "nul": "a\0b", "line-end": f"a{INJECTION}", "line-feed": "a\nb"}


def _played(name: str, id_: str, operation_name: str, *, is_legal: bool) -> Scenario:
    accepted = tuple(Expectation("client-request.legal-id-is-accepted", is_accepted, step) for step in (0, 1))
    return Scenario(
        name=name,
        summary=f"An operation with the id {id_!r} is cancelled and shown by its name.",
        control=SUCCEEDS,
        steps=(
            cancel(EMPTY_OBJECT, name=operation_name),
            get(operation(name=operation_name), name=operation_name),
        ),
        expectations=accepted if is_legal else (),
    )


SCENARIOS = (
    *(_played(f"{kind}-in-id", tail, f"{{operation}}-{tail}", is_legal=True) for kind, tail in TAILS.items()),
    *(_played(f"{kind}-id", id_, f"{{collection}}/{id_}", is_legal=True) for kind, id_ in WHOLE.items()),
    *(_played(f"{kind}-in-id", tail, f"{{operation}}-{tail}", is_legal=False) for kind, tail in CONTROLS.items()),
)
