"""Bad input: a clear line, a record, and no entry; one row each."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError
from tests.drills.evidence import BadInput, EvidenceFolder
from tests.drills.exchange_side import held, last_words, signed, stops
from tests.drills.scene import BTC, pass_time, profile, scene, state, status
from tests.support.drill import MARKET_ORDERS, Drill, DrillPlan

pytestmark = pytest.mark.freqtrade

ACCOUNT = ("/fapi/v2/positionRisk", "/fapi/v3/positionRisk")
NOTICED_WITHIN_SECONDS = 60.0
AGAIN = "again by itself"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One kind of bad input: what is done to the bot, and the words by which it is told.

    `starts_with_it` is put up before the bot's start; `refused` when the bot must not start. `says`
    is looked for in what was recorded or said at the end.
    """

    name: str
    what: str
    do: Callable[[Drill], object]
    says: str
    starts_with_it: bool = False
    refused: bool = False
    halts: bool = False
    live: bool = True
    recovers: bool = False
    damages_log: bool = False


def _unreachable(bot: Drill) -> None:
    bot.fault("http-error", status=503)


def _no_report(bot: Drill) -> None:
    bot.fault("http-error", status=503, paths=list(ACCOUNT))


def _empty_report(bot: Drill) -> None:
    bot.fault("missing-positions")


def _hedge(bot: Drill) -> None:
    bot.fault("hedge-mode")


def _foreign(bot: Drill) -> None:
    order = {"symbol": "SOLUSDT", "side": "BUY", "type": "MARKET", "quantity": "10"}
    signed(bot, "/fapi/v1/order", "POST", **order)


def _stop_cancelled(bot: Drill) -> None:
    bot.wait_until(lambda: stops(bot), what="a stop on the exchange")
    for one in stops(bot):
        number = str(one["algoId"])
        signed(bot, "/fapi/v1/algoOrder", "DELETE", symbol=one["symbol"], algoId=number)


def _skewed(bot: Drill) -> None:
    bot.fault("clock-skew", skew_seconds=300)


def _corrupted(bot: Drill) -> None:
    bot.kill9()
    log = max(state(bot).decisions.glob("*.jsonl"))
    lines = log.read_bytes().splitlines(keepends=True)
    lines[-2] = lines[-2].replace(b'"', b"?", 3)
    log.write_bytes(b"".join(lines))
    bot.start()


def _restored(bot: Drill) -> None:
    bot.kill9()
    backup = bot.folder / "backup.sqlite"
    shutil.copy(bot.database, backup)
    for _ in range(2):  # two days on
        bot.start()
        pass_time(bot, loops=2)
        bot.kill9()
    shutil.copy(backup, bot.database)
    for suffix in ("-wal", "-shm"):
        Path(f"{bot.database}{suffix}").unlink(missing_ok=True)
    bot.start()


def _second_folder(bot: Drill) -> None:
    """Move the account to another folder, whose start must be refused, while the first stays."""
    first = bot.userdir
    bot.kill9()
    bot.userdir = bot.folder / "other" / "user_data"
    shutil.copytree(first, bot.userdir, ignore=shutil.ignore_patterns("plimsoll"))
    bot.database = bot.folder / "other.sqlite"
    bot.start()


ROWS = [
    Row(
        name="unreachable",
        what="the exchange is unreachable at the start",
        do=_unreachable,
        starts_with_it=True,
        refused=True,
        says="Could not load markets",
    ),
    Row(
        name="no-report",
        what="the position report is missing at the start",
        do=_no_report,
        starts_with_it=True,
        refused=True,
        says="Could not get positions",
    ),
    Row(
        name="empty-report",
        what="the position report is empty, then full",
        do=_empty_report,
        recovers=True,
        says="BTC/USDT:USDT",
    ),
    Row(
        name="hedge",
        what="an account in hedge mode at the start",
        do=_hedge,
        starts_with_it=True,
        refused=True,
        says="Hedge",
    ),
    Row(
        name="foreign",
        what="a position in a pair outside of the whitelist",
        do=_foreign,
        says="SOL/USDT:USDT",
    ),
    Row(
        name="stop-cancelled",
        what="a stop is cancelled by hand",
        do=_stop_cancelled,
        says="stop",
        recovers=True,
    ),
    Row(
        name="second-folder",
        what="the same account from a second folder",
        do=_second_folder,
        refused=True,
        says="latch of this account",
    ),
    Row(
        name="skewed",
        what="the exchange's clock is 5 minutes off",
        do=_skewed,
        says="-1021",
        recovers=True,
    ),
    Row(
        name="corrupted",
        what="a damaged line in the tail of the decision log",
        do=_corrupted,
        halts=True,
        live=False,
        damages_log=True,
        says="decision log",
    ),
    Row(
        name="restored",
        what="the database of two starts ago is put back",
        do=_restored,
        halts=True,
        says="resume",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_bad_input_gets_a_line_a_record_and_no_entry(
    tmp_path: Path, row: Row, save: EvidenceFolder
) -> None:
    overlay = {"order_types": {**MARKET_ORDERS, "stoploss_on_exchange": row.live}}
    pairs = (BTC, "ETH/USDT:USDT", "SOL/USDT:USDT")
    plan = DrillPlan(live=row.live, overlay=overlay, risk=profile(), pairs=pairs)
    only = {"exchange": {"pair_whitelist": list(pairs[:2])}, "max_open_trades": 1}
    with scene(tmp_path, plan, start=False, faulty=True, damaged=row.damages_log) as bot:
        bot.configure(only)
        refused = _brought_about(bot, row)
        told = [*_told(bot), refused]
        if not refused:
            told = _until_told(bot, row)
        entries = len(bot.trades())
        if not refused and not row.recovers:
            bot.configure({"max_open_trades": 2})
            pass_time(bot, candles=1)
        after = len(bot.trades())
        mode = status(bot).get("mode") if not refused else "refused at the start"
        line = next((text for text in reversed(told) if row.says in text), "")
        if row.recovers:
            bot.mend()
            bot.wait_for_positions(1)
            bot.wait_until(lambda: len(held(bot)) == len(stops(bot)) == 1, what="a stop again")
            mode = AGAIN
    save(row.name, BadInput(what=row.what, said=line, mode=str(mode)))
    assert line, told[-5:]
    assert bool(refused) == row.refused, refused
    assert after == entries
    assert not row.halts or mode == "HALTED"


def _brought_about(bot: Drill, row: Row) -> str:
    """Bring the bad input about; return why the bot does not start with it."""
    try:
        if row.starts_with_it:
            row.do(bot)
            bot.start(seconds=60)
        else:
            bot.start()
            bot.wait_for_positions(1)
            row.do(bot)
    except PlimsollError as error:
        # With no exchange Freqtrade says why and may hang while it cleans up.
        if bot.alive and not row.refused:
            raise
        return last_words(bot, bot.log) or str(error)
    return ""


def _until_told(bot: Drill, row: Row) -> list[str]:
    deadline = time.monotonic() + NOTICED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        told = _told(bot)
        if any(row.says in text for text in told):
            return told
        time.sleep(0.25)
    return _told(bot)


def _told(bot: Drill) -> list[str]:
    """Return what is on record about it: breaks, halts, errors and denials."""
    kinds = ("break", "halt", "error", "denial", "verdict")
    records = [one for one in _readable(bot) if one["kind"] in kinds]
    return [
        str(one.get("reason") or one.get("message") or one.get("text") or "") for one in records
    ]


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_denies_until_there_is_room(tmp_path: Path, save: EvidenceFolder) -> None:
    with scene(tmp_path, DrillPlan(risk=profile()), start=False, faulty=True) as bot:
        with small_disk(bot.userdir / "plimsoll") as disk:
            bot.configure({"max_open_trades": 1})
            bot.start()
            bot.wait_for_positions(1)
            fill(disk / "filling")
            bot.force_exit("all")
            sent = bot.telegram.wait_for("recorded", seconds=NOTICED_WITHIN_SECONDS)
            bot.wait_until(lambda: not bot.trades(is_open=True), what="a close all the same")
            entries = len(bot.trades())
            pass_time(bot, candles=2)
            assert len(bot.trades()) == entries
            (disk / "filling").unlink()
            bot.wait_until(lambda: len(bot.trades()) > entries, what="entries once there is room")
            bot.kill9()
            shutil.copytree(disk, bot.folder / "kept")
        shutil.copytree(bot.folder / "kept", disk, dirs_exist_ok=True)
        text = sent.text.replace("\n", " ").replace(str(bot.folder), "…")
    save("disk-full", BadInput(what="the disk of the state folder is full", said=text, mode=AGAIN))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of a megabyte on a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(file: Path) -> None:
    """Write until nothing more can be written."""
    with file.open("ab", buffering=0) as out:
        for size in (65_536, 4096, 1):
            try:
                while True:
                    out.write(b"\0" * size)
            except OSError:
                continue


@pytest.mark.slow
def test_a_state_folder_that_cannot_be_written_refuses_the_start(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    with scene(tmp_path, DrillPlan(risk=profile()), start=False, faulty=True) as bot:
        folder = bot.userdir / "plimsoll"
        folder.mkdir()
        with read_only(folder), pytest.raises(PlimsollError):
            bot.start(seconds=60)
        assert bot.trades() == []
        said = last_words(bot, bot.log)
    assert "Read-only" in said or "Permission" in said
    assert "decision log" in said
    what = "the state folder is read-only at the start"
    save("read-only", BadInput(what=what, said=said, mode="refused at the start"))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write in a folder; for root it must be a disk that is mounted so."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _readable(bot: Drill) -> list[dict[str, Any]]:
    """Return the records of a log that may be damaged."""
    records = []
    for file in sorted(state(bot).decisions.glob("*.jsonl")):
        for line in file.read_bytes().splitlines():
            with suppress(ValueError):
                records.append(json.loads(line))
    return records
