"""Who is held to parity, and over what."""

from datetime import UTC, datetime

from plimsoll.lab.parity_matrix import Entrant, Span

FIVE_MINUTES, HOURLY, FOUR_HOURLY = 3, 5, 14
"""Days of a span that strategies of these timeframes take: longer candles trade less."""

CALM = Span("calm", datetime(2023, 9, 1, tzinfo=UTC), 14)
VIOLENT = Span("violent", datetime(2022, 11, 8, tzinfo=UTC), 14)
"""September 2023, and the fall of FTX."""

LONG_VIOLENT = Span("violent", datetime(2022, 11, 5, tzinfo=UTC), 14)
"""The same for candles of an hour and longer: some of their trades begin before the fall."""

INTEREST_CALM = Span("calm", datetime(2024, 7, 9, tzinfo=UTC), 14)
INTEREST_VIOLENT = Span("violent", datetime(2024, 8, 3, tzinfo=UTC), 14)
"""The real data have open interest from 2024-06-19 to 2024-08-19; 5 August 2024 was a crash."""

SEVERAL = ("BTC/USDT:USDT", "ETH/USDT:USDT", "XRP/USDT:USDT", "ADA/USDT:USDT", "LTC/USDT:USDT")
"""What the portfolio strategies rank."""

# BuyAndHold is a baseline for backtests: a bot refuses it, so that there is nothing to hold it to.
SHIPPED = (
    Entrant("NoTrade", "5m", FIVE_MINUTES),
    Entrant("TrendFollow", "5m", FIVE_MINUTES),
    Entrant("BasisReversion", "1h", HOURLY),
    Entrant("OpenInterestFlow", "1h", HOURLY),
    Entrant("TrendPortfolio", "1h", HOURLY, pairs=SEVERAL),
    Entrant("FundingCarry", "1h", HOURLY, pairs=SEVERAL),
    Entrant("Ensemble", "1h", HOURLY, pairs=SEVERAL),
    Entrant("MeanReversion", "4h", FOUR_HOURLY),
    Entrant("MomentumCross", "4h", FOUR_HOURLY),
    Entrant("SlowTrend", "4h", FOUR_HOURLY),
)
FOREIGN = tuple(
    Entrant(name, "5m", FIVE_MINUTES, foreign=True, adjusts=name == "DcaLadder")
    for name in ("EmaCrossRoi", "FuturesLongShort", "MultiTimeframe", "DcaLadder")
)
LEFT_OUT = dict.fromkeys(
    ("ModelDirection", "StackedSignal", "OiClassifier"),
    "its model is trained beside the loop, in real time, while the replay's clock stands still: "
    "what it predicts depends on the machine",
) | {
    "RLTrader": "no agent ships with it; without one it enters nothing",
    "RLAllocator": "no allocator ships with it; without one it is Ensemble, which has a row",
}
"""Shipped strategies without a row, and why."""


def entrants() -> list[tuple[Entrant, Span]]:
    """Return every check to run, in order."""
    return [(one, span) for one in (*SHIPPED, *FOREIGN) for span in _spans(one)]


def _spans(one: Entrant) -> tuple[Span, Span]:
    if one.strategy == "OpenInterestFlow":
        return INTEREST_CALM, INTEREST_VIOLENT
    return CALM, VIOLENT if one.timeframe == "5m" else LONG_VIOLENT
