"""Where the guards have been tried, and what they cannot see where they have not.

What Freqtrade itself says of an exchange (trading modes, stops, demo trading) is read from its own
classes. What is ours is `SUPPORT`: ``docs/exchanges.md`` shows it, and tests hold both together.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from plimsoll.bridge.config.unseen import FUTURES, SPOT, unseen


class Standing(StrEnum):
    """How far an exchange was tried."""

    VENUE = "tested on the venue"
    FIXTURES = "tested by fixtures"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """One exchange in one trading mode.

    Attributes
    ----------
    profile
        The shipped config layer.
    serves_us
        Whether it takes residents of the US, as far as this project knows; its terms decide.
    funding
        How often funding is paid; contracts may differ, and ``plimsoll doctor`` asks for yours.
    """

    exchange: str
    mode: str
    profile: str
    standing: Standing
    serves_us: bool = False
    funding: str = ""
    practice: str = ""
    note: str = ""

    @property
    def unseen(self) -> tuple[str, ...]:
        """What of a position or an account it does not tell the guards."""
        return unseen(self.exchange, self.mode) or ()


SUPPORT: tuple[Support, ...] = (
    Support(
        exchange="binance",
        mode=FUTURES,
        profile="venue-binance.json",
        standing=Standing.VENUE,
        funding="8 h, some contracts 4 h or 1 h",
        practice="plimsoll venue serve",
    ),
    Support(
        exchange="bybit",
        mode=FUTURES,
        profile="venue-bybit.json",
        standing=Standing.VENUE,
        funding="8 h, some contracts 4 h or 1 h",
        practice="plimsoll venue serve --exchange bybit; demo trading: venue-bybit-demo.json",
        note="The margin mode is the account's, and Freqtrade sets it to isolated.",
    ),
    Support(
        exchange="okx",
        mode=FUTURES,
        profile="venue-okx.json",
        standing=Standing.FIXTURES,
        funding="8 h, some contracts less",
    ),
    Support(
        exchange="hyperliquid",
        mode=FUTURES,
        profile="venue-hyperliquid.json",
        standing=Standing.FIXTURES,
        funding="1 h",
    ),
    Support(
        exchange="krakenfutures",
        mode=FUTURES,
        profile="venue-krakenfutures.json",
        standing=Standing.FIXTURES,
        funding="1 h",
        note="Above leverage 1 a liquidation is not seen coming; such a pair is only reduced.",
    ),
    Support(
        exchange="binance",
        mode=SPOT,
        profile="venue-binance-spot.json",
        standing=Standing.VENUE,
        practice="plimsoll venue serve --exchange binance-spot",
        note="Fees of a buyer are taken from the coins, so that a little less is held than bought.",
    ),
    Support(
        exchange="binanceus",
        mode=SPOT,
        profile="venue-binanceus.json",
        standing=Standing.UNTESTED,
        serves_us=True,
    ),
    Support(
        exchange="kraken",
        mode=SPOT,
        profile="venue-kraken.json",
        standing=Standing.UNTESTED,
        serves_us=True,
        note="720 candles of each timeframe are served, no more.",
    ),
)


def support_of(exchange: str, mode: str) -> Support | None:
    """Return what is known of an exchange in a trading mode; ``None`` for one never looked at."""
    named = (one for one in SUPPORT if (one.exchange, one.mode) == (exchange, mode))
    return next(named, None)


def open_to_us() -> list[str]:
    """Return the profiles of exchanges that take residents of the US."""
    return [one.profile for one in SUPPORT if one.serves_us]


def freqtrade_class(exchange: str) -> Any:
    """Return Freqtrade's class for an exchange, its general one where it has none."""
    import freqtrade.exchange as exchanges

    name = exchanges.MAP_EXCHANGE_CHILDCLASS.get(exchange, exchange)
    known = {
        key.lower(): value for key, value in vars(exchanges).items() if isinstance(value, type)
    }
    found = known.get(name)
    return found if found is not None else exchanges.Exchange


def features(exchange: str, mode: str) -> dict[str, Any]:
    """Return what Freqtrade has of an exchange in a trading mode, futures' own words over all."""
    kind = freqtrade_class(exchange)
    own = getattr(kind, "_ft_has_futures", {}) if mode == FUTURES else {}
    merged: dict[str, Any] = {}
    for level in reversed(kind.__mro__):
        merged |= getattr(level, "__dict__", {}).get("_ft_has_default", {})
        merged |= getattr(level, "__dict__", {}).get("_ft_has", {})
    return merged | own


def stops_of(exchange: str, mode: str) -> tuple[str, ...]:
    """Return the kinds of stop that Freqtrade rests on the exchange; none where it rests none."""
    has = features(exchange, mode)
    return tuple(has.get("stoploss_order_types", {})) if has.get("stoploss_on_exchange") else ()


def requests_a_second(exchange: str) -> float | None:
    """Return how many requests ccxt sends a second at most, ``None`` for no exchange of ccxt's."""
    import ccxt

    kind = getattr(ccxt, exchange, None)
    return None if kind is None else 1000.0 / float(kind().rateLimit)


def table() -> list[str]:
    """Return the table of ``docs/exchanges.md``, one Markdown line a row."""
    head = "| Exchange | Mode | Standing | Profile | Stops on the exchange | Guards do not see |"
    lines = [f"{head} US residents | Funding |", "|---|---|---|---|---|---|---|---|"]
    for one in SUPPORT:
        stops = ", ".join(stops_of(one.exchange, one.mode)) or "none"
        cells = (
            one.exchange,
            one.mode,
            one.standing.value,
            f"`{one.profile}`",
            stops,
            ", ".join(one.unseen) or "–",
            "yes" if one.serves_us else "no",
            one.funding or "–",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines
