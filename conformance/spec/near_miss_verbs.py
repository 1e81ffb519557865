"""Near misses of the verb: 'Verb = ":" LITERAL' (google/api/http.proto)."""

from __future__ import annotations

from conformance.spec.good_path import GoodPath
from conformance.spec.near_miss_registry import near_miss, other_case


@near_miss("verb-missing", "verb", "without the verb the path is the operation, not the cancelling of it")
def _(good: GoodPath) -> str | None:
    return good.ending("") if good.suffix else None


@near_miss("verb-case", "verb", "a verb is a literal, and literals are case-sensitive")
def _(good: GoodPath) -> str | None:
    changed = other_case(good.suffix)
    return good.ending(changed) if changed else None


@near_miss("verb-other", "verb", "another verb is another method")
def _(good: GoodPath) -> str | None:
    return good.ending(":frobnicate") if good.suffix else None


@near_miss("verb-longer", "verb", "a verb is compared whole, not by its beginning")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}x") if good.suffix else None


@near_miss("verb-shorter", "verb", "a prefix of the verb is not the verb")
def _(good: GoodPath) -> str | None:
    return good.ending(good.suffix[:-1]) if len(good.suffix) > 2 else None


@near_miss("verb-empty", "verb", "a colon without a verb is no verb")
def _(good: GoodPath) -> str | None:
    return good.ending(":") if good.suffix else None


@near_miss("verb-as-segment", "verb", "a verb follows a colon, not a slash (AIP-136)")
def _(good: GoodPath) -> str | None:
    return good.ending(f"/{good.suffix[1:]}") if good.suffix else None


@near_miss("verb-extension", "verb", "an extension after the verb makes it another verb")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}.json") if good.suffix else None


@near_miss("verb-unanchored", "verb", "a verb is compared whole, not by its end")
def _(good: GoodPath) -> str | None:
    return good.ending(f":un{good.suffix[1:]}") if good.suffix else None


@near_miss("verb-space", "verb", "an encoded space is a character of the verb")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}%20") if good.suffix else None


@near_miss("verb-nul", "verb", "an encoded NUL is a character of the verb, and ends nothing")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}%00") if good.suffix else None


@near_miss("verb-tab", "verb", "an encoded tab is a character of the verb")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}%09") if good.suffix else None


@near_miss("verb-blank-before", "verb", "an encoded blank before the word is a character of the verb, too")
def _(good: GoodPath) -> str | None:
    return good.ending(f":%20{good.suffix[1:]}") if good.suffix else None


@near_miss("verb-escaped-slash", "verb", "%2F is a character of the verb and separates nothing")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}%2F") if good.suffix else None


@near_miss("verb-escaped-question-mark", "verb", "%3F is a character of the verb and begins no query")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}%3Fx") if good.suffix else None


@near_miss("verb-escaped-number-sign", "verb", "%23 is a character of the verb and begins no fragment")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}%23x") if good.suffix else None


@near_miss("verb-separator-escaped-twice", "verb", "%253A is the text %3A: a path is decoded once (RFC 3986, 2.4)")
def _(good: GoodPath) -> str | None:
    return good.ending(f"%253A{good.suffix[1:]}") if good.suffix else None


@near_miss("verb-parameter", "verb", "a semicolon and what follows are characters of the verb (RFC 3986, section 3.3)")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix};v=1") if good.suffix else None


@near_miss("verb-parameter-empty", "verb", "a semicolon is a character of the verb, also with nothing after it")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix};") if good.suffix else None


@near_miss("verb-before-more", "verb", "the verb ends the template; nothing follows it")
def _(good: GoodPath) -> str | None:
    return good.ending(f"{good.suffix}/x") if good.suffix else None


@near_miss("verb-too-early", "verb", "the verb follows the last segment, not an earlier one")
def _(good: GoodPath) -> str | None:
    at = len(good.segments) - 2
    return (
        good.replaced(at, good.segments[at] + good.suffix).removesuffix(good.suffix) if good.suffix and at > 0 else None
    )
