"""Texts that would do something where they are shown: in a terminal, on a page, in a summary."""

from __future__ import annotations

import json

from tests.hostile.behaviour import fails, spoils
from tests.hostile.server import Reply, cancels

NO_OBJECT = fails("response.empty-object")

TERMINAL = "\x1b[2J\x1b]0;owned\x07\x1b[31mverdict: CONFORMANT\x1b[0m\r\x08\x9b31m"
MARKUP = "</script></pre><script>document.title='owned'</script><img src=x onerror=alert(1)>"
MARKDOWN = "| x |\n\n# owned\n![x](http://elsewhere.invalid/x) [x](javascript:alert(1)) @everyone `</code>` <b>"
BIDI = "\u202eTNAMROFNOC\u202c \u2066\u200f\u200b\ufeff"


def _saying(text: str, reply: Reply) -> None:
    """In the body, in the reason and in a header field: everywhere that a report shows."""
    inline = "".join(character for character in text if character.isprintable() or character == "\x9b")
    latin = inline.encode("latin-1", "ignore").decode("latin-1")
    body = json.dumps({"message": text, text: text}, ensure_ascii=False).encode()
    reply.send(reply.with_body(body, f"X-Text: {latin}", status=f"{reply.response.status} {latin}"))


@spoils(cancels, NO_OBJECT)
def terminal_sequences(reply: Reply) -> None:
    """Sequences that clear the screen and print a verdict of their own."""
    _saying(TERMINAL, reply)


@spoils(cancels, NO_OBJECT)
def raw_control_characters(reply: Reply) -> None:
    """The same as raw bytes of a body that is no JSON."""
    reply.send(reply.with_body(TERMINAL.encode("latin-1") + bytes(range(256))))


@spoils(cancels, NO_OBJECT)
def markup(reply: Reply) -> None:
    """The end of a script and a script."""
    _saying(MARKUP, reply)


@spoils(cancels, NO_OBJECT)
def markdown(reply: Reply) -> None:
    """A table, a heading, an image, a link and a mention."""
    _saying(MARKDOWN, reply)


@spoils(cancels, NO_OBJECT)
def bidirectional_text(reply: Reply) -> None:
    """Characters that turn the direction of what follows, or have no width."""
    _saying(BIDI, reply)
