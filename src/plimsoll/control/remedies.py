"""What a person does about each kind of break."""

from typing import Final

from plimsoll.core.books import Break, BreakKind

OURS: Final = "a running bot takes it in, or closes it reduce-only; if it stays, "
OUR_ORDER: Final = "a running bot cancels it; if it stays, "
"""What comes before the advice about a break that the bot owns beyond doubt."""

REMEDIES: Final[dict[BreakKind, str]] = {
    BreakKind.UNREADABLE_BOOKS: (
        "nothing is known of this account: do not take it for flat. Look at the exchange's own "
        "page, then at the network, the API key and its rights, and this machine's clock"
    ),
    BreakKind.HEDGE_MODE: (
        "set the account to one-way mode on the exchange; it must be flat for that"
    ),
    BreakKind.CROSS_MARGIN: (
        "set the pair to isolated margin on the exchange; the position must be closed for that"
    ),
    BreakKind.UNEXPLAINED_POSITION: (
        "close it on the exchange if it is not yours to keep; a position that you opened by hand "
        "belongs in another account"
    ),
    BreakKind.MISSING_POSITION: (
        "it was closed outside of the bot: /reload_trade ID in Telegram looks for the order that "
        "closed it; if there is none, /delete ID removes the trade"
    ),
    BreakKind.WRONG_SIZE: (
        "/reload_trade ID in Telegram looks for orders that the trade lacks; if the sizes still "
        "differ, close the difference on the exchange"
    ),
    BreakKind.WRONG_SIDE: (
        "close the position on the exchange, then /delete ID in Telegram removes the trade"
    ),
    BreakKind.MISSING_STOP: (
        "a running bot places it again in its next loop; if none runs, close the position, or "
        "place a reduce-only stop by hand (the bot tells it as somebody else's order) and cancel "
        "it once the bot has placed its own"
    ),
    BreakKind.STOP_WITHOUT_POSITION: (
        "cancel it on the exchange: when it triggers, it may open a position"
    ),
    BreakKind.UNKNOWN_ORDER: "cancel it on the exchange",
    BreakKind.FOREIGN_ORDER: (
        "find out who sent it: a person, another bot, a leaked key. Cancel it, and give each bot "
        "an account of its own"
    ),
    BreakKind.MONEY: (
        "look at the exchange's transaction history. If nobody of yours moved it, revoke the "
        "API key first, then ask who moved it"
    ),
}


def remedy(one: Break) -> str:
    """Return what a person does about a break."""
    advice = REMEDIES[one.kind]
    if not one.ours:
        return advice
    return (OURS if one.order is None else OUR_ORDER) + advice
