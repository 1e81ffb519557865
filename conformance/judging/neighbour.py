"""The id that was probably meant by a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def nearest(named: str, known: Collection[str]) -> str:
    """The known id that is nearest to the named one, or nothing.

    An id with the same beginning is nearer than one that only looks alike: it may have been cut off.
    """
    begun = sorted(each for each in known if named and (each.startswith(named) or named.startswith(each)))
    if begun:
        return min(begun, key=lambda each: abs(len(each) - len(named)))
    near = difflib.get_close_matches(named, known, n=1, cutoff=0.6)
    return near[0] if near else ""
