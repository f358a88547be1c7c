"""What an update of Telegram's is to the control bot: a person's word, or nothing that counts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from telegram import CallbackQuery, Message, Update

from plimsoll.control.phone.settings import Allowed


class Unheard(StrEnum):
    """Why an update is not obeyed. To a stranger nothing is said at all."""

    STRANGER = "of a chat or a person that is not allowed"
    EDITED = "an edited message is no command; send it anew"
    FORWARDED = "a forwarded message is no command; type it yourself"
    NOBODY = "a message of a bot, a channel or an anonymous administrator is no command"
    NO_TEXT = "only text is read; /help names the commands"
    OTHER = "an update that is no message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a person said in a chat, both by name.

    Attributes
    ----------
    update
        Telegram's number of it.
    at
        Telegram's own time of the message; of a pressed button there is none.
    data
        Of a pressed button; ``None`` of a message.
    message
        The number of the message, or of the one whose button was pressed.
    """

    update: int
    who: str
    chat: str
    text: str
    message: int
    at: datetime | None = None
    data: str | None = None
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotHeard:
    """An update that is not obeyed; ``who`` and ``chat`` are names, where they are allowed ones.

    ``mark`` tells strangers apart, without their number.
    """

    update: int
    why: Unheard
    who: str | None = None
    chat: str | None = None
    mark: str = ""
    query: str = ""


def heard(update: Update, allowed: Allowed) -> Heard | NotHeard:
    """Return what an update says, by whom; the chat and the person must both be allowed."""
    if update.callback_query is not None:
        return _pressed(update.update_id, update.callback_query, allowed)
    message = update.effective_message
    if message is None:
        mark = _mark(getattr(update.effective_user, "id", None))
        return NotHeard(update=update.update_id, why=Unheard.OTHER, mark=mark)
    who, chat = _sender(message, allowed), allowed.chat(message.chat.id)
    if chat is None or who is None:
        known_chat = chat is not None and _is_nobody(message)
        return NotHeard(
            update=update.update_id,
            why=Unheard.NOBODY if known_chat else Unheard.STRANGER,
            chat=chat if known_chat else None,
            mark=_mark(getattr(message.from_user, "id", message.chat.id)),
        )
    why = _fault(update, message)
    if why is not None:
        return NotHeard(update=update.update_id, why=why, who=who, chat=chat)
    return Heard(
        update=update.update_id,
        who=who,
        chat=chat,
        text=message.text or "",
        message=message.message_id,
        at=message.date.astimezone(UTC),
    )


def _sender(message: Message, allowed: Allowed) -> str | None:
    """Return who wrote a message; in a private chat that must be the chat's own person."""
    user = message.from_user
    if user is None or _is_nobody(message):
        return None
    if message.chat.type == message.chat.PRIVATE and message.chat.id != user.id:
        return None
    return allowed.person(user.id)


def _is_nobody(message: Message) -> bool:
    user = message.from_user
    return user is None or user.is_bot or message.sender_chat is not None


def _fault(update: Update, message: Message) -> Unheard | None:
    if update.edited_message is not None:
        return Unheard.EDITED
    if update.message is None:
        return Unheard.OTHER
    if message.forward_origin is not None or message.is_automatic_forward or message.via_bot:
        return Unheard.FORWARDED
    return Unheard.NO_TEXT if not message.text else None


def _pressed(update: int, query: CallbackQuery, allowed: Allowed) -> Heard | NotHeard:
    message: Any = query.message
    chat = None if message is None else allowed.chat(message.chat.id)
    who = None if query.from_user.is_bot else allowed.person(query.from_user.id)
    if chat is None or who is None:
        mark = _mark(query.from_user.id)
        return NotHeard(update=update, why=Unheard.STRANGER, mark=mark, query=query.id)
    return Heard(
        update=update,
        who=who,
        chat=chat,
        text="",
        message=message.message_id,
        data=query.data or "",
        query=query.id,
    )


def _mark(number: object) -> str:
    """Return what tells a stranger from others."""
    return sha256(f"plimsoll control bot {number}".encode()).hexdigest()[:10]
