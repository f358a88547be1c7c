"""The markup of Telegram messages, read as the servers of the Bot API read it.

The three parse modes of ``sendMessage``: legacy Markdown, MarkdownV2 and HTML. What a parser
refuses raises `MarkupError` with the words of the API. Legacy Markdown and MarkdownV2 follow
``parse_markdown`` and ``parse_markdown_v2`` of TDLib, on which the Bot API runs
(github.com/tdlib/td, ``td/telegram/MessageEntity.cpp``), HTML its ``parse_html``; the accepted and
refused examples are those of TDLib's own tests (``test/message_entities.cpp``) and of the
"Formatting options" of the Bot API's documentation.

All positions are in bytes of UTF-8, as in the API's errors. Links are not resolved, custom emoji
not looked up: neither refuses a message that Freqtrade or the guards send.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

SPECIAL = b"_*`["
"""The bytes that legacy Markdown gives a meaning, and the only ones that it lets be escaped."""
RESERVED = b"_*[]()~`>#+-=|{}.!\n"
CODE_END = b"`"
SPACES = b" \t\r\n\0\x0b"
TAGS = {
    *("a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "span", "pre", "code"),
    *("tg-spoiler", "tg-emoji", "blockquote"),
}
CHARACTERS = {b"lt": b"<", b"gt": b">", b"amp": b"&", b"quot": b'"'}
HIGHEST_CODE_POINT = 0x10FFFF


class MarkupError(ValueError):
    """A text that Telegram cannot parse; the message is the API's."""


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, the API's measure."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parsed(text: str, parse_mode: str | None) -> str:
    """Return the text that a reader sees.

    Raises
    ------
    MarkupError
        When the parse mode is none, or the text cannot be parsed in it.
    """
    if not parse_mode:
        return text
    parser = PARSERS.get(parse_mode.lower())
    if parser is None:
        raise MarkupError("Bad Request: unsupported parse_mode")
    try:
        return parser(text.encode()).decode()
    except MarkupError as error:
        raise MarkupError(f"Bad Request: can't parse entities: {error}") from None


# Legacy Markdown


def parse_markdown(text: bytes) -> bytes:
    """Read legacy Markdown: four marks, no nesting, and no escapes within an entity."""
    seen, at = bytearray(), 0
    while at < len(text):
        byte = text[at : at + 1]
        if byte == b"\\" and text[at + 1 : at + 2] and text[at + 1] in SPECIAL:
            seen += text[at + 1 : at + 2]
            at += 2
        elif byte not in (b"_", b"*", b"`", b"["):
            seen += byte
            at += 1
        else:
            at = _entity(text, at, seen)
    return bytes(seen)


def _entity(text: bytes, begin: int, seen: bytearray) -> int:
    """Read one entity of legacy Markdown; return where it ends."""
    is_pre = text.startswith(b"```", begin)
    mark = b"```" if is_pre else b"]" if text[begin : begin + 1] == b"[" else text[begin:][:1]
    at = _after_language(text, begin + 3) if is_pre else begin + 1
    end = text.find(mark, at)
    if end < 0:
        raise MarkupError(f"Can't find end of the entity starting at byte offset {begin}")
    seen += text[at:end]
    if mark == b"]" and end > at and text[end + 1 : end + 2] == b"(":
        closing = text.find(b")", end + 2)  # an address without an end takes the rest
        return len(text) if closing < 0 else closing + 1
    return end + len(mark)


def _after_language(text: bytes, at: int) -> int:
    """Return where the content of a block of code begins: behind its language and a line break."""
    end = at
    while end < len(text) and text[end] not in SPACES and text[end : end + 1] != b"`":
        end += 1
    if end not in (at, len(text)) and text[end : end + 1] != b"`":
        at = end
    first, second = text[at : at + 1], text[at + 1 : at + 2]
    if first in (b"\n", b"\r"):
        at += 2 if second in (b"\n", b"\r") and second != first else 1
    return at


# MarkdownV2


@dataclass
class _Open:
    kind: str
    begin: int
    mark: bytes


V2_MARKS = {b"_": "Italic", b"*": "Bold", b"~": "Strikethrough", b"[": "TextUrl", b"`": "Code"}
V2_DOUBLE = {b"__": "Underline", b"||": "Spoiler", b"![": "CustomEmoji"}
QUOTE = "BlockQuote"


def parse_markdown_v2(text: bytes) -> bytes:
    """Read MarkdownV2: entities nest, and every reserved character stands escaped or means one."""
    seen, stack, at = bytearray(), list[_Open](), 0
    while at < len(text):
        byte, follows = text[at : at + 1], text[at + 1 : at + 2]
        in_code = bool(stack) and stack[-1].kind in ("Code", "Pre", "PreCode")
        if byte == b"\\" and follows and 0 < follows[0] <= 126:
            seen += follows
            at += 2
        elif byte[0] not in (CODE_END if in_code else RESERVED):
            seen += byte
            at += 1
        elif (end := _end_of(text, at, stack)) is not None:
            at = _close(text, at, end, stack, seen)
        else:
            at = _open(text, at, stack, seen)
    if stack and stack[-1].kind == QUOTE:
        stack.pop()
    if stack:
        raise MarkupError(_unended(stack[-1]))
    return bytes(seen)


def _unended(one: _Open) -> str:
    return f"Can't find end of {one.kind} entity at byte offset {one.begin}"


def _end_of(text: bytes, at: int, stack: list[_Open]) -> int | None:
    """Return where the innermost entity ends when its end stands here."""
    if not stack:
        return None
    byte, last = text[at : at + 1], stack[-1]
    quoted = any(one.kind == QUOTE for one in stack)
    if quoted and byte == b"\n" and text[at + 1 : at + 2] != b">":
        if last.kind != QUOTE:
            raise MarkupError(_unended(last))
        return at + 1
    if last.kind == QUOTE or not text.startswith(last.mark, at):
        return None
    if last.kind == "Italic" and text[at + 1 : at + 2] == b"_":
        return None
    return at + len(last.mark)


def _close(text: bytes, at: int, end: int, stack: list[_Open], seen: bytearray) -> int:
    last = stack.pop()
    if last.kind == QUOTE:
        seen += text[at : at + 1]
    if last.kind == "CustomEmoji" and text[end : end + 1] != b"(":
        raise MarkupError("Custom emoji entity must contain a tg://emoji URL")
    if last.kind not in ("TextUrl", "CustomEmoji") or text[end : end + 1] != b"(":
        return end
    begin = at = end + 1
    while at < len(text) and text[at : at + 1] != b")":
        at += 2 if text[at : at + 1] == b"\\" else 1
    if at >= len(text):
        what = "URL" if last.kind == "TextUrl" else "custom emoji URL"
        raise MarkupError(f"Can't find end of a {what} at byte offset {begin}")
    return at + 1


def _open(text: bytes, at: int, stack: list[_Open], seen: bytearray) -> int:
    """Begin the entity that stands here; return where its content begins."""
    byte, two = text[at : at + 1], text[at : at + 2]
    quoted = any(one.kind == QUOTE for one in stack)
    if byte == b"\n":
        seen += byte
        if text[at + 1 : at + 2] != b">":
            return at + 1
        if not quoted:
            stack.append(_Open(QUOTE, at, b""))
        return at + 2
    if byte == b">" and at == 0:
        stack.append(_Open(QUOTE, at, b""))
        return 1
    if text.startswith(b"```", at):
        begin = _after_language(text, at + 3)
        has_language = begin > at + 3 and text[at + 3] not in SPACES
        stack.append(_Open("PreCode" if has_language else "Pre", at, b"```"))
        return begin
    kind = V2_DOUBLE.get(two)
    if kind is not None:
        stack.append(_Open(kind, at, b"]" if kind == "CustomEmoji" else two))
        return at + 2
    kind = V2_MARKS.get(byte)
    if kind is None:
        reserved = byte.decode()
        raise MarkupError(
            f"Character '{reserved}' is reserved and must be escaped with the preceding '\\'"
        )
    stack.append(_Open(kind, at, b"]" if kind == "TextUrl" else byte))
    return at + 1


# HTML

_REFERENCE = re.compile(rb"&(?:#(x[0-9a-fA-F]{1,7}|[0-9]{1,8})|(lt|gt|amp|quot));?")
_NAME = re.compile(rb"[^\s>]*")
_ATTRIBUTE = re.compile(rb"""[^\s=>]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[a-zA-Z0-9.-]+))?\s*""")


def parse_html(text: bytes) -> bytes:
    """Read HTML: a few tags that nest and end in order, four named characters."""
    seen, at = bytearray(), 0
    stack: list[str] = []
    while at < len(text):
        byte = text[at : at + 1]
        if byte == b"&" and (known := _REFERENCE.match(text, at)) is not None:
            seen += _character(known)
            at = known.end()
        elif byte != b"<":
            seen += byte
            at += 1
        elif text[at + 1 : at + 2] == b"/":
            at = _end_tag(text, at, stack)
        else:
            at = _start_tag(text, at, stack)
    if stack:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{stack[-1]}"')
    return bytes(seen)


def _character(known: re.Match[bytes]) -> bytes:
    number, name = known.groups()
    if name is not None:
        return CHARACTERS[name]
    point = int(number[1:], 16) if number[:1] == b"x" else int(number)
    if not 0 < point <= HIGHEST_CODE_POINT or 0xD800 <= point < 0xE000:
        return known.group()
    return chr(point).encode()


def _start_tag(text: bytes, begin: int, stack: list[str]) -> int:
    name = _NAME.match(text, begin + 1)
    if name is None:
        raise MarkupError("a tag without a name")
    at, tag = name.end(), name.group().decode().lower()
    if at >= len(text):
        raise MarkupError(f"Unclosed start tag at byte offset {begin}")
    if tag not in TAGS:
        raise MarkupError(f'Unsupported start tag "{tag}" at byte offset {begin}')
    while text[at : at + 1] != b">":
        while at < len(text) and text[at] in SPACES:
            at += 1
        if text[at : at + 1] == b">":
            break
        attribute = _ATTRIBUTE.match(text, at)
        if attribute is None or attribute.end() >= len(text):
            raise MarkupError(f"Unclosed start tag at byte offset {begin}")
        at = attribute.end()
    stack.append(tag)
    return at + 1


def _end_tag(text: bytes, begin: int, stack: list[str]) -> int:
    if not stack:
        raise MarkupError(f"Unexpected end tag at byte offset {begin}")
    end = text.find(b">", begin)
    if end < 0:
        raise MarkupError(f"Unclosed end tag at byte offset {begin}")
    tag, expected = text[begin + 2 : end].strip().decode().lower(), stack.pop()
    if tag not in ("", expected):
        raise MarkupError(
            f'Unmatched end tag at byte offset {begin}, expected "</{expected}>", found "</{tag}>"'
        )
    return end + 1


PARSERS: dict[str, Callable[[bytes], bytes]] = {
    "markdown": parse_markdown,
    "markdownv2": parse_markdown_v2,
    "html": parse_html,
}
