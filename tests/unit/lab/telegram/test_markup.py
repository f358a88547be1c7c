"""Telegram's markup is read as Telegram reads it: its own examples, accepted and refused.

MarkdownV2 and HTML: examples of TDLib's ``test/message_entities.cpp``. Legacy Markdown, which has
no tests there: the examples of the Bot API's documentation ("Markdown style"), those of
python-telegram-bot's tests of ``escape_markdown``, and errors that users of Freqtrade and of other
bots reported.
"""

import pytest
from telegram.helpers import escape_markdown

from plimsoll.lab.telegram.markup import MarkupError, parsed, utf16_length

DOCUMENTED = """*bold text*
_italic text_
[inline URL](http://www.example.com/)
[inline mention of a user](tg://user?id=123456789)
`inline fixed-width code`
```
pre-formatted fixed-width code block
```
```python
pre-formatted fixed-width code block written in the Python programming language
```"""


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("", ""),
        ("➡️ ➡️_➡️ ➡️_*➡️ ➡️*", "➡️ ➡️➡️ ➡️➡️ ➡️"),
        (r"snake\_case, 2\*3, \[x], \`code\`", "snake_case, 2*3, [x], `code`"),
        (r"_snake_\__case_", "snake_case"),  # the way to escape within an entity: end and reopen
        (r"a \ b \\ c \- d \.", r"a \ b \\ c \- d \."),  # nothing else can be escaped
        (r"*no escape \*", r"no escape \\"[:-1]),
        ("`a_b*c[d`", "a_b*c[d"),
        ("*a_b*", "a_b"),
        ("[a](b", "a"),
        ("[a] (b)", "a (b)"),
        ("a] (b) ~ > # + - = | { } . !", "a] (b) ~ > # + - = | { } . !"),
        ("```a_b```", "a_b"),
        ("```a\nb```", "b"),
        ("__ ** ``", "  "),
        ("a_b_c", "abc"),
    ],
)
def test_legacy_markdown_that_telegram_accepts(text: str, seen: str) -> None:
    assert parsed(text, "Markdown") == seen


def test_the_documented_example_of_legacy_markdown() -> None:
    seen = parsed(DOCUMENTED, "Markdown")
    assert seen.splitlines()[:5] == [
        "bold text",
        "italic text",
        "inline URL",
        "inline mention of a user",
        "inline fixed-width code",
    ]
    assert "```" not in seen
    assert "python\n" not in seen


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("a_b", 1),
        ("🏟 🏟_abacaba", 9),
        ("🏟 🏟*", 9),
        ("🏟 🏟`", 9),
        ("🏟 🏟```a", 9),
        ("🏟 🏟```a``", 9),
        ("🏟 🏟[abc", 9),
        ("_a_b_", 4),
        (r"*a\*b*", 5),
        ("plimsoll: HALTED the account by daily_loss: daily loss 41.00 USD", 37),
        ("a 2*3", 3),
        ("no −4.1 % `code", 12),
    ],
)
def test_legacy_markdown_that_telegram_refuses(text: str, offset: int) -> None:
    with pytest.raises(MarkupError) as refused:
        parsed(text, "Markdown")
    assert str(refused.value) == (
        "Bad Request: can't parse entities: "
        f"Can't find end of the entity starting at byte offset {offset}"
    )


@pytest.mark.parametrize(
    "text", ["a*b*c_d`e[f](g)", "*bold*, _italic_, `code`, [text_link](http://github.com/)", "[[[]"]
)
def test_what_python_telegram_bot_escapes_is_read_as_it_was(text: str) -> None:
    assert parsed(escape_markdown(text, version=1), "Markdown") == text
    assert parsed(escape_markdown(text, version=2), "MarkdownV2") == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("", ""),
        (r"\\", "\\"),
        (r"\\\\\_\*\`", r"\\_*`"),
        ("🏟 🏟``", "🏟 🏟"),
        (r"🏟 🏟_abac \* asd _", "🏟 🏟abac * asd "),
        (r"🏟 \.🏟_🏟\. 🏟_", "🏟 .🏟🏟. 🏟"),
        (r"\\\a\b\c\d\e\f\1\2\3\4\➡️\\"[:-1], "\\abcdef1234\\➡️\\"),
        ("🏟 🏟_🏟 *🏟*_", "🏟 🏟🏟 🏟"),
        ("🏟 🏟_🏟 __🏟___", "🏟 🏟🏟 🏟"),
        (r"🏟 🏟__🏟 _🏟_\___", "🏟 🏟🏟 🏟_"),
        ("🏟 🏟`🏟 🏟```", "🏟 🏟🏟 🏟"),
        ("🏟 🏟```🏟 🏟```", "🏟 🏟 🏟"),
        ("🏟 🏟```🏟\n🏟```", "🏟 🏟🏟"),
        ("🏟 🏟```🏟\r\n🏟```", "🏟 🏟🏟"),
        ("🏟 🏟```🏟\n\n🏟```", "🏟 🏟\n🏟"),
        (r"🏟 🏟```🏟 \\\`🏟```", r"🏟 🏟 \`🏟"),
        ("||test||", "test"),
        ("🏟 🏟``````", "🏟 🏟"),
        ("`_* *_`__*` `*__", "_* *_ "),
        ("_* * ` `_", "   "),
        (r"[telegram\.org](https://telegram.dog?\\\()", "telegram.org"),
        (r"> \>" + "\n" + r" \> " + "\n>", " >\n > \n"),
        ("abc\n> \n> \n>\ndef", "abc\n \n \n\ndef"),
        (">*b\n>ld \n>bo\n>ld*\nasd\ndef", "b\nld \nbo\nld\nasd\ndef"),
    ],
)
def test_markdown_v2_that_telegram_accepts(text: str, seen: str) -> None:
    assert parsed(text, "MarkdownV2") == seen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("🏟 🏟_abacaba", "Can't find end of Italic entity at byte offset 9"),
        ("🏟 🏟_abac * asd ", "Can't find end of Bold entity at byte offset 15"),
        ("🏟 🏟_abac * asd _", "Can't find end of Italic entity at byte offset 21"),
        ("🏟 🏟`", "Can't find end of Code entity at byte offset 9"),
        ("🏟 🏟```a", "Can't find end of Pre entity at byte offset 9"),
        ("🏟 🏟```a ", "Can't find end of PreCode entity at byte offset 9"),
        ("🏟 🏟__🏟 🏟_", "Can't find end of Italic entity at byte offset 20"),
        ("🏟 🏟_🏟 🏟__", "Can't find end of Underline entity at byte offset 19"),
        ("🏟 🏟```🏟 🏟_", "Can't find end of PreCode entity at byte offset 9"),
        (r"🏟 🏟```🏟 🏟\`", "Can't find end of PreCode entity at byte offset 9"),
        (r"[telegram\.org](asd\)", "Can't find end of a URL at byte offset 16"),
        ("🏟 🏟__🏟 _🏟___", "Can't find end of Italic entity at byte offset 23"),
        (r"🏟 🏟||test\|", "Can't find end of Spoiler entity at byte offset 9"),
        ("🏟 🏟!", "Character '!' is reserved and must be escaped with the preceding '\\'"),
        ("🏟 🏟>", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ("−4.1", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("🏟 🏟![👍]", "Custom emoji entity must contain a tg://emoji URL"),
        (">*b\n>ld \n>bo\nld*\nasd\ndef", "Can't find end of Bold entity at byte offset 1"),
    ],
)
def test_markdown_v2_that_telegram_refuses(text: str, said: str) -> None:
    with pytest.raises(MarkupError) as refused:
        parsed(text, "MarkdownV2")
    assert str(refused.value) == f"Bad Request: can't parse entities: {said}"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("&ge;&lt;&gt;&amp;&quot;&laquo;&#12345678;", '&ge;<>&"&laquo;&#12345678;'),
        ("➡️ ➡️<i>➡️ ➡️</i><b>➡️ ➡️</b>", "➡️ ➡️➡️ ➡️➡️ ➡️"),
        ("🏟 🏟<i>🏟 &lt🏟</i>", "🏟 🏟🏟 <🏟"),
        ("🏟 🏟<i>🏟 &gt;<b aba   =   caba>&lt🏟</b></i>", "🏟 🏟🏟 ><🏟"),
        ("🏟 🏟&lt;<i    aba  =  '&lt;&gt;&quot;'>a</>", "🏟 🏟<a"),
        ("<a   href=  'telegram.org'   > </a>", " "),
        ('🏟 🏟&lt;<pre><code class="language-fift">🏟 🏟&lt;</></>', "🏟 🏟<🏟 🏟<"),
        ("<blockquote   expandable>a&lt;<pre  >b;</></>", "a<b;"),
    ],
)
def test_html_that_telegram_accepts(text: str, seen: str) -> None:
    assert parsed(text, "HTML") == seen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("🏟 🏟&lt;<abac aba>", 'Unsupported start tag "abac" at byte offset 13'),
        ("🏟 🏟&lt;<i    aba  =  '&lt;&gt;&quot;>", "Unclosed start tag at byte offset 13"),
        ("🏟 🏟&lt;</", "Unexpected end tag at byte offset 13"),
        ("🏟 🏟&lt;<b></b></", "Unexpected end tag at byte offset 20"),
        ("🏟 🏟&lt;<i>a</i   ", "Unclosed end tag at byte offset 17"),
        (
            "🏟 🏟&lt;<i>a</em   >",
            'Unmatched end tag at byte offset 17, expected "</i>", found "</em>"',
        ),
        ("<pre>a", 'Can\'t find end tag corresponding to start tag "pre"'),
    ],
)
def test_html_that_telegram_refuses(text: str, said: str) -> None:
    with pytest.raises(MarkupError) as refused:
        parsed(text, "HTML")
    assert str(refused.value) == f"Bad Request: can't parse entities: {said}"


def test_plain_text_is_never_refused_and_an_unknown_mode_is() -> None:
    assert parsed("_*[`<b>", None) == "_*[`<b>"
    with pytest.raises(MarkupError, match="unsupported parse_mode"):
        parsed("a", "Markdown3")


def test_length_counts_utf_16_units() -> None:
    assert utf16_length("🛑a") == 3
