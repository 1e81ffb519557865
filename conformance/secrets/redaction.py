"""Finds secrets in texts of others, in any spelling, and masks them.

A server that repeats what it was sent may put it into a JSON text, into another JSON text within that, a URL, a page, a
dump in hexadecimal, or the base64 of a whole request. It may change the case of letters, or cut the text in the middle.
So a secret is searched for

* in any letter case, with any escape of characters other than letters and digits,
* in hexadecimal, and in base64 at any place of a longer text,
* in parts: a part that is too long to occur by accident.

Each secret has a number, and its mask shows it: two texts `[secret 1]` are the same secret.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import html5

MASK = "[secret]"
"""The mask of a secret that has no number, because only its place is known, such as the value of a field."""

SURE = 8
"""Characters. A shorter text may occur by accident. So it is masked only as a whole word, and no server is accused of
repeating it."""

_LONGEST_RUN = 16
"""So many consecutive characters of a secret are masked, however long the secret is."""

_TEXTS_KEPT, _LONGEST_KEPT = 4096, 4096
"""So many texts, of so many characters at most, are not searched again."""

_WORDS_OF_JSON = frozenset({"true", "false", "null"})
_SHORTEST = 3


class Redaction:
    """Replaces every spelling of some secrets by a mask with the secret's number."""

    def __init__(self, secrets: Iterable[str]) -> None:
        wanted = list(dict.fromkeys(secret for secret in secrets if secret))
        masks = {secret: numbered(number) for number, secret in enumerate(wanted, 1)}
        spelled = [(text, masks[secret]) for secret in wanted for text in _texts(secret)]
        # The longest first: what is left of it would not be found when a part of it had gone before.
        spelled.sort(key=lambda entry: (-len(entry[0]), entry[0]))
        self._wholes = [(_Whole(text), hidden) for text, hidden in spelled]
        self._runs = [
            (_Runs(text, max(SURE, min(_half(text), _LONGEST_RUN))), masks[secret])
            for secret in wanted
            for text in (secret, *_user_and_password(secret))
            if len(text) > SURE
        ]
        # The same header fields come with each answer, and the same answer is shown by several requirements.
        self._seen = lru_cache(_TEXTS_KEPT)(self._without)

    def text(self, value: str) -> str:
        """The text without the secrets; itself when it has none."""
        return self._seen(value) if len(value) <= _LONGEST_KEPT else self._without(value)

    def _without(self, value: str) -> str:
        for whole, mask in self._wholes:
            value = whole.blotted_out(value, mask)
        for runs, mask in self._runs:
            value = runs.blotted_out(value, mask)
        return value

    def octets(self, value: bytes) -> bytes:
        """The same for bytes, which need not be text: they are read one to one as characters."""
        return self.text(value.decode("latin-1")).encode("latin-1") if self._wholes else value


class Spelling:
    """Every spelling of one secret, to ask whether a text has one."""

    def __init__(self, secret: str) -> None:
        self._wholes = [_Whole(text) for text in _texts(secret)]
        self._runs = _Runs(secret, max(SURE, _half(secret)))
        self._is_sure = len(secret) >= SURE

    def is_in(self, octets: bytes) -> bool:
        """Whether the text repeats the secret or half of it; never for a secret that is too short to be sure."""
        if not self._is_sure:
            return False
        text = octets.decode("latin-1")
        return any(whole.is_in(text) for whole in self._wholes) or any(True for _ in self._runs.found(text))


_MASKED = re.compile(rf"{re.escape(MASK[:-1])}( [0-9]+)?\]")


def is_masked(text: str) -> bool:
    """Whether something in a text was masked."""
    return _MASKED.search(text) is not None


def is_a_mask(text: str) -> bool:
    """Whether a text is a mask and nothing else."""
    return _MASKED.fullmatch(text) is not None


def numbered(number: int) -> str:
    """The mask of a secret that has a number."""
    return f"{MASK[:-1]} {number}]"


def _half(secret: str) -> int:
    return (len(secret) + 1) // 2


# --- whole ---


class _Whole:
    """One text in any spelling."""

    def __init__(self, text: str) -> None:
        self._pattern = _pattern(text)
        # Nobody escapes letters and digits: a text without these has no spelling of it, which is seen much sooner.
        self._core = max(re.findall("[a-z0-9]+", text.lower()), key=len, default="")

    def is_in(self, text: str) -> bool:
        return self._may_be_in(text) and self._pattern.search(text) is not None

    def blotted_out(self, text: str, mask: str) -> str:
        """The text with the mask in place of each spelling."""
        return self._pattern.sub(lambda _: mask, text) if self._may_be_in(text) else text

    def _may_be_in(self, text: str) -> bool:
        """Beyond ASCII there are letters that are the same but for their case, and have no such lower case."""
        return not text.isascii() or self._core in text.lower()


def _texts(secret: str) -> Iterator[str]:
    """What to look for: the secret, its bytes read one to one as characters, its hexadecimal and base64, and what it
    is the base64 of, as a user and password are (RFC 7617)."""
    octets = secret.encode("utf-8", "surrogateescape")
    yield secret
    yield octets.decode("latin-1")
    yield from (text for text in (octets.hex(), *_in_base64(octets)) if len(text) >= SURE)
    yield from _user_and_password(secret)


def _in_base64(octets: bytes) -> Iterator[str]:
    """What of a text stands in the base64 of any longer one that contains it: three alignments, two alphabets."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + octets).decode()
        # The first characters depend on what stands before the text, the last ones on what comes after it.
        core = encoded[(0, 2, 3)[before] : (before + len(octets)) * 8 // 6]
        yield core
        yield core.translate(str.maketrans("+/", "-_"))


def _user_and_password(secret: str) -> Iterator[str]:
    """The two of Basic credentials, together and the password alone; nothing when the secret is none of these."""
    if len(secret) < SURE:
        return
    try:
        user, colon, password = base64.b64decode(secret, validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        return
    if colon and user.isprintable() and password.isprintable():
        yield f"{user}:{password}"
        if len(password) >= _SHORTEST:
            yield password


def _pattern(text: str) -> re.Pattern[str]:
    """One text in any letter case and any escapes; a short one only where it stands alone."""
    spelled = "".join(map(_any_spelling, text))
    if len(text) >= SURE:
        return re.compile(spelled, re.IGNORECASE)
    if len(text) < _SHORTEST or text.lower() in _WORDS_OF_JSON or text.isdigit():
        return re.compile(r"(?!)")  # it would blot out what is no secret
    return re.compile(rf"(?<![A-Za-z0-9]){spelled}(?![A-Za-z0-9])", re.IGNORECASE)


def _any_spelling(character: str) -> str:
    """A pattern for one character; a letter or a digit is never escaped by anybody.

    Escapes of escapes have a limit, for a body may consist of nothing else.
    """
    if character.isalnum():
        return re.escape(character)
    code = ord(character)
    percent = "".join(f"%(?:25){{0,4}}(?i:{octet:02x})" for octet in character.encode("utf-8", "surrogateescape"))
    names = [name.rstrip(";") for name, meaning in _NAMES.items() if meaning == character]
    entity = "|".join([*names, f"#0{{0,4}}{code}", f"#[xX]0{{0,4}}(?i:{code:x})"])
    forms = [re.escape(character), percent, f"u(?i:{code:04x})", f"&(?:amp;){{0,4}}(?:{entity});"]
    if character == " ":
        forms.append(r"\+")
    return rf"\\{{0,8}}(?:{'|'.join(forms)})"


_NAMES = {name: meaning for name, meaning in html5.items() if name.endswith(";") and len(meaning) == 1}


# --- in parts ---


class _Runs:
    """The runs of one secret that are so long that no accident has them."""

    def __init__(self, secret: str, length: int) -> None:
        lower = _lower(secret)
        self._length = length
        self._runs = _grams(lower, length)
        # Whoever looks at every `step`th place for so short a piece meets each run at least once.
        self._piece = length // 2
        self._pieces = _grams(lower, self._piece)
        self._step = length - self._piece + 1

    def found(self, text: str) -> Iterator[tuple[int, int]]:
        """Where each stretch of a text that consists of runs begins and ends."""
        lower = _lower(text)
        done = 0
        for place in range(0, len(lower), self._step):
            if place < done or lower[place : place + self._piece] not in self._pieces:
                continue
            earliest = max(done, place - self._length + 1)
            begin = next((at for at in range(earliest, place + 1) if self._is_run(lower, at)), None)
            if begin is not None:
                end = begin + 1
                while self._is_run(lower, end):
                    end += 1
                done = end - 1 + self._length
                yield begin, done

    def _is_run(self, lower: str, at: int) -> bool:
        return lower[at : at + self._length] in self._runs

    def blotted_out(self, text: str, mask: str) -> str:
        """The text with the mask in place of each part."""
        kept: list[str] = []
        done = 0
        for begin, end in self.found(text):
            kept += [text[done:begin], mask]
            done = end
        return "".join([*kept, text[done:]]) if kept else text


def _grams(text: str, length: int) -> frozenset[str]:
    return frozenset(text[start : start + length] for start in range(len(text) - length + 1))


_ASCII = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def _lower(text: str) -> str:
    """In lower case, and as long as before: of other alphabets some letters become two."""
    return text.translate(_ASCII)
