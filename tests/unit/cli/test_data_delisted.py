"""The command that fills pairs which no longer trade."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.manifest import MANIFEST
from plimsoll.archive.store import read_series
from tests.unit.archive.months import PAIR, archive, served
from tests.unit.cli.commands import Run, assert_one_line

SPAN = ("--since", "2022-09-01", "--until", "2022-12-31")


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A config that names an archive on loopback, which runs in a thread of its own."""
    loop, address, over = asyncio.new_event_loop(), [], asyncio.Event()
    ready = threading.Event()

    async def serve() -> None:
        async with served(archive()) as url:
            address.append(url)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    api = {"archive": address[0]}
    file = tmp_path / "venue.json"
    text = {"exchange": {"name": "binance", "ccxt_config": {"urls": {"api": api}}}}
    file.write_text(json.dumps(text), encoding="utf-8")
    yield file
    loop.call_soon_threadsafe(over.set)
    thread.join()
    loop.close()


def test_files_are_stored_summed_up_and_recorded(run: Run, tmp_path: Path, config: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    words = ("--pairs", PAIR, *SPAN, "--datadir", str(folder), "-c", str(config), "--json")
    ran = run("data", "delisted", *words)
    summary = json.loads(ran.out)
    assert (ran.status, summary["problems"]) == (0, [])
    assert {file["kind"] for file in summary["files"]} == {"candles", "mark", "funding"}
    assert len(read_series(Series(PAIR, Kind.FUNDING, "1h"), folder)) == 273
    assert len(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]) == 3


def test_an_unknown_pair_ends_with_1(run: Run, tmp_path: Path, config: Path) -> None:
    words = ("--pairs", "NONE/USDT:USDT", *SPAN, "--datadir", str(tmp_path), "-c", str(config))
    ran = run("data", "delisted", *words)
    assert ran.status == 1
    assert "no monthly files" in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--pairs", PAIR, "--since", "2022-02-01", "--until", "2022-01-01"), "on or after"),
        (("--pairs", "FTTUSDT", *SPAN), "pairs such as BTC/USDT:USDT"),
        (("--pairs", ",", *SPAN), "expected --pairs and --timeframes"),
        (("--pairs", PAIR, *SPAN, "--timeframes", "1y"), "1y"),
    ],
)
def test_wrong_usage_is_one_line(
    run: Run, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    ran = run("data", "delisted", *words, "--datadir", str(tmp_path))
    assert ran.status == 2
    assert_one_line(ran, message)
