"""Freqtrade's bot object, from what a strategy is given."""

from typing import Any

from freqtrade.data.dataprovider import DataProvider


def bot_of(data: DataProvider) -> Any | None:
    """Return the bot that a data provider belongs to; ``None`` where it belongs to none.

    Freqtrade hands a strategy no bot, but its data provider knows where messages go, and that
    knows the bot, with or without a service that takes them.
    """
    messages = getattr(data, "_DataProvider__rpc", None)
    return getattr(getattr(messages, "_rpc", None), "_freqtrade", None)
