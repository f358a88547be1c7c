"""What a person may type, and what is meant by it."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_REASON = 1000


class Verb(StrEnum):
    """The commands."""

    HALT = "halt"
    RESUME = "resume"
    STATUS = "status"
    RISK = "risk"
    WHY = "why"
    AUDIT = "audit"
    ACK = "ack"
    HELP = "help"


HELP = """\
/status – mode, what holds, what is open
/risk – how much of each limit is used
/why BTC – why a pair was not traded
/audit – the exchange's books against the bot's
/ack – I have seen the alarms
/halt REASON – close everything, open nothing, at once
/halt – the same, after a question
/resume REASON – trade again, after a question
/help – these commands"""

MENU = (
    ("status", "mode, what holds, what is open"),
    ("risk", "how much of each limit is used"),
    ("ack", "I have seen the alarms"),
    ("halt", "close everything, open nothing"),
    ("help", "all commands"),
)
"""What Telegram offers when a person types a slash. A tap sends the bare word: it asks first."""


@dataclass(frozen=True, slots=True)
class Command:
    """A verb and what follows it."""

    verb: Verb
    words: str = ""

    @property
    def text(self) -> str:
        """The command as it is written down."""
        return f"/{self.verb} {self.words}".strip()

    @property
    def asks_first(self) -> bool:
        """Whether it is done only after a question.

        What cannot be undone is: re-arming, and a halt without a word, which a tap may have sent.
        A halt with a reason was typed, and is done at once.
        """
        return self.verb is Verb.RESUME or (self.verb is Verb.HALT and not self.words)

    @property
    def acts(self) -> bool:
        """Whether it changes what the bot may do."""
        return self.verb in (Verb.HALT, Verb.RESUME)


def command_in(text: str, username: str | None = None) -> Command | str | None:
    """Return the command in a message, why it is none, or ``None`` when it is not meant for us.

    In a group ``/halt@name`` means one bot; another one's is not ours. What cannot be written, such
    as half a character or a NUL, is a question mark: a reason stands in files and databases.
    """
    text = "".join(one if one.isprintable() or one.isspace() else "?" for one in text)
    word, _, rest = text.strip().partition(" ")
    if "\n" in word:
        word, _, rest = text.strip().partition("\n")
    if not word.startswith("/"):
        return None
    name, _, whose = word[1:].partition("@")
    if whose and username and whose.lower() != username.lower():
        return None
    words = " ".join(rest.split())
    try:
        verb = Verb(name.lower())
    except ValueError:
        return "there is no such command; /help names them"
    if len(words) > LONGEST_REASON:
        return f"expected at most {LONGEST_REASON} characters after /{verb}, found {len(words)}"
    if verb is Verb.RESUME and not words:
        return "expected a reason: /resume REASON, such as /resume prices compared, all flat"
    if verb is Verb.WHY and (not words or " " in words):
        return "expected one pair: /why BTC, or /why BTC/USDT"
    return Command(verb, words)
