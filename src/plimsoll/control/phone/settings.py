"""What a control bot is started with: a bot's config, and secrets that stand in no config."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from plimsoll.control.bot import Bot
from plimsoll.core import UsageError
from plimsoll.monitoring.phone_profile import ControlBotProfile, Rung
from plimsoll.monitoring.settings import secrets_in

PREFIX = "PLIMSOLL_CONTROL__"
NAMES = frozenset({"token", "chats", "mail", "webhook"})
FOLDER = "plimsoll-control"
_TOKEN = re.compile(r"\d{5,20}:[\w-]{10,100}", re.ASCII)
_CHAT = re.compile(r"(?:(?P<name>[A-Za-z][\w.-]{0,31})=)?(?P<number>-?\d{1,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Who may say something: persons by their Telegram number, and groups of them.

    Attributes
    ----------
    persons, groups
        Name to number. A private chat has its person's number, a group a negative one.
    """

    persons: Mapping[str, int]
    groups: Mapping[str, int]

    @property
    def chats(self) -> Mapping[str, int]:
        """Every chat that is told alarms."""
        return {**self.persons, **self.groups}

    def person(self, number: object) -> str | None:
        """Return a person's name by number, ``None`` for a stranger."""
        return _name_of(self.persons, number)

    def chat(self, number: object) -> str | None:
        """Return a chat's name by number, ``None`` for one that is not allowed."""
        return _name_of(self.chats, number)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    """Everything that a control bot knows before it listens."""

    profile: ControlBotProfile
    allowed: Allowed
    folder: Path
    token: str = field(repr=False)
    mail: tuple[str, ...] = field(default=(), repr=False)
    webhook: tuple[str, ...] = field(default=(), repr=False)

    @property
    def hidden(self) -> tuple[str, ...]:
        """What must be in no log."""
        numbers = (str(one) for one in self.allowed.chats.values())
        return (self.token, *numbers, *self.mail, *self.webhook)

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The rungs that lead anywhere."""
        upper = ((Rung.MAIL, self.mail), (Rung.WEBHOOK, self.webhook))
        return (Rung.PHONE, *(rung for rung, urls in upper if urls))

    def without_secrets(self, text: str) -> str:
        """Return a text in which the token is not."""
        return text.replace(self.token, "***")


def phone_settings(bot: Bot, environment: Mapping[str, str]) -> PhoneSettings:
    """Return the settings of a bot's config and of the environment.

    Raises
    ------
    UsageError
        In one line that shows no secret: without a token or chats, with a token that is none or
        the trading bot's own, or with secrets that others may read.
    """
    secrets = secrets_in(environment, PREFIX, NAMES)
    token = secrets.get("token", "").strip()
    if not _TOKEN.fullmatch(token):
        found = "something else" if token else "nothing"
        raise UsageError(
            f"expected the token of a Telegram bot of its own in {PREFIX}TOKEN, or in the file "
            f"that {PREFIX}SECRETS_FILE names, such as 123456789:AA…; found {found}"
        )
    if token == str((bot.config.get("telegram") or {}).get("token") or ""):
        raise UsageError(
            f"{PREFIX}TOKEN is the trading bot's own; Telegram gives each message to one reader: "
            "make a second bot with @BotFather"
        )
    profile = bot.settings.control_bot
    user = Path(str(bot.config["user_data_dir"]))
    return PhoneSettings(
        profile=profile,
        allowed=allowed_chats(secrets.get("chats", "")),
        folder=user / (profile.folder or FOLDER),
        token=token,
        mail=tuple(secrets.get("mail", "").split()),
        webhook=tuple(secrets.get("webhook", "").split()),
    )


def allowed_chats(text: str) -> Allowed:
    """Return who is allowed by ``anna=4242 ben=4343 -1004242``, names being optional.

    Raises
    ------
    UsageError
        Without a person, or with an entry that is none or twice there; by its place, not its text.
    """
    persons, groups = dict[str, int](), dict[str, int]()
    for place, entry in enumerate(text.split(), start=1):
        match = _CHAT.fullmatch(entry)
        number = 0 if match is None else int(match["number"])
        if match is None or number == 0:
            raise UsageError(
                f"expected {PREFIX}CHATS to hold entries such as anna=123456789, found something "
                f"else at place {place}"
            )
        kind, kin = ("person", persons) if number > 0 else ("group", groups)
        name = match["name"] or f"{kind}-{len(kin) + 1}"
        if name in {**persons, **groups} or number in {**persons, **groups}.values():
            raise UsageError(f"{PREFIX}CHATS has a name or number twice, at place {place}")
        kin[name] = number
    if not persons:
        raise UsageError(
            f"expected {PREFIX}CHATS to name at least one person by Telegram number, such as "
            "anna=123456789; a group alone tells nobody apart"
        )
    return Allowed(persons, groups)


def _name_of(known: Mapping[str, int], number: object) -> str | None:
    if type(number) is not int:
        return None
    return next((name for name, one in known.items() if one == number), None)
