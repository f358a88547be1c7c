"""The recorder as a process of its own, on a served venue; its sums against Freqtrade's own."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.data.converter import populate_dataframe_with_trades
from freqtrade.data.converter.trade_converter import trades_list_to_df
from freqtrade.enums import CandleType, RunMode
from freqtrade.resolvers import ExchangeResolver

from plimsoll.archive.recorded_flow import recorded_flow
from plimsoll.archive.recording import (
    Stream,
    numbered_levels,
    pair_folder,
    read_gaps,
    read_recorded,
)
from plimsoll.lab.processes import command, end, first_json_line, running
from plimsoll.lab.venue import Venue, serve_venue

pytestmark = pytest.mark.freqtrade
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
START = "2025-01-01T00:00:30Z"
PATIENCE = 180.0


@contextmanager
def recorder(folder: Path, venue: Venue, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``plimsoll record`` for the length of the block, reporting each second."""
    words = ["record", "-c", str(venue.config), "--datadir", str(folder / "data")]
    with running(
        [command("plimsoll"), *words, "--json", "--report-seconds", "1", *more],
        log=folder / "record.log",
        stdout=subprocess.PIPE,
    ) as child:
        yield child


def until(
    child: subprocess.Popen[str], rows: int, folder: Path, kind: str = "trades"
) -> dict[str, Any]:
    """Read reports until so many rows of each pair were recorded; return that report."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = first_json_line(child, log=folder / "record.log")
        counts = [track["rows"] for track in told["tracks"] if track["kind"] == kind]
        if counts and min(counts) >= rows:
            return told
    raise AssertionError(told)


def test_a_killed_recorder_loses_only_what_was_not_written_and_its_gap_is_noted(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with serve_venue(
        ["--symbols", BTC, "--start", START, "--speed", "20"], folder=tmp_path
    ) as venue:
        with recorder(tmp_path, venue, "--flush-seconds", "0.3") as child:
            until(child, 150, tmp_path)
            child.send_signal(signal.SIGKILL)
            child.wait(30)
        before = read_recorded(data, BTC, Stream.TRADES)
        with recorder(tmp_path, venue, "--flush-seconds", "0.3") as child:
            told = until(child, 150, tmp_path)
            child.send_signal(signal.SIGINT)
            assert child.wait(60) == 0, (tmp_path / "record.log").read_text()
    after = read_recorded(data, BTC, Stream.TRADES)
    numbers = after["id"].astype(int)
    assert numbers.is_monotonic_increasing
    assert numbers.is_unique
    assert list(after["id"][: len(before)]) == list(before["id"])
    [gap] = read_gaps(pair_folder(data, BTC), Stream.TRADES)
    assert gap.why == "the recorder was not running"
    jumps = numbers.diff().dropna()
    assert (
        gap.lost
        == int(jumps.max()) - 1
        == len(range(numbers.iloc[0], numbers.iloc[-1])) - len(numbers) + 1
    )
    assert [one["gaps"] for one in told["tracks"]] == [1, 1]
    flow = recorded_flow(data, BTC, "1m")
    within = (flow["date"] >= pd.Timestamp(gap.from_ms, unit="ms", tz="UTC").floor("1min")) & (
        flow["date"] <= pd.Timestamp(gap.to_ms, unit="ms", tz="UTC")
    )
    assert flow.loc[within, "trades"].isna().all()
    whole = flow.loc[flow["trades"].notna(), "trades"]
    assert len(whole) >= 2
    assert set(whole) == {60.0}  # the venue makes one a second


def test_depths_first_level_is_the_best_price_and_a_kill_loses_no_row_on_file(
    tmp_path: Path,
) -> None:
    data, kinds = tmp_path / "data", ("--kinds", "book,depth", "--levels", "5")
    with serve_venue(["--symbols", BTC, "--start", START], folder=tmp_path) as venue:
        with recorder(tmp_path, venue, *kinds, "--flush-seconds", "0.3") as child:
            told = until(child, 12, tmp_path, "depth")
            child.send_signal(signal.SIGKILL)
            child.wait(30)
        before = numbered_levels(read_recorded(data, BTC, Stream.DEPTH))
        with recorder(tmp_path, venue, *kinds, "--flush-seconds", "0.3") as child:
            until(child, 4, tmp_path, "depth")
            end(child)
    [counted] = [track["rows"] for track in told["tracks"] if track["kind"] == "depth"]
    assert len(before) >= counted >= 12
    wide = numbered_levels(read_recorded(data, BTC, Stream.DEPTH))
    assert wide.shape[1] == 1 + 4 * 5
    assert wide.notna().all(axis=None)
    pd.testing.assert_frame_equal(wide.iloc[: len(before)], before)
    [gap] = read_gaps(pair_folder(data, BTC), Stream.DEPTH)
    assert gap.why == "the recorder was not running"
    assert (gap.from_ms, gap.to_ms) == tuple(wide["timestamp"].iloc[[len(before) - 1, len(before)]])
    both = wide.merge(read_recorded(data, BTC, Stream.BOOK), on="timestamp")
    assert len(both) >= 8
    for name in ("bid_price", "bid_amount", "ask_price", "ask_amount"):
        assert list(both[f"{name}_1"]) == list(both[name])


def test_bybits_trades_are_recorded_as_it_made_them_and_a_break_is_a_gap(tmp_path: Path) -> None:
    """Bybit does not number its trades: what a break lost nobody can count."""
    data, arguments = tmp_path / "data", ["--exchange", "bybit", "--symbols", f"{BTC},{ETH}"]
    with serve_venue([*arguments, "--start", START, "--speed", "10"], folder=tmp_path) as venue:
        with recorder(tmp_path, venue, "--flush-seconds", "0.2") as child:
            until(child, 40, tmp_path)
            venue._ask("plimsoll/faults", {"kind": "dropped-sockets", "duration_seconds": 30})
            told = until(child, 175, tmp_path)
            venue.set_speed(1)  # the exchange lists the last 1,000 alone
            end(child)
        asked = "v5/market/recent-trade?category=linear&limit=1000&symbol="
        made = {
            pair: venue._ask(f"{asked}{pair.partition('/')[0]}USDT")["result"]["list"]
            for pair in (BTC, ETH)
        }
    assert [track["refused"] for track in told["tracks"]] == [0] * 4
    for pair in (BTC, ETH):
        folder, trades = pair_folder(data, pair), read_recorded(data, pair, Stream.TRADES)
        named = {"execId": "id", "price": "price", "size": "amount", "time": "timestamp"}
        theirs = pd.DataFrame(made[pair])[[*named, "side"]].rename(columns=named).iloc[::-1]
        theirs = theirs.astype({"price": float, "amount": float, "timestamp": int})
        theirs["side"] = theirs["side"].str.lower()
        [gap] = read_gaps(folder, Stream.TRADES)
        assert (gap.lost, "NetworkError" in gap.why) == (None, True)
        inside = (theirs["timestamp"] > gap.from_ms) & (theirs["timestamp"] < gap.to_ms)
        assert inside.sum() >= 10
        heard = theirs["timestamp"].between(trades["timestamp"].min(), trades["timestamp"].max())
        expected = theirs[heard & ~inside].reset_index(drop=True)
        pd.testing.assert_frame_equal(trades, expected[list(trades.columns)])
        book = read_recorded(data, pair, Stream.BOOK)
        assert len(book) >= 5
        assert (book["bid_price"] < book["ask_price"]).all()
        assert len(read_gaps(folder, Stream.BOOK)) == 1
        flow = recorded_flow(data, pair, "1m")
        assert set(flow["trades"].dropna()) == {60.0}
        minute = flow["date"] == pd.Timestamp(gap.from_ms, unit="ms", tz="UTC").floor("1min")
        assert flow.loc[minute, ["trades", "taker_buy_volume"]].isna().all(axis=None)


@pytest.mark.slow
def test_sockets_that_are_dropped_leave_a_gap_and_the_recorder_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with (
        serve_venue(["--symbols", BTC, "--start", START, "--speed", "5"], folder=tmp_path) as venue,
        recorder(tmp_path, venue) as child,
    ):
        until(child, 10, tmp_path)
        venue._ask("plimsoll/faults", {"kind": "dropped-sockets", "duration_seconds": 30})
        rows = len(read_recorded(data, BTC, Stream.TRADES))
        deadline = time.monotonic() + PATIENCE
        while len(read_recorded(data, BTC, Stream.TRADES)) < rows + 60:
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.5)
    for stream in (Stream.TRADES, Stream.BOOK):
        gaps = read_gaps(pair_folder(data, BTC), stream)
        assert gaps, stream
        assert "NetworkError" in gaps[0].why, gaps
    lost = sum(gap.lost or 0 for gap in read_gaps(pair_folder(data, BTC), Stream.TRADES))
    numbers = read_recorded(data, BTC, Stream.TRADES)["id"].astype(int)
    assert lost == numbers.iloc[-1] - numbers.iloc[0] + 1 - len(numbers) > 20


@pytest.mark.slow
def test_a_venue_that_ends_does_not_end_the_recorder(tmp_path: Path) -> None:
    with serve_venue(["--symbols", BTC, "--start", START], folder=tmp_path) as venue:
        context = recorder(tmp_path, venue)
        child = context.__enter__()
        until(child, 3, tmp_path)
    time.sleep(5)
    assert child.poll() is None
    assert "again in" in (tmp_path / "record.log").read_text()
    end(child)


@pytest.mark.slow
def test_recorded_trades_have_the_sums_of_freqtrades_own_order_flow(tmp_path: Path) -> None:
    """Freqtrade's ``orderflow``: buys are ``ask``, sells ``bid``, all of them ``total_trades``."""
    data = tmp_path / "data"
    arguments = ["--symbols", f"{BTC},{ETH}", "--start", START, "--speed", "30"]
    with serve_venue(arguments, folder=tmp_path) as venue:
        with recorder(tmp_path, venue, "--rotate-minutes", "0.1") as child:
            until(child, 330, tmp_path)
            end(child)
        venue.set_speed(1)
        flows = {pair: recorded_flow(data, pair, "1m") for pair in (BTC, ETH)}
        config = json.loads(venue.config.read_text(encoding="utf-8"))
        config |= {
            "runmode": RunMode.OTHER,
            "timeframe": "1m",
            "candle_type_def": CandleType.FUTURES,
            "orderflow": {
                "cache_size": 100,
                "max_candles": 100,
                "scale": 1.0,
                "stacked_imbalance_range": 3,
                "imbalance_volume": 1,
                "imbalance_ratio": 3,
            },
        }
        exchange = ExchangeResolver.load_exchange(config, validate=False)
        exchange.reload_markets()
        try:
            for pair, flow in flows.items():
                whole = flow[flow["trades"].notna()]
                assert len(whole) >= 3
                first = int(whole["date"].iloc[0].timestamp() * 1000)
                last = int(whole["date"].iloc[-1].timestamp() * 1000) + 60_000
                _, ticks = exchange.get_historic_trades(pair, first, last)
                candles = whole[["date"]].reset_index(drop=True)
                candles["date"] = candles["date"].dt.as_unit("ns")
                theirs, _ = populate_dataframe_with_trades(
                    None, config, candles, trades_list_to_df(ticks)
                )
                ours = whole.reset_index(drop=True)
                assert list(ours["trades"]) == list(theirs["total_trades"].astype(float))
                assert ours["taker_buy_volume"].to_numpy() == pytest.approx(
                    theirs["ask"].to_numpy(dtype=float), rel=1e-9
                )
        finally:
            exchange.close()
    assert (pair_folder(data, BTC) / "trades.json").exists()
    assert list(pair_folder(data, BTC).glob("trades-*.feather"))


def test_what_cannot_be_recorded_is_refused_in_one_line(tmp_path: Path) -> None:
    with serve_venue(["--symbols", BTC, "--start", START], folder=tmp_path) as venue:
        said = {}
        for words in (
            ["--pairs", "DOGE/USDT:USDT"],
            ["--kinds", "candles"],
            ["--pairs", "BTC/USDT,ETH/USDT:USDT"],
        ):
            done = subprocess.run(
                [*(command("plimsoll"), "record", "-c", str(venue.config)), *words],
                capture_output=True,
                text=True,
                check=False,
                cwd=tmp_path,
            )
            said[words[1]] = done.returncode, done.stderr.strip().splitlines()[-1]
    assert said["DOGE/USDT:USDT"] == (2, "plimsoll: binance has no pair DOGE/USDT:USDT")
    wrong_kind = "plimsoll: expected --kinds of trades, book, depth; found candles"
    assert said["candles"] == (2, wrong_kind)
    assert said["BTC/USDT,ETH/USDT:USDT"][0] == 2
