"""The synthetic market against the real one.

`REAL` holds what was measured on Binance USD-M hourly candles and funding, 2022-06-01 →
2025-06-30 (files ``futures/<COIN>_USDT_USDT-1h-futures.feather`` and ``-1h-funding_rate`` of
the shared data folder). The synthetic market must lie in the band that those numbers span,
widened for sampling error; the last test measures them again where the data are at hand.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from plimsoll.venue.clock import parse_utc_ms
from plimsoll.venue.market.base import Window
from plimsoll.venue.market.intervals import INTERVALS
from tests.conftest import ROOT
from tests.unit.venue.markets import fresh, span

Floats = npt.NDArray[np.float64]
FIRST, END = "2022-06-01", "2025-06-30"
COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE")
SEEDS = (7, 11)
DATA = ROOT.parent / "shared" / "data" / "binance" / "futures"

REAL = {  # statistic: values of BTC, ETH, SOL, XRP, DOGE
    "annual_volatility": (0.51, 0.67, 1.01, 0.85, 0.97),
    "excess_kurtosis": (14.0, 18.6, 32.2, 48.2, 24.0),
    "acf_abs_1": (0.28, 0.26, 0.25, 0.34, 0.31),
    "acf_abs_24": (0.15, 0.16, 0.17, 0.17, 0.18),
    "acf_abs_168": (0.13, 0.12, 0.07, 0.11, 0.10),
    "acf_return_1": (-0.008, 0.006, -0.006, 0.000, -0.007),
    "tail_ratio": (10.2, 9.9, 8.0, 10.3, 10.0),  # 99 % over median of |return|
    "jump_share": (0.0151, 0.0140, 0.0081, 0.0135, 0.0137),  # |return| > 6 robust deviations
    "volume_rank_correlation": (0.51, 0.56, 0.49, 0.51, 0.53),  # with |return|
    "range_over_move": (2.18, 2.20, 2.15, 2.18, 2.18),
    "leverage_effect": (-0.016, -0.035, 0.003, 0.016, 0.010),
    "funding_mean": (7.2e-5, 6.8e-5, -6.8e-5, 6.5e-5, 8.6e-5),
    "funding_at_interest": (0.322, 0.312, 0.321, 0.403, 0.433),  # share at exactly 0.01 %
    "funding_negative": (0.124, 0.145, 0.298, 0.228, 0.144),
    "funding_acf_1": (0.79, 0.81, 0.87, 0.70, 0.73),
}
MINUTES_FIRST = "2025-01-01"  # 5 m files: BTC, ETH from 2022-06, SOL from 2023-11, XRP from here
REAL_CORRELATION_WITH_BTC = {  # of log returns
    "5m": {"ETH": 0.84, "SOL": 0.71, "XRP": 0.70},
    "1h": {"ETH": 0.83, "SOL": 0.69, "XRP": 0.60, "DOGE": 0.67},
    "4h": {"ETH": 0.83, "SOL": 0.71, "XRP": 0.59, "DOGE": 0.69},
    "1d": {"ETH": 0.83, "SOL": 0.72, "XRP": 0.57, "DOGE": 0.72},
}
REAL_SIZE_CORRELATION_WITH_BTC = {  # of their absolute values: volatility is shared as well
    "5m": {"ETH": 0.79, "SOL": 0.62, "XRP": 0.62},
    "1h": {"ETH": 0.78, "SOL": 0.59, "XRP": 0.50, "DOGE": 0.56},
    "4h": {"ETH": 0.77, "SOL": 0.60, "XRP": 0.47, "DOGE": 0.55},
    "1d": {"ETH": 0.74, "SOL": 0.59, "XRP": 0.41, "DOGE": 0.57},
}
HOURS_OF = {"1h": 1, "4h": 4, "1d": 24}

BANDS = {  # statistic: lowest and highest value allowed, chosen around REAL
    "annual_volatility": (0.40, 1.25),
    "excess_kurtosis": (8.0, 70.0),
    "acf_abs_1": (0.20, 0.40),
    "acf_abs_24": (0.08, 0.22),
    "acf_abs_168": (0.05, 0.17),
    "acf_return_1": (-0.04, 0.04),
    "tail_ratio": (7.0, 12.0),
    "jump_share": (0.006, 0.018),
    "volume_rank_correlation": (0.38, 0.68),
    "range_over_move": (1.85, 2.35),
    "leverage_effect": (-0.09, 0.03),
    "funding_mean": (2e-5, 1.6e-4),
    "funding_at_interest": (0.28, 0.60),
    "funding_negative": (0.08, 0.32),
    "funding_acf_1": (0.50, 0.92),
}


def _lagged(values: Floats, lag: int) -> float:
    return float(np.corrcoef(values[lag:], values[:-lag])[0, 1])


def _ranks(values: Floats) -> Floats:
    return np.argsort(np.argsort(values)).astype(np.float64)


def measure(
    open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats
) -> dict[str, float]:
    """Return the statistics of hourly candles in order of time."""
    returns = np.diff(np.log(close))
    size = np.abs(returns)
    spread = returns - returns.mean()
    ranges = np.log(high / low)[1:]
    del open_
    return {
        "annual_volatility": float(returns.std() * np.sqrt(8760)),
        "excess_kurtosis": float(np.mean(spread**4) / np.mean(spread**2) ** 2 - 3),
        "acf_abs_1": _lagged(size, 1),
        "acf_abs_24": _lagged(size, 24),
        "acf_abs_168": _lagged(size, 168),
        "acf_return_1": _lagged(returns, 1),
        "tail_ratio": float(np.quantile(size, 0.99) / np.median(size)),
        "jump_share": float(np.mean(size > 6 * 1.4826 * np.median(size))),
        "volume_rank_correlation": float(np.corrcoef(_ranks(size), _ranks(volume[1:]))[0, 1]),
        "range_over_move": float(ranges.mean() / size.mean()),
        "leverage_effect": float(np.corrcoef(returns[:-1], size[1:])[0, 1]),
    }


def measure_funding(rates: Floats) -> dict[str, float]:
    """Return the statistics of funding rates in order of time."""
    return {
        "funding_mean": float(rates.mean()),
        "funding_at_interest": float(np.mean(np.abs(rates - 1e-4) < 1e-8)),
        "funding_negative": float(np.mean(rates < 0)),
        "funding_acf_1": _lagged(rates, 1),
    }


@cache
def _hours(seed: int, coin: str) -> dict[str, Floats]:
    rows = span(_market(seed), f"{coin}USDT", "1h", FIRST, END)
    return {name: rows[name] for name in ("open", "high", "low", "close", "volume")}


@cache
def _market(seed: int):  # type: ignore[no-untyped-def]
    return fresh(seed, ",".join(f"{coin}USDT" for coin in COINS))


@cache
def _measured(seed: int, coin: str) -> dict[str, float]:
    hours = _hours(seed, coin)
    window = Window(parse_utc_ms(FIRST), None, 10_000)
    rates = _market(seed).funding(f"{coin}USDT", window, parse_utc_ms(END))["rate"]
    candles = measure(*(hours[name] for name in ("open", "high", "low", "close", "volume")))
    return candles | measure_funding(rates)


@pytest.mark.parametrize("statistic", BANDS)
def test_synthetic_hours_look_like_the_real_ones(statistic: str) -> None:
    low, high = BANDS[statistic]
    values = {
        f"{coin} seed {seed}": _measured(seed, coin)[statistic] for seed in SEEDS for coin in COINS
    }
    outside = {name: value for name, value in values.items() if not low <= value <= high}
    assert not outside, f"real values are {REAL[statistic]}, the band is {low} to {high}"


@pytest.mark.parametrize("statistic", BANDS)
def test_the_band_holds_what_was_measured_on_the_real_market(statistic: str) -> None:
    low, high = BANDS[statistic]
    inside = [value for value in REAL[statistic] if low <= value <= high]
    assert len(inside) >= len(REAL[statistic]) - 1  # SOL's mean funding holds the FTX days


@cache
def _returns(seed: int, coin: str, timeframe: str) -> Floats:
    if timeframe in HOURS_OF:
        step = HOURS_OF[timeframe]
        closes = _hours(seed, coin)["close"][step - 1 :: step]
    else:
        closes = span(_market(seed), f"{coin}USDT", timeframe, MINUTES_FIRST, END)["close"]
    return np.diff(np.log(closes))


def _correlations(seed: int, coin: str, timeframe: str) -> tuple[float, float]:
    """Return the correlation with BTC of log returns, and of their absolute values."""
    first, second = _returns(seed, "BTC", timeframe), _returns(seed, coin, timeframe)
    sizes = np.corrcoef(np.abs(first), np.abs(second))[0, 1]
    return float(np.corrcoef(first, second)[0, 1]), float(sizes)


@pytest.mark.parametrize(
    ("timeframe", "coin"),
    [
        (timeframe, coin)
        for timeframe, by_coin in REAL_CORRELATION_WITH_BTC.items()
        for coin in by_coin
    ],
)
def test_contracts_move_together_as_much_as_the_real_ones(timeframe: str, coin: str) -> None:
    for seed in SEEDS:
        returns, sizes = _correlations(seed, coin, timeframe)
        assert 0.45 < returns < 0.9
        assert returns == pytest.approx(REAL_CORRELATION_WITH_BTC[timeframe][coin], abs=0.22)
        assert sizes == pytest.approx(REAL_SIZE_CORRELATION_WITH_BTC[timeframe][coin], abs=0.24)


@pytest.mark.parametrize("timeframe", ["1m", "5m", "15m"])
def test_contracts_correlate_within_the_hour_as_they_do_from_hour_to_hour(timeframe: str) -> None:
    first, end = "2025-03-01", "2025-06-01"
    for seed in SEEDS:
        correlations = {}
        for code in (timeframe, "1h"):
            closes = np.log(
                [span(_market(seed), f"{coin}USDT", code, first, end)["close"] for coin in COINS]
            )
            correlations[code] = np.corrcoef(np.diff(closes))[np.triu_indices(len(COINS), 1)]
        assert correlations[timeframe].min() > 0.3
        assert correlations[timeframe].mean() == pytest.approx(correlations["1h"].mean(), abs=0.17)


def test_open_interest_falls_in_crashes_and_moves_as_much_as_the_real_one() -> None:
    # BTC, ETH, SOL 2024-06-19 → 2024-08-19: hourly standard deviation 0.63 to 0.83 %
    first, end = parse_utc_ms(FIRST), parse_utc_ms(END)
    rows = _market(7).open_interest("SOLUSDT", INTERVALS["1h"], Window(first, end, 10**6), end)
    change = np.diff(np.log(rows["amount"]))
    assert 0.005 < change.std() < 0.010
    returns = np.diff(np.log(_hours(7, "SOL")["close"]))
    size = min(len(returns), len(change) - 1)
    crash = returns[:size] < -5 * returns.std()
    assert change[1 : size + 1][crash].mean() < -0.01
    assert change[1 : size + 1][~crash].mean() > -0.001


def test_five_minutes_cluster_and_do_not_predict_each_other() -> None:
    # BTC, ETH, SOL 5 m 2023-12 → 2025-06: ACF of |r| 0.25 to 0.35 at lag 1, 0.14 to 0.22 at 12,
    # ACF of r −0.02, variance of hours over 12 × that of 5 m 0.83 to 0.95
    rows = span(_market(7), "BTCUSDT", "5m", "2025-01-01", "2025-04-01")
    returns = np.diff(np.log(rows["close"]))
    size = np.abs(returns)
    assert 0.2 < _lagged(size, 1) < 0.45
    assert 0.08 < _lagged(size, 12) < 0.30
    assert abs(_lagged(returns, 1)) < 0.05
    hours = returns[: len(returns) // 12 * 12].reshape(-1, 12).sum(axis=1)
    assert 0.75 < hours.var() / (12 * returns.var()) < 1.25


def test_spreads_widen_with_volatility() -> None:
    market = _market(7)
    first = parse_utc_ms("2025-01-01")
    hours = span(market, "BTCUSDT", "1h", first, first + 90 * 86_400_000)
    ranges = np.log(hours["high"] / hours["low"])
    spreads = np.array(
        [market.snapshot("BTCUSDT", int(at) + 1).spread_fraction for at in hours["open_ms"]]
    )
    assert np.corrcoef(_ranks(ranges), _ranks(spreads))[0, 1] > 0.5


def test_trends_and_ranges_alternate() -> None:
    rows = span(_market(7), "BTCUSDT", "1d", FIRST, END)
    closes = rows["close"]
    month = np.abs(np.log(closes[30:] / closes[:-30]))
    path = np.array([np.abs(np.diff(np.log(closes[i : i + 31]))).sum() for i in range(len(month))])
    efficiency = month / path  # 1: a straight line, 0: a round trip
    assert np.quantile(efficiency, 0.9) > 0.3
    assert np.quantile(efficiency, 0.2) < 0.08


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real market data at {DATA}")
@pytest.mark.parametrize("position", range(len(COINS)))
def test_the_real_market_measures_as_written_down(position: int) -> None:
    import pandas as pd

    coin = COINS[position]
    candles = pd.read_feather(DATA / f"{coin}_USDT_USDT-1h-futures.feather").set_index("date")
    candles = candles.loc[FIRST:END]
    statistics = measure(
        *(candles[name].to_numpy() for name in ("open", "high", "low", "close", "volume"))
    )
    rates = pd.read_feather(DATA / f"{coin}_USDT_USDT-1h-funding_rate.feather").set_index("date")
    statistics |= measure_funding(rates.loc[FIRST:END]["funding_rate"].to_numpy())
    for statistic, value in statistics.items():
        real = REAL[statistic][position]
        assert value == pytest.approx(real, rel=0.12, abs=0.02), statistic


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real market data at {DATA}")
@pytest.mark.parametrize("timeframe", REAL_CORRELATION_WITH_BTC)
def test_the_real_market_correlates_as_written_down(timeframe: str) -> None:
    import pandas as pd

    expected = REAL_CORRELATION_WITH_BTC[timeframe]
    file = "1h" if timeframe in HOURS_OF else timeframe
    closes = pd.DataFrame(
        {
            coin: pd.read_feather(DATA / f"{coin}_USDT_USDT-{file}-futures.feather").set_index(
                "date"
            )["close"]
            for coin in ("BTC", *expected)
        }
    ).loc[FIRST:END]
    offset = timeframe.replace("m", "min").replace("d", "D")  # pandas' names
    returns = closes.resample(offset).last().apply(np.log).diff()
    for coin, real in expected.items():
        assert returns["BTC"].corr(returns[coin]) == pytest.approx(real, abs=0.01)
        sizes = returns["BTC"].abs().corr(returns[coin].abs())
        assert sizes == pytest.approx(REAL_SIZE_CORRELATION_WITH_BTC[timeframe][coin], abs=0.01)
