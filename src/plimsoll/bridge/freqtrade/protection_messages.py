"""Lets Telegram take the message of a protection, whatever its reason is.

Freqtrade puts a protection's reason into Markdown as it is. A rule's name has underscores, Telegram
refuses an underscore without a second one, and the message is lost. With the reason escaped it
arrives.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from freqtrade.enums import RPCMessageType

TRIGGERS = (RPCMessageType.PROTECTION_TRIGGER, RPCMessageType.PROTECTION_TRIGGER_GLOBAL)
_DONE = "_plimsoll_escapes_reasons"


def escape_reasons() -> None:
    """Escape the reasons of protections in Freqtrade's Telegram messages; twice changes nothing."""
    from freqtrade.rpc.telegram import Telegram

    if not getattr(Telegram.compose_message, _DONE, False):
        Telegram.compose_message = _escaping(Telegram.compose_message)


def _escaping(compose: Callable[..., str | None]) -> Callable[..., str | None]:
    from telegram.helpers import escape_markdown

    @wraps(compose)
    def composed(self: Any, msg: Any) -> str | None:
        if msg["type"] in TRIGGERS:
            msg = {**msg, "reason": escape_markdown(str(msg["reason"]))}
        return compose(self, msg)

    setattr(composed, _DONE, True)
    return composed
