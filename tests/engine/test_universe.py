"""A universe by rule in a real backtest: pairs that are listed late, become thin, are delisted."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.lab.results import BacktestResult
from plimsoll.lab.study import RULE, Study
from tests.engine.test_plain_engine import backtests, read
from tests.support.strategy_data import PAIRS, write_strategy_data

SPAN = "20230715-20231126"
LISTED, THIN_FROM, DELISTED = (
    pd.Timestamp(moment, tz="UTC") for moment in ("2023-07-18", "2023-07-01", "2023-09-13 10:00")
)
LATE, THIN, ENDED = (f"{coin}/USDT:USDT" for coin in ("SOL", "XRP", "ETH"))
LAST_CANDLE = DELISTED - pd.Timedelta(hours=1)


def cut(folder: Path, pair: str, *, begin: pd.Timestamp, end: pd.Timestamp) -> None:
    for file in folder.rglob(f"{pair.partition('/')[0]}_*.feather"):
        frame = pd.read_feather(file)
        kept = frame[(frame["date"] >= begin) & (frame["date"] < end)]
        kept.reset_index(drop=True).to_feather(file)


def thin_out(folder: Path, pair: str, *, begin: pd.Timestamp) -> None:
    for file in folder.rglob(f"{pair.partition('/')[0]}_USDT_USDT-*-futures.feather"):
        frame = pd.read_feather(file)
        frame.loc[frame["date"] >= begin, "volume"] /= 1000
        frame.to_feather(file)


def trades_of(result: BacktestResult, pair: str) -> pd.DataFrame:
    return result.trades[result.trades["pair"] == pair]


@pytest.mark.freqtrade
def test_pairs_are_traded_while_they_belong_and_a_delisted_one_is_closed_at_its_end(
    tmp_path: Path,
) -> None:
    data = write_strategy_data(tmp_path / "made-up")
    far = pd.Timedelta(days=1000)
    cut(data, LATE, begin=LISTED, end=LISTED + far)
    cut(data, ENDED, begin=DELISTED - far, end=DELISTED)
    thin_out(data, THIN, begin=THIN_FROM)
    study = Study("made up", "1h", PAIRS, SPAN, ("TrendPortfolio",), universe=RULE)
    with backtests(study, data) as (results, datadir):
        [result] = results.values()
        assert read(datadir, ENDED, "1h")["date"].iloc[-1] == LAST_CANDLE
    assert set(result.pairs) == set(PAIRS)
    # It belongs from November on; its longest trend, of 120 days, is known on the 15th.
    late = trades_of(result, LATE)
    assert len(late)
    assert late["open_date"].min() >= LISTED + pd.Timedelta(days=120)
    # More than half of the 90 days before September were thin, fewer of those before August.
    thin, september = trades_of(result, THIN), pd.Timestamp("2023-09-01", tz="UTC")
    assert len(thin)
    assert thin["open_date"].max() < september
    assert thin["close_date"].max() == september
    ended = trades_of(result, ENDED)
    assert (ended["open_date"] < LAST_CANDLE).all()
    last = ended.iloc[-1]
    assert last["close_date"] == LAST_CANDLE
    assert last["exit_reason"] == "TrendPortfolio_ended"
