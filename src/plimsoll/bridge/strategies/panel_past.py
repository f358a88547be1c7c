"""The past of a running bot's panel, beyond the candles that Freqtrade fetches by itself.

Freqtrade fetches one call of each length, some 500 candles, and of funding a thousand settlements.
What looks back further would have other targets in a bot than in a backtest, and others again as
the bot gets older.
"""

from collections.abc import Mapping

import pandas as pd
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType

from plimsoll.candles.timeframe import timeframe_span

FUNDING = "funding"
"""The name of funding among the lengths of candles."""

Wanted = tuple[str, str, str]
"""A pair, a length, a kind of candles."""


class PanelPast:
    """Keeps what a running bot has had of its panel, and fetches once what came before.

    Parameters
    ----------
    days
        By length of candles, and for ``funding``: how many days before the newest are kept. A
        length that is not named is left to Freqtrade.
    """

    def __init__(self, days: Mapping[str, int]) -> None:
        self._days = dict(days)
        self._kept: dict[Wanted, pd.DataFrame] = {}

    def joined(self, data: DataProvider, wanted: Wanted, fetched: pd.DataFrame) -> pd.DataFrame:
        """Return candles with the past before them, cut at a midnight.

        What is missing between what is kept and what Freqtrade has fetched is asked of the
        exchange: all of the past after a start, a gap after a pause.

        Raises
        ------
        ExchangeError
            When the exchange does not answer.
        """
        _, timeframe, kind = wanted
        days = self._days.get(FUNDING if kind == CandleType.FUNDING_RATE else timeframe, 0)
        if not days or fetched.empty:
            return fetched
        begun = fetched["date"].iloc[-1].floor("D") - pd.Timedelta(days=days)
        kept = self._kept.get(wanted)
        missing = begun if kept is None else kept["date"].iloc[-1] + timeframe_span(timeframe)
        frames = [] if kept is None else [kept]
        if missing < (first := fetched["date"].iloc[0]):
            frames.append(_asked(data, wanted, missing, first))
        whole = pd.concat([*(one for one in frames if not one.empty), fetched])
        whole = whole.drop_duplicates("date", keep="last").sort_values("date")
        self._kept[wanted] = whole = whole[whole["date"] >= begun].reset_index(drop=True)
        return whole


def _asked(
    data: DataProvider, wanted: Wanted, since: pd.Timestamp, until: pd.Timestamp
) -> pd.DataFrame:
    pair, timeframe, kind = wanted
    past: pd.DataFrame = data._exchange.get_historic_ohlcv(  # type: ignore[union-attr]  # noqa: SLF001 - DataProvider offers no exchange
        pair,
        timeframe,
        int(since.timestamp() * 1000),
        CandleType.from_string(kind),
        until_ms=int(until.timestamp() * 1000),
    )
    return past
