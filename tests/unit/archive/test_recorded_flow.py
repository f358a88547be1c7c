"""Order flow by candle: sums of what was recorded whole, and nothing else."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.archive.recorded_flow import COLUMNS, recorded_flow, with_what_was_recorded
from plimsoll.archive.recording import Gap, Recording, Stream, pair_folder, segments
from plimsoll.core import UsageError

PAIR = "BTC/USDT:USDT"
START = 1_700_000_100_000 // 300_000 * 300_000 - 1_000
"""A second before a candle of five minutes."""


def record(
    datadir: Path,
    *,
    seconds: int = 902,
    rotate_at: int | None = None,
    gaps: list[Gap] | None = None,
) -> pd.DataFrame:
    """Record one trade and one quote a second; return the trades."""
    folder = pair_folder(datadir, PAIR)
    trades, book = Recording(folder, Stream.TRADES), Recording(folder, Stream.BOOK)
    depth = Recording(folder, Stream.DEPTH, 5)
    random = np.random.default_rng(3)
    every, quotes, levels = [], [], []
    for second in range(seconds):
        at, size = START + 1000 * second, float(random.uniform(0.1, 2.0))
        side = "buy" if random.random() < 0.6 else "sell"
        every.append((at, str(second), side, 100.0, size))
        quotes.append((at + 1, 99.0 + second / 1e4, 1.0 + second, 101.0, 2.0))
        levels.append((at + 2, (99.0, 98.0), (1.0, 2.0 + second), (101.0, 102.0), (2.0, 0.25)))
    edge = 0 if rotate_at is None else rotate_at + 1
    for part in (slice(0, edge), slice(edge, 700), slice(max(edge, 700), None)):
        trades.append(every[part])
        book.append(quotes[part])
        depth.append(levels[part])
        if part.stop == edge and edge:
            trades.rotate()
            book.rotate()
            depth.rotate()
    for gap in gaps or ():
        trades.miss(gap)
        book.miss(gap)
        depth.miss(gap)
    return pd.DataFrame(every, columns=["timestamp", "id", "side", "price", "amount"])


def test_each_whole_candle_has_the_sums_of_its_trades_and_the_last_quote(tmp_path: Path) -> None:
    trades = record(tmp_path)
    flow = recorded_flow(tmp_path, PAIR, "5m")
    opens = START + 1000
    assert list(flow.columns) == ["date", *COLUMNS]
    whole = flow[flow["trades"].notna()]
    assert [int(one.timestamp() * 1000) for one in whole["date"]] == [
        opens,
        opens + 300_000,
        opens + 600_000,
    ]
    for _, candle in whole.iterrows():
        begins = int(candle["date"].timestamp() * 1000)
        within = trades[(trades["timestamp"] >= begins) & (trades["timestamp"] < begins + 300_000)]
        assert candle["trades"] == len(within) == 300
        bought = within.loc[within["side"] == "buy", "amount"].sum()
        assert candle["taker_buy_volume"] == pytest.approx(bought, rel=1e-12)
        last = (begins + 300_000 - START) // 1000 - 1
        assert candle["bid_amount"] == 1.0 + last
        assert candle["bid_price"] == pytest.approx(99.0 + last / 1e4)
        assert candle["bid_depth"] == 3.0 + last
        assert candle["ask_depth"] == 2.25


@pytest.mark.parametrize("rotate_at", [60, 299, 300, 301, 500])
def test_a_rotation_changes_no_value(tmp_path: Path, rotate_at: int) -> None:
    record(tmp_path / "one")
    record(tmp_path / "two", rotate_at=rotate_at)
    one, two = (recorded_flow(tmp_path / name, PAIR, "5m") for name in ("one", "two"))
    pd.testing.assert_frame_equal(one, two, rtol=1e-12)


def test_research_reads_the_very_values_that_a_bot_read_while_it_was_recorded(
    tmp_path: Path,
) -> None:
    folder = pair_folder(tmp_path, PAIR)
    record(tmp_path)  # its segment is open, as it is for a bot
    live = recorded_flow(tmp_path, PAIR, "5m")
    for stream in Stream:  # the next recorder closes it
        Recording(folder, stream)
    assert all(file.suffix == ".feather" for file in folder.glob("*-1*.*"))
    pd.testing.assert_frame_equal(live, recorded_flow(tmp_path, PAIR, "5m"), check_exact=True)


def test_a_candle_with_a_gap_has_no_value(tmp_path: Path) -> None:
    at = START + 1000 + 300_000
    record(tmp_path, gaps=[Gap(at + 299_500, at + 299_900, "the network")])
    flow = recorded_flow(tmp_path, PAIR, "5m")
    known = flow["trades"].notna()
    assert list(known) == [False, True, False, True]
    assert list(flow["bid_price"].notna())[1:] == [True, False, True]
    assert list(flow["bid_depth"].notna())[1:] == [True, False, True]


def test_a_candle_is_whole_once_an_event_after_its_close_was_recorded(tmp_path: Path) -> None:
    record(tmp_path, seconds=301)  # the last event is the second before the close
    assert recorded_flow(tmp_path, PAIR, "5m")["trades"].notna().sum() == 0
    record(tmp_path / "more", seconds=302)
    assert recorded_flow(tmp_path / "more", PAIR, "5m")["trades"].notna().sum() == 1


def test_minutes_without_a_trade_have_none_where_the_recording_is_whole(tmp_path: Path) -> None:
    made = Recording(pair_folder(tmp_path, PAIR), Stream.TRADES)
    made.append([(START, "1", "buy", 100.0, 1.0), (START + 301_000, "2", "buy", 100.0, 1.0)])
    flow = recorded_flow(tmp_path, PAIR, "1m")
    assert list(flow["trades"])[1:] == [0.0] * 5
    assert flow["bid_price"].isna().all()
    assert flow["bid_depth"].isna().all()


def test_nothing_recorded_is_no_row(tmp_path: Path) -> None:
    assert recorded_flow(tmp_path, PAIR, "5m").empty


@pytest.mark.parametrize("timeframe", ["3d", "1w"])
def test_other_lengths_are_refused(tmp_path: Path, timeframe: str) -> None:
    with pytest.raises(UsageError, match="from 1m to 1d"):
        recorded_flow(tmp_path, PAIR, timeframe)


def test_research_joins_what_was_recorded_and_leaves_other_pairs_as_they_are(
    tmp_path: Path,
) -> None:
    record(tmp_path)
    dates = pd.date_range(pd.to_datetime(START + 1000, unit="ms", utc=True), periods=4, freq="5min")
    candles = pd.DataFrame({"date": dates, "close": 1.0})
    joined = with_what_was_recorded(candles, tmp_path, PAIR, "5m")
    assert list(joined["trades"].notna()) == [True, True, True, False]
    assert with_what_was_recorded(candles, tmp_path, "ETH/USDT:USDT", "5m") is candles
    assert with_what_was_recorded(candles, tmp_path, PAIR, "1w") is candles


def test_a_file_that_was_moved_away_leaves_nan_and_never_none(tmp_path: Path) -> None:
    record(tmp_path, rotate_at=320)
    folder = pair_folder(tmp_path, PAIR)
    whole = recorded_flow(tmp_path, PAIR, "1m")
    for stream in Stream:
        segments(folder, stream)[0].rename(tmp_path / f"old-{stream}")
    left = recorded_flow(tmp_path, PAIR, "1m")
    known = left.notna().all(axis=1)
    pd.testing.assert_frame_equal(left[known], whole[known])
    assert list(known) == [False] * 7 + [True] * 9 + [False] * (len(left) - 16)
    assert left.loc[:5, list(COLUMNS)].isna().all(axis=None)
    assert left.loc[6, ["trades", "taker_buy_volume"]].isna().all(), "its book is of the next file"
    for stream in Stream:
        segments(folder, stream)[0].unlink()
    assert recorded_flow(tmp_path, PAIR, "5m")[list(COLUMNS)].isna().all(axis=None)


def test_a_file_whose_end_a_power_cut_took_is_whole_up_to_what_is_left(tmp_path: Path) -> None:
    record(tmp_path)
    before = recorded_flow(tmp_path, PAIR, "1m")
    for stream in Stream:
        file = segments(pair_folder(tmp_path, PAIR), stream)[-1]
        with file.open("rb+") as handle:
            handle.truncate(file.stat().st_size - 5)  # the last batch began at second 700
    after = recorded_flow(tmp_path, PAIR, "1m")
    known = after.notna().all(axis=1)
    assert list(known) == [False] + [True] * 11 + [False] * 4
    pd.testing.assert_frame_equal(after[known], before[known])
    for stream in Stream:
        segments(pair_folder(tmp_path, PAIR), stream)[-1].write_bytes(b"")
    assert recorded_flow(tmp_path, PAIR, "5m")[list(COLUMNS)].isna().all(axis=None)


@pytest.mark.parametrize("seconds", [290, 301, 302, 330, 362, 640, 901])
def test_what_a_bot_knew_at_a_time_is_what_research_knows_of_it(
    tmp_path: Path, seconds: int
) -> None:
    record(tmp_path / "then", seconds=seconds)
    record(tmp_path / "now")
    then, now = (recorded_flow(tmp_path / name, PAIR, "1m") for name in ("then", "now"))
    closed = then["date"] + pd.Timedelta("1min") <= pd.Timestamp(
        START + 1000 * seconds, unit="ms", tz="UTC"
    )
    known = then[list(COLUMNS)].notna()
    assert not known[~closed].any(axis=None)
    assert known.sum().min() >= (seconds - 62) // 60
    assert known.equals(known & then[list(COLUMNS)].eq(now.loc[then.index, list(COLUMNS)]))
