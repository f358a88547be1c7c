"""What the drills share: limits wide apart, a trip seen everywhere, the same candles backtested."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from freqtrade.misc import deep_merge_dicts
from typer.testing import CliRunner

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.cli import app
from plimsoll.core import Mode, Verdict
from plimsoll.journal.check import verify
from plimsoll.journal.phrases import breach
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.processes import command
from tests.drills.evidence import Trip
from tests.support.drill import NEVER_STALE, STRATEGIES, TIMEOUT_SECONDS, Drill, DrillPlan, drill

OWN_STRATEGIES = Path(__file__).parent / "strategies"
BTC, ETH, SOL = "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"

WIDE: dict[str, Any] = {
    "max_daily_loss_fraction": 0.1,
    "drawdown_reduce_fraction": 0.14,
    "drawdown_halt_fraction": 0.15,
    "max_consecutive_losses": 20,
    "cooldown_seconds": 0,
    "max_trades_per_day": 10_000,
    "max_orders": 1_000,
    "max_risk_per_trade_fraction": 0.05,
    "fixed_risk_fraction": 0.05,
    "max_correlation": 1,
    **NEVER_STALE,
}
"""Limits out of each other's way; a drill narrows the one that it is about."""

STALE: dict[str, Any] = {"max_candle_delay_seconds": 240, "max_blind_seconds": 300}
"""When candles are late, and when a position is held blindly, in a drill that is about it.

A loop comes each 30 s of simulated time, later while others work on the machine.
"""

OURS = ("- plimsoll.", "- freqtrade.strategy.strategy_wrapper ", "Fatal exception")
"""Whose errors in the bot's log fail a drill; Freqtrade's sockets have some of their own."""

BOTH_ENTERED = timedelta(minutes=8)
"""After this long a backtest of the same span holds its positions too."""


def profile(**narrow: Any) -> dict[str, Any]:
    """Return the wide profile with some limits as named."""
    return {**WIDE, **narrow}


@contextmanager
def scene(
    folder: Path,
    plan: DrillPlan,
    *,
    start: bool = True,
    faulty: bool = False,
    damaged: bool = False,
) -> Iterator[Drill]:
    """Run a drill with the drills' own strategies.

    At the end its decision log must be whole unless the drill has `damaged` it, and nothing may
    have raised unless it is `faulty`.
    """
    with drill(folder, plan, start=False) as bot:
        place = bot.userdir / "strategies"
        place.mkdir(parents=True, exist_ok=True)
        for source in (*STRATEGIES.glob("*.py"), *OWN_STRATEGIES.glob("*.py")):
            shutil.copy(source, place / source.name)
        with _loops_watched(bot):
            if start:
                bot.start()
            yield bot
        if bot.alive:
            bot.kill9()
        log = bot.userdir / "plimsoll" / "decisions"
        if log.exists() and not damaged:
            verification = verify(log, head=None)
            assert verification.fault is None, verification.fault
    errors = [line for line in bot.log_lines(" - ERROR - ") if any(o in line for o in OURS)]
    assert faulty or not errors, errors[:2]


def state(bot: Drill) -> StateFolder:
    """Return the bot's own folder."""
    return StateFolder(bot.userdir / "plimsoll")


def status(bot: Drill) -> dict[str, Any]:
    """Return the last status that the bot wrote."""
    return state(bot).status() or {}


def moment(text: str) -> datetime:
    """Return a time of the log or of the database, UTC."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)


def settle(bot: Drill, positions: int) -> None:
    """Wait until the bot, and a backtest of the same span, hold their positions."""
    bot.wait_for_positions(positions)
    ready = moment(bot.plan.start) + BOTH_ENTERED
    bot.wait_until(lambda: bot.now() >= ready, what="candles before the scenario")


def pass_time(bot: Drill, *, loops: int = 0, candles: float = 0) -> None:
    """Let the bot go on for so long; it has ended so many loops then, however slow it is."""
    began = bot.now()
    until = began + timedelta(seconds=loops * bot.plan.throttle_seconds, minutes=float(candles) * 5)
    bot.wait_until(lambda: bot.now() >= until, what="time to pass")

    def looped() -> bool:
        since = [one for one in seen_status(bot) if moment(one["as_of"]) >= began]
        return len(since) >= loops

    bot.wait_until(looped, what=f"{loops} loops")


def acted(
    bot: Drill, rule: str, *, seconds: float = TIMEOUT_SECONDS, since: int = 0
) -> dict[str, Any]:
    """Wait for a guard's verdict to act; return its record, the first after a number."""

    def verdicts() -> list[dict[str, Any]]:
        return [
            record
            for record in bot.decisions()
            if record.get("event") == "acted" and record["rule"] == rule and record["seq"] > since
        ]

    bot.wait_until(verdicts, seconds=seconds, what=f"{rule} to act")
    return verdicts()[0]


def closed_by(
    bot: Drill, rule: str, count: int, *, seconds: float = TIMEOUT_SECONDS
) -> list[dict[str, Any]]:
    """Wait until a guard has closed so many trades; return them."""

    def closed() -> list[dict[str, Any]]:
        rows = bot.trades(is_open=False)
        return [row for row in rows if row["exit_reason"] == f"plimsoll_{rule}"]

    bot.wait_until(
        lambda: len(closed()) >= count, seconds=seconds, what=f"{count} closed by {rule}"
    )
    assert len(closed()) == count
    return closed()


@contextmanager
def _loops_watched(bot: Drill) -> Iterator[None]:
    """Keep the status that the bot writes in each loop."""
    seen, stop = _seen.setdefault(bot.folder, {}), threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            current = status(bot)
            if current:
                seen[moment(current["as_of"])] = current

    thread = threading.Thread(target=watch, name="loops", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        _seen.pop(bot.folder, None)


_seen: dict[Path, dict[datetime, dict[str, Any]]] = {}


def seen_status(bot: Drill) -> list[dict[str, Any]]:
    """Return the status of each loop so far, oldest first."""
    return [one for _, one in sorted(_seen[bot.folder].items())]


def loops_between(bot: Drill, first: datetime, last: datetime) -> int:
    """Return how many loops there were from the one at a moment to that of another; at least 1.

    A loop that was not seen counts by the numbers around it, but not over a restart.
    """
    within = [one for one in seen_status(bot) if first <= moment(one["as_of"]) <= last]
    numbers = [int(one["loops"]) for one in within]
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    return 1 + sum(step if step > 0 else 1 for step in steps)


def tripped(
    bot: Drill,
    rule: str,
    *,
    mode: str,
    closes: int,
    pair: str | None = None,
) -> Trip:
    """Wait for a verdict and its closes; assert it in log, database, REST and Telegram."""
    record = acted(bot, rule)
    assert (record["mode"], record.get("pair")) == (mode, pair), record
    assert record["kind"] == ("halt" if mode == "HALTED" else "verdict")
    rows = closed_by(bot, rule, closes)
    pass_time(bot, loops=2)
    latest = max((moment(row["close_date"]) for row in rows), default=moment(record["at"]))
    took = (latest - moment(record["at"])).total_seconds()
    if took < 0:  # the verdict is recorded a little after the loop's time
        took = 0.0
    start = f"plimsoll {mode} {rule}: "
    assert [lock["pair"] for lock in bot.locks() if lock["reason"].startswith(start)] == [
        pair or "*"
    ]
    shown = [lock for lock in bot.rest.locks()["locks"] if lock["reason"].startswith(start)]
    assert [lock["pair"] for lock in shown] == [pair or "*"]
    sent = bot.telegram.wait_for(message_of(record))
    assert ("until a person resumes" in sent.text) == (mode == "HALTED")
    for row in rows:
        bot.telegram.wait_for(f"`plimsoll_{rule}`")
        assert row["exit_reason"] == f"plimsoll_{rule}"
    return Trip(
        guard=rule,
        run="live" if bot.plan.live else "dry-run",
        value=record["value"],
        limit=record["limit"],
        action=mode if pair is None else f"{mode} of the pair",
        reason=record["reason"],
        at=record["at"],
        closed=len(rows),
        loops=loops_between(bot, moment(record["at"]), latest),
        simulated_seconds=took,
        real_seconds=took / bot.plan.speed,
        seen_in=("decision log", "database", "REST", "Telegram"),
    )


def message_of(record: dict[str, Any]) -> str:
    """Return how the message of a recorded verdict begins: pair, rule, value and limit."""
    verdict = Verdict(
        Mode[record["mode"]],
        record["rule"],
        record["reason"],
        pair=record.get("pair"),
        value=record["value"],
        limit=record["limit"],
    )
    of = "" if verdict.pair is None else f"{verdict.pair.partition(':')[0]}: "
    return f"🛑 {of}{breach(verdict, record)}."


def stays_flat(bot: Drill, *, candles: float = 2) -> None:
    """Assert that no trade is opened for so many candles of signals."""
    before = len(bot.trades())
    pass_time(bot, candles=candles)
    assert not bot.trades(is_open=True)
    assert len(bot.trades()) == before


def force_entry_is_refused(bot: Drill, pair: str, rule: str) -> None:
    """Enter by hand over REST and see the guard's refusal."""
    seen = len(bot.decisions("denial"))
    answer = bot.force_enter(pair)
    assert "error" in answer, answer
    if new := bot.decisions("denial")[seen:]:
        assert new[0]["rule"] == rule, new
    else:  # said already on this candle
        assert rule in {one["rule"] for one in bot.decisions("denial") if one["pair"] == pair}


def rearm(bot: Drill, reason: str = "the drill is over") -> dict[str, Any]:
    """Re-arm as a person does, with `plimsoll resume`; return the record."""
    seen = len(bot.decisions("rearm"))
    done = subprocess.run(
        [
            *(command("plimsoll"), "resume", "--userdir", str(bot.userdir), "--reason", reason),
            *("--db-url", bot.db_url, "--wait", str(TIMEOUT_SECONDS)),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=3 * TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = bot.decisions("rearm")[seen]
    assert record["by"].startswith("plimsoll resume")
    assert record["reason"] == reason
    return record


def why(bot: Drill, pair: str) -> str:
    """Return what `plimsoll log why PAIR` prints."""
    done = CliRunner().invoke(app, ["log", "why", pair, "--userdir", str(bot.userdir)])
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


# The same candles in a backtest


def download(bot: Drill) -> None:
    """Fetch the venue's candles of the last days with Freqtrade's own command."""
    days = f"{bot.now() - timedelta(days=2):%Y%m%d}-"
    freqtrade(
        ["download-data", *_backtest_config(bot, {}), "-t", "5m", "1h", "--timerange", days],
        folder=bot.folder,
        log=bot.folder / "backtest.log",
    )


def backtest(
    bot: Drill, start: datetime, end: datetime, *, name: str = "backtest", **changed: Any
) -> list[dict[str, Any]]:
    """Backtest the drill's strategy and config over a span; return its decision log.

    ``changed`` are top-level keys of the config; `plimsoll` is merged into the drill's.
    """
    section = {"log_backtests": True, "state_folder": name, **changed.pop("plimsoll", {})}
    config = _backtest_config(bot, {**changed, "plimsoll": section})
    span = f"{int(start.timestamp())}-{int(end.timestamp())}"
    freqtrade(
        [
            *("backtesting", *config, "--strategy", bot.plan.strategy, "--timerange", span),
            *("--timeframe", "5m", "--cache", "none", "--export", "none"),
        ],
        folder=bot.folder,
        log=bot.folder / "backtest.log",
    )
    records = []
    for file in sorted((bot.userdir / name / "backtest-decisions").glob("*.jsonl")):
        records += [json.loads(line) for line in file.read_bytes().splitlines()]
    return records


def backtested(bot: Drill) -> list[dict[str, Any]]:
    """Backtest the candles of the drill's own span, after the bot has been ended."""
    if bot.alive:
        bot.kill9()
    bot.venue.set_speed(1)
    start = moment(bot.plan.start).replace(second=0)
    download(bot)
    return backtest(bot, start - timedelta(minutes=start.minute % 5), bot.now())


def _backtest_config(bot: Drill, changed: dict[str, Any]) -> list[str]:
    own = json.loads((bot.folder / "drill.json").read_text())
    layer = bot.folder / "backtest.json"
    layer.write_text(json.dumps(deep_merge_dicts(changed, own)), encoding="utf-8")
    shipped = bot.userdir / "config"
    files = [shipped / name for name in ("base.json", "venue-binance.json", "mode-backtest.json")]
    layers = [part for file in (*files, bot.venue.config, layer) for part in ("-c", str(file))]
    return [*layers, "--userdir", str(bot.userdir)]


def backtest_trip(records: list[dict[str, Any]], rule: str) -> Trip:
    """Return what a guard did in a backtest, from its decision log."""
    record = next(one for one in records if one.get("event") == "acted" and one["rule"] == rule)
    exits = [one for one in records if one.get("reason") == f"plimsoll_{rule}"]
    exits = [one for one in exits if one["kind"] == "exit" and one["at"] >= record["at"]]
    latest = max((moment(one["at"]) for one in exits), default=moment(record["at"]))
    took = (latest - moment(record["at"])).total_seconds()
    mode = record["mode"]
    return Trip(
        guard=rule,
        run="backtest",
        value=record["value"],
        limit=record["limit"],
        action=mode if record.get("pair") is None else f"{mode} of the pair",
        reason=record["reason"],
        at=record["at"],
        closed=len(exits),
        loops=1 + int(took // 300),
        simulated_seconds=took,
        seen_in=("decision log",),
    )


def same_side(one: Trip, other: Trip, *, candles: float = 1) -> None:
    """Assert that two runs of one price path came to the same verdict at the same time."""
    assert one.guard == other.guard
    assert one.action == other.action
    assert one.closed == other.closed
    assert one.limit == other.limit or abs(one.limit / other.limit - 1) < 0.01  # type: ignore[operator]
    for trip in (one, other):
        assert trip.value is not None
        assert trip.limit is not None
        below = trip.guard in ("liquidation_distance", "break_even")
        reached = trip.value < trip.limit if below else trip.value >= trip.limit
        assert reached, trip
    apart = abs((moment(one.at) - moment(other.at)).total_seconds())
    assert apart <= 300 * candles + 60, (one, other)
