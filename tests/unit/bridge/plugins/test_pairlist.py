"""The pairlists that select, loaded as Freqtrade does: from the disk, and from an exchange."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import OperationalException, TemporaryError
from freqtrade.plugins.pairlist.IPairList import IPairList, SupportsBacktesting
from freqtrade.plugins.pairlistmanager import PairListManager
from freqtrade.resolvers.pairlist_resolver import PairListResolver

from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.bridge.plugins.pairlist import SelectingPairList
from tests.conftest import random_candles
from tests.unit.bridge.bots import HandFed

A, B, C = "AAA/USDT:USDT", "BBB/USDT:USDT", "CCC/USDT:USDT"
START = pd.Timestamp("2024-05-10", tz="UTC")
SHIPPED = (
    "OpenInterestPairList",
    "FundingPairList",
    "CorrelationPairList",
    "LiquidityPairList",
    "QualityPairList",
)


def config(folder: Path, runmode: RunMode = RunMode.BACKTEST, **others: Any) -> dict[str, Any]:
    made = {
        "runmode": runmode,
        "timeframe": "5m",
        "timerange": "20240510-",
        "datadir": folder,
        "user_data_dir": folder,
        "dataformat_ohlcv": "feather",
        "candle_type_def": CandleType.FUTURES,
        "trading_mode": "futures",
        "stake_currency": "USDT",
        "dry_run": True,
        "exchange": {"name": "binance", "pair_whitelist": [A, B, C]},
        **others,
    }
    register(made)
    return made


def load(
    name: str, made: dict[str, Any], exchange: object = None, **options: Any
) -> SelectingPairList:
    found: IPairList = PairListResolver.load_pairlist(
        name, exchange, None, made, {"method": name, **options}, 1
    )
    assert isinstance(found, SelectingPairList)
    return found


def store(folder: Path, pair: str, frame: pd.DataFrame, kind: CandleType) -> None:
    (folder / "futures").mkdir(exist_ok=True)
    get_datahandler(folder, "feather").ohlcv_store(pair, "1h", frame, kind)


def hours(count: int = 500, *, after: int = 100) -> pd.DatetimeIndex:
    """Hours up to some after the start of the timerange."""
    return pd.date_range(end=START + pd.Timedelta(hours=after), periods=count, freq="1h")


def open_interest(coins: np.ndarray | float, price: float = 10.0) -> pd.DataFrame:
    frame = pd.DataFrame({"date": hours(), "open_interest_amount": coins})
    return frame.assign(open_interest_value=frame["open_interest_amount"] * price)


def candles(seed: int) -> pd.DataFrame:
    return random_candles(500, seed=seed, timeframe="1h").assign(date=hours())


# In a backtest


def test_open_interest_ranks_what_was_known_before_the_timerange(tmp_path: Path) -> None:
    # After the start the order is the other way round.
    growing = np.where(hours() < START, 100.0, 9e9)
    store(tmp_path, A, open_interest(growing), CandleType.OPEN_INTEREST)
    store(tmp_path, B, open_interest(500.0), CandleType.OPEN_INTEREST)
    made = config(tmp_path)
    assert load("OpenInterestPairList", made).filter_pairlist([A, B], {}) == [B, A]
    assert load("OpenInterestPairList", made, order="lowest").filter_pairlist([A, B], {}) == [A, B]
    assert load("OpenInterestPairList", made, number_assets=1).filter_pairlist([A, B], {}) == [B]


def test_open_interest_by_change_and_within_bounds(tmp_path: Path) -> None:
    slow, quick = (np.exp(np.arange(500) * rate) for rate in (0.001, 0.01))
    store(tmp_path, A, open_interest(slow * 1e6), CandleType.OPEN_INTEREST)
    store(tmp_path, B, open_interest(quick), CandleType.OPEN_INTEREST)
    store(tmp_path, C, open_interest(1e6), CandleType.OPEN_INTEREST)
    made = config(tmp_path)

    def kept(**options: Any) -> list[str]:
        return load("OpenInterestPairList", made, **options).filter_pairlist([C, A, B], {})

    assert kept(rank_by="change") == [B, A, C]
    assert kept(rank_by="change", max_change_fraction=0.1) == [A, C]
    assert kept(rank_by="change", min_change_fraction=0.01) == [B, A]
    assert kept(rank_by="value", min_change_fraction=0.01, min_value_usd=1e6) == [A]


def test_a_pair_without_open_interest_is_dropped_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store(tmp_path, A, open_interest(5.0), CandleType.OPEN_INTEREST)
    made = load("OpenInterestPairList", config(tmp_path), order="lowest", refresh_period=1)
    with caplog.at_level("INFO"):
        for pairs in ([A, C], [C, A], [A, C]):
            assert made.filter_pairlist(pairs, {}) == [A]
    said = [line for line in caplog.messages if C in line and "removed" in line]
    assert said == [
        f"OpenInterestPairList removed {C} from the whitelist: it has no 1h open interest."
    ]


def test_funding_ranks_by_what_longs_paid(tmp_path: Path) -> None:
    rates = {A: 0.0001, B: -0.0005, C: 0.0003}
    for pair, rate in rates.items():
        frame = pd.DataFrame({"date": hours()[::8], "funding_rate": rate})
        store(tmp_path, pair, frame, CandleType.FUNDING_RATE)
    made = config(tmp_path)

    def kept(**options: Any) -> list[str]:
        return load("FundingPairList", made, **options).filter_pairlist([A, B, C], {})

    assert kept() == [C, A, B]
    assert kept(order="lowest", number_assets=2) == [B, A]
    assert kept(order="extremes") == [B, C, A]
    assert kept(min_fraction=0.0, order="incoming") == [A, C]


def test_basis_reads_premium_candles(tmp_path: Path) -> None:
    for pair, premium in {A: 0.001, B: -0.002}.items():
        frame = candles(1).assign(open=premium, high=premium, low=premium, close=premium)
        store(tmp_path, pair, frame, CandleType.PREMIUMINDEX)
    made = load("FundingPairList", config(tmp_path), rank_by="basis", order="lowest")
    assert made.filter_pairlist([A, B, C], {}) == [B, A]


def test_of_two_that_move_together_the_first_stays(tmp_path: Path) -> None:
    first = candles(1)
    for pair, frame in {A: first, B: first.assign(close=first["close"] * 2), C: candles(3)}.items():
        store(tmp_path, pair, frame, CandleType.FUTURES)
    made = config(tmp_path)
    assert load("CorrelationPairList", made).filter_pairlist([A, B, C], {}) == [A, C]
    assert load("CorrelationPairList", made).filter_pairlist([C, B, A], {}) == [C, B]


def test_candles_after_the_start_of_the_timerange_do_not_count(tmp_path: Path) -> None:
    first, apart = candles(1), candles(3)
    late = hours() >= START
    twin_later = apart.assign(close=np.where(late, first["close"], apart["close"]))
    store(tmp_path, A, first, CandleType.FUTURES)
    store(tmp_path, B, twin_later, CandleType.FUTURES)
    made = load("CorrelationPairList", config(tmp_path), lookback_candles=60)
    assert made.filter_pairlist([A, B], {}) == [A, B]


def test_candles_without_volume_are_missing_candles(tmp_path: Path) -> None:
    filled = candles(3)
    filled.loc[200:300, "volume"] = 0.0
    store(tmp_path, A, candles(1), CandleType.FUTURES)
    store(tmp_path, B, filled, CandleType.FUTURES)
    made = load("CorrelationPairList", config(tmp_path))
    assert made.filter_pairlist([A, B], {}) == [A]


@pytest.mark.parametrize("name", ["OpenInterestPairList", "FundingPairList", "CorrelationPairList"])
def test_a_backtest_without_a_start_is_refused(name: str, tmp_path: Path) -> None:
    made = load(name, config(tmp_path, timerange=None))
    with pytest.raises(OperationalException, match="pass --timerange with a start"):
        made.filter_pairlist([A], {})


def test_order_books_have_no_history_so_a_backtest_is_refused(tmp_path: Path) -> None:
    chain = [{"method": "StaticPairList"}, {"method": "LiquidityPairList"}]
    with pytest.raises(OperationalException, match="LiquidityPairList do not support backtesting"):
        PairListManager(None, config(tmp_path, pairlists=chain))


def test_the_others_say_that_they_may_be_backtested(tmp_path: Path) -> None:
    found = {name: load(name, config(tmp_path)).supports_backtesting for name in SHIPPED}
    assert found.pop("LiquidityPairList") is SupportsBacktesting.NO
    assert set(found.values()) == {SupportsBacktesting.YES}


# In a running bot


class Exchange(HandFed):
    """Answers for candles and order books; counts how often it is asked."""

    def __init__(self, made: dict[str, Any]) -> None:
        super().__init__(made)
        self.frames: dict[str, pd.DataFrame] = {}
        self.asked = 0

    def refresh_ohlcv_with_cache(self, pairs: Any, *, lookback_period: int) -> Any:
        self.asked += 1
        self.wanted = (pairs[0][1], lookback_period)
        return {key: self.frames[key[0]] for key in pairs if key[0] in self.frames}

    def get_contract_size(self, pair: str) -> float:
        return 1.0


@pytest.fixture
def running(tmp_path: Path) -> tuple[dict[str, Any], Exchange]:
    made = config(tmp_path, RunMode.DRY_RUN)
    return made, Exchange(made)


def settled_until_now(rate: float) -> pd.DataFrame:
    dates = pd.date_range(end=pd.Timestamp.now(tz="UTC").floor("8h"), periods=30, freq="8h")
    return pd.DataFrame({"date": dates, "funding_rate": rate})


def test_a_bot_is_answered_anew_only_after_the_refresh_period_or_for_other_pairs(running) -> None:
    made, exchange = running
    exchange.frames = {A: settled_until_now(0.0001), B: settled_until_now(0.0002)}
    pairlist = load("FundingPairList", made, exchange)
    for _ in range(3):
        assert pairlist.filter_pairlist([A, B], {}) == [B, A]
    assert exchange.asked == 1
    assert pairlist.filter_pairlist([A], {}) == [A]
    assert exchange.asked == 2


def test_a_bot_judges_freshly_fetched_candles_of_its_own_timeframe(running) -> None:
    made, exchange = running
    sound = random_candles(289)
    exchange.frames = {A: sound, B: sound.drop(index=range(100, 110)), C: sound.iloc[:0]}
    pairlist = load("QualityPairList", made, exchange)
    assert pairlist.filter_pairlist([C, B, "NONE/USDT:USDT", A], {}) == [A]
    assert exchange.wanted == ("5m", 288)


def test_a_bot_drops_a_feed_that_breaks_and_takes_it_back_without_waiting(running) -> None:
    made, exchange = running
    sound = random_candles(289)
    exchange.frames = {A: sound, B: sound}
    pairlist = load("QualityPairList", made, exchange)
    assert pairlist.filter_pairlist([A, B], {}) == [A, B]
    exchange.frames = {A: sound, B: sound.drop(index=range(100, 110))}
    assert pairlist.filter_pairlist([A, B], {}) == [A]
    exchange.frames = {A: sound, B: sound}
    assert pairlist.filter_pairlist([A, B], {}) == [A, B]


def test_the_answer_cannot_be_changed_from_outside(running) -> None:
    made, exchange = running
    exchange.frames = {A: settled_until_now(0.0001)}
    pairlist = load("FundingPairList", made, exchange)
    pairlist.filter_pairlist([A], {}).clear()
    assert pairlist.filter_pairlist([A], {}) == [A]


def test_a_pair_that_the_exchange_does_not_answer_for_is_dropped(running) -> None:
    made, exchange = running
    exchange.frames = {A: settled_until_now(-0.0001)}
    assert load("FundingPairList", made, exchange).filter_pairlist([A, B], {}) == [A]


def test_wide_spreads_are_dropped_and_a_spread_at_the_limit_is_kept(running) -> None:
    made, exchange = running
    exchange.prices = {A: 100.0}
    pairlist = {"exchange": exchange, "min_depth_usd": 400}
    exchange.spread_fraction = 0.001
    assert load("LiquidityPairList", made, **pairlist).filter_pairlist([A], {}) == [A]
    exchange.spread_fraction = 0.0011
    assert load("LiquidityPairList", made, **pairlist).filter_pairlist([A], {}) == []


def test_thin_books_are_dropped(running) -> None:
    made, exchange = running
    exchange.prices = {A: 100.0, B: 10_000.0}  # five coins on each side
    found = load("LiquidityPairList", made, exchange, min_depth_usd=10_000)
    assert found.filter_pairlist([A, B], {}) == [B]


def test_a_book_that_cannot_be_read_drops_the_pair(running, caplog) -> None:
    made, exchange = running
    exchange.fails = TemporaryError("the exchange is busy")
    with caplog.at_level("INFO"):
        assert load("LiquidityPairList", made, exchange).filter_pairlist([A], {}) == []
    assert "could not be read: the exchange is busy" in caplog.text


# Options


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("OpenInterestPairList", {"rank_by": "size"}),
        ("OpenInterestPairList", {"number_assets": 0}),
        ("OpenInterestPairList", {"lookback_hours": 1000}),
        ("FundingPairList", {"order": "random"}),
        ("FundingPairList", {"lookback_hours": 1}),
        ("FundingPairList", {"min_fraction": float("nan")}),
        ("CorrelationPairList", {"max_correlation": 1.5}),
        ("CorrelationPairList", {"timeframe": "hourly"}),
        ("CorrelationPairList", {"lookback_candles": 1000}),
        ("LiquidityPairList", {"max_spread_fraction": 0}),
        ("LiquidityPairList", {"levels": 1}),
        ("LiquidityPairList", {"depth": 1}),
        ("QualityPairList", {"min_present_fraction": 99}),
    ],
)
def test_a_wrong_option_is_one_line_that_names_it(name: str, wrong: dict, tmp_path: Path) -> None:
    [option] = wrong
    with pytest.raises(OperationalException) as caught:
        load(name, config(tmp_path), **wrong)
    said = str(caught.value)
    assert said.startswith(f"plimsoll: pairlist {name}: {option}: ")
    assert "\n" not in said


@pytest.mark.parametrize("name", SHIPPED)
def test_it_describes_itself_for_the_web_interface(name: str, tmp_path: Path) -> None:
    pairlist = load(name, config(tmp_path))
    assert pairlist.short_desc().startswith(f"{name} - ")
    assert pairlist.description()
    described = type(pairlist).available_parameters()
    assert set(described) == {*type(pairlist.options).model_fields, "refresh_period"}
    for entry in described.values():
        assert entry["help"]
        assert entry["type"] in ("number", "string", "option")
        if entry["type"] == "option":
            assert entry["default"] in entry["options"]
