"""The main job from end to end, on a simulated market: backtest, paper-trade, crash."""

import json
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from freqtrade_client import FtRestClient

from plimsoll.bridge.config.layers import read_layer
from plimsoll.control.bot import rest_client
from plimsoll.core import PlimsollError
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.pace import Pace
from plimsoll.lab.processes import (
    child_environment,
    command,
    free_port,
    last_line,
    running,
    wait_until,
)
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import Venue, serve_venue

STRATEGY, TIMEFRAME, WARM_UP_DAYS = "MomentumCross", "4h", 120
"""What is backtested."""
QUICK = "TrendFollow"
"""What is paper-traded: on candles of five minutes it trades within the demo's patience."""
BASELINES = ("BuyAndHold", "NoTrade")
STRIKE_SECONDS = 400.0
START_SECONDS = 180.0
DRY_RUN = "mode-dry-run.json"
GUARD = "daily_loss"
UNKNOWN = "an unknown number of"
OVERLAY: dict[str, Any] = {
    # One limit is tighter than shipped, so that the guard fires within the demo's patience; two
    # are wider, so that no other one ends the trading before the crash.
    "plimsoll": {
        "risk": {
            "max_daily_loss_fraction": 0.005,
            "max_correlation": 1,
            "max_consecutive_losses": 20,
        }
    },
    # Seconds are simulated: a loop each 10 s of market time.
    "internals": {"process_throttle_secs": 10},
    # A dry-run fills a stop on the exchange at its price, whatever the market does. Off, the
    # bot has to run after a falling market, as in the worst case.
    "order_types": {
        **dict.fromkeys(("entry", "exit", "emergency_exit", "force_entry"), "market"),
        **dict.fromkeys(("force_exit", "stoploss"), "market"),
        "stoploss_on_exchange": False,
    },
}


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What the demo runs; the defaults fit into five minutes on two idle cores.

    Hours and minutes are of the market, whose speed falls where the bot does not keep up with it;
    the seconds are real, and the most that a busy machine is given.
    """

    seed: int = 7
    pairs: tuple[str, ...] = (
        "BTC/USDT:USDT",
        "ETH/USDT:USDT",
        "SOL/USDT:USDT",
        "XRP/USDT:USDT",
        "ADA/USDT:USDT",
        "LINK/USDT:USDT",
    )
    start: datetime = datetime(2025, 5, 29, 13, 48, tzinfo=UTC)
    history_days: int = 240
    speed: float = 120.0
    min_closed_trades: int = 3
    calm_hours: float = 2.5
    strike_fraction: float = 0.20
    strike_speed: float = 20.0
    strike_rest_seconds: float = 5.0
    patience_hours: float = 1.0
    locked_minutes: float = 20.0
    trading_seconds: float = 300.0
    crash_seconds: float = 600.0
    flat_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the demo's account."""

    at: datetime
    text: str
    ok: bool


@dataclass(slots=True)
class DemoAccount:
    """What the demo did and where it left its evidence."""

    plan: DemoPlan
    folder: Path
    tell: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    ended_at: datetime | None = None
    halted_at: datetime | None = None
    halt_reason: str = ""

    @property
    def userdir(self) -> Path:
        """The user folder that ``plimsoll init`` made for this run."""
        return self.folder / "user_data"

    @property
    def market(self) -> str:
        """Where the prices came from, for reports."""
        return f"synthetic, seed {self.plan.seed}"

    @property
    def wallet_usd(self) -> float:
        """The dry-run wallet of the shipped profile."""
        return float(read_layer(self.userdir / "config" / DRY_RUN)["dry_run_wallet"])

    @property
    def trade_database(self) -> Path:
        """The dry-run's database."""
        return self.folder / "paper.sqlite"

    @property
    def ok(self) -> bool:
        """Whether every step went as it should."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    def say(self, text: str, *, ok: bool = True) -> None:
        """Add a step and tell it."""
        step = Step(datetime.now(UTC), text, ok)
        self.steps.append(step)
        self.tell(step)


def run_demo(plan: DemoPlan, folder: Path, tell: Callable[[Step], None]) -> DemoAccount:
    """Run the demo in ``folder`` (made, must not exist) and return its account.

    Every process it starts has ended when it returns or raises.
    """
    folder.mkdir(parents=True)
    account = DemoAccount(plan, folder, tell)
    arguments = ["--market", "synthetic", "--seed", str(plan.seed)]
    arguments += ["--symbols", ",".join(plan.pairs), "--start", f"{plan.start:%Y-%m-%dT%H:%M:%SZ}"]
    with serve_venue(arguments, folder=folder) as venue:
        account.say(f"exchange: {len(venue.symbols)} pairs on {venue.url}, seed {plan.seed}")
        laid = lay_out(account.userdir)
        account.say(f"init: {len(laid)} files laid out in {account.userdir}")
        _download(account, venue)
        _backtest(account, venue)
        with _paper_bot(account, venue) as (bot, pace):
            _trade_a_while(account, venue, bot, pace)
            _crash(account, venue, bot, pace)
        _look_into_the_log(account)
        venue.set_speed(1)
        account.ended_at = datetime.fromtimestamp(venue.now_ms() / 1000, UTC)
        since = f"{plan.start - timedelta(days=1):%Y%m%d}-"
        _run(account, venue, "download-data", ["-t", "1m", "--timerange", since])
    account.say("end: bot and exchange have ended, no port is left open")
    return account


def _layers(account: DemoAccount, venue: Venue, mode: str) -> list[str]:
    shipped = account.userdir / "config"
    files = [shipped / "base.json", venue.config, shipped / f"mode-{mode}.json"]
    return [part for file in files for part in ("-c", str(file))]


def _run(account: DemoAccount, venue: Venue, name: str, arguments: Sequence[str]) -> str:
    """Run one freqtrade command to its end with the backtest layers; return what it printed."""
    account.commands.append(f"freqtrade {name} {' '.join(arguments)}")
    layers = ["--userdir", str(account.userdir), *_layers(account, venue, "backtest")]
    log = account.folder / "freqtrade.log"
    return freqtrade([name, *layers, *arguments], folder=account.folder, log=log)


def _download(account: DemoAccount, venue: Venue) -> None:
    plan, began = account.plan, time.monotonic()
    days = plan.history_days + WARM_UP_DAYS
    since = plan.start - timedelta(days=days)
    _run(account, venue, "download-data", ["-t", TIMEFRAME, "--timerange", f"{since:%Y%m%d}-"])
    candles = days * 6 * len(plan.pairs)
    took = time.monotonic() - began
    account.say(f"download-data: {candles:,} candles of 4 hours, mark, funding in {took:.0f} s")


def _backtest(account: DemoAccount, venue: Venue) -> None:
    plan, began = account.plan, time.monotonic()
    days = plan.history_days
    timerange = f"{plan.start - timedelta(days=days):%Y%m%d}-{plan.start:%Y%m%d}"
    names = [STRATEGY, *BASELINES]
    arguments = ["--strategy-list", *names, "--timeframe", TIMEFRAME, "--timerange", timerange]
    arguments += ["--max-open-trades", str(len(plan.pairs)), "--cache", "none"]
    output = _run(account, venue, "backtesting", arguments)
    if "QualityPairList from" not in output:
        raise PlimsollError("expected freqtrade to load QualityPairList, its log does not say so")
    took = time.monotonic() - began
    account.say(f"backtesting: {', '.join(names)} over {days} days in {took:.0f} s")
    account.say("plugins: plain freqtrade loaded QualityPairList, and the guards of the strategies")


@contextmanager
def _paper_bot(account: DemoAccount, venue: Venue) -> Iterator[tuple[FtRestClient, Pace]]:
    """Run ``freqtrade trade`` in dry-run, with its REST API on a free port of loopback."""
    port, password, speed = free_port(), secrets.token_urlsafe(24), account.plan.speed
    overlay = account.folder / "demo.json"
    overlay.write_text(json.dumps(OVERLAY, indent=2), encoding="utf-8")
    arguments = ["trade", "--userdir", str(account.userdir), *_layers(account, venue, "dry-run")]
    arguments += ["-c", str(account.userdir / "config" / "api-server.json"), "-c", str(overlay)]
    arguments += ["--strategy", QUICK, "--db-url", f"sqlite:///{account.trade_database}"]
    environment = {
        "FREQTRADE__API_SERVER__LISTEN_PORT": str(port),
        "FREQTRADE__API_SERVER__PASSWORD": password,
        "FREQTRADE__API_SERVER__JWT_SECRET_KEY": secrets.token_urlsafe(32),
    }
    log = account.folder / "bot.log"
    account.commands.append(f"freqtrade trade --strategy {QUICK}  (dry-run)")
    bot = rest_client(f"http://127.0.0.1:{port}", "plimsoll", password)
    with running(
        [command("freqtrade"), *arguments], log=log, folder=account.folder, environment=environment
    ) as child:

        def ask(call: Callable[[], Any]) -> dict[str, Any]:
            if child.poll() is not None:
                raise PlimsollError(f"freqtrade trade ended: {last_line(log)}; its log is {log}")
            return _ask(call) or {}

        def answers() -> bool:
            return ask(bot.ping).get("status") == "pong"

        wait_until(answers, seconds=START_SECONDS, what="the bot's REST API", log=log)
        account.say(f"trade: dry-run bot is up, REST API on 127.0.0.1:{port}")
        pace = Pace(venue.set_speed, venue.now_ms, lambda: ask(bot.health), most=speed)
        wait_until(pace.looped_at, seconds=START_SECONDS, what="the bot's first loop", log=log)
        pace.run()
        yield bot, pace


def _trade_a_while(account: DemoAccount, venue: Venue, bot: FtRestClient, pace: Pace) -> None:
    """Let the bot trade the calm market until some trades have closed."""
    plan, began_ms, hours = account.plan, venue.now_ms(), 0.0
    deadline = time.monotonic() + plan.trading_seconds
    while hours < plan.calm_hours and _closed(bot) < plan.min_closed_trades:
        if time.monotonic() > deadline:
            break
        pace.look()
        time.sleep(0.5)
        hours = (venue.now_ms() - began_ms) / 3_600_000
    opened, closed = sum(_positions(bot)), _closed(bot)
    account.say(
        f"paper: {closed} trades closed and {opened} open after {hours:.1f} h of market time "
        f"at {pace.speed:.0f} x",
        ok=opened + closed > 0 or hours < plan.calm_hours,  # the crash waits for a position
    )


def _crash(account: DemoAccount, venue: Venue, bot: FtRestClient, pace: Pace) -> None:
    """Strike against what the bot holds until its guard fires.

    The market is calm and quick until a position is open: a bot that holds nothing loses
    nothing, and a market that has just been struck gives it no reason to enter. It is struck
    slowly, so that the guards look a few times while it moves.
    """
    plan = account.plan
    deadline = time.monotonic() + plan.crash_seconds
    upwards = False
    while (lock := _global_lock(bot)) is None and time.monotonic() < deadline:
        longs, shorts = _wait_for_positions(plan, venue, bot, pace)
        upwards = shorts > longs if longs or shorts else not upwards
        venue.set_speed(min(plan.strike_speed, pace.speed))
        _strike(account, venue, longs, shorts, upwards=upwards)
        _wait_for_lock(bot, seconds=plan.strike_rest_seconds)
    if lock is None:
        account.say("guard: did not fire within the time given", ok=False)
        return
    account.halted_at = datetime.fromtimestamp(lock["lock_timestamp"] / 1000, UTC)
    account.halt_reason = str(lock["reason"])
    account.say(f"guard: locked all pairs: {account.halt_reason}")
    _see_it_flat(account, venue, bot, since=account.halted_at)
    pace.run()
    entered, began_ms, minutes = _entered(bot), venue.now_ms(), 0.0
    while minutes < plan.locked_minutes:
        time.sleep(0.2)
        minutes = (venue.now_ms() - began_ms) / 60_000
    now = _entered(bot)
    since = UNKNOWN if entered is None or now is None else now - entered
    account.say(f"guard: {since} entries in the {minutes:.0f} minutes since", ok=since == 0)


def _wait_for_positions(
    plan: DemoPlan, venue: Venue, bot: FtRestClient, pace: Pace
) -> tuple[int, int]:
    """Return longs and shorts once one is open, or the patience is over."""
    until_ms, (longs, shorts) = venue.now_ms() + plan.patience_hours * 3_600_000, _positions(bot)
    if not longs + shorts:
        pace.run()
    while not longs + shorts and venue.now_ms() < until_ms:
        pace.look()
        time.sleep(0.05)
        longs, shorts = _positions(bot)
    return longs, shorts


def _wait_for_lock(bot: FtRestClient, *, seconds: float) -> None:
    """Wait until the guard has locked all pairs, or so many seconds."""
    deadline = time.monotonic() + seconds
    while _global_lock(bot) is None and time.monotonic() < deadline:
        time.sleep(0.1)


def _see_it_flat(account: DemoAccount, venue: Venue, bot: FtRestClient, *, since: datetime) -> None:
    """Wait until the guard has closed what was open."""
    deadline = time.monotonic() + account.plan.flat_seconds
    while (trades := _ask(bot.status)) != [] and time.monotonic() < deadline:
        time.sleep(0.05)
    open_now = UNKNOWN if trades is None else len(trades)
    # The lock has the bot's time, which is ahead until it has noticed that the clock slowed down.
    took = max(venue.now_ms() / 1000 - since.timestamp(), 0.0)
    account.say(
        f"guard: {open_now} positions open {took:.0f} s of market time after it fired",
        ok=open_now == 0,
    )


def _look_into_the_log(account: DemoAccount) -> None:
    """Ask the decision log whether it is whole, and why there was no trade."""
    for arguments in (["verify"], ["why", account.plan.pairs[0]]):
        told = subprocess.run(
            [command("plimsoll"), "log", *arguments, "--userdir", str(account.userdir)],
            capture_output=True,
            text=True,
            env=child_environment(),
            check=False,
        )
        account.commands.append(f"plimsoll log {' '.join(arguments)}")
        first = (told.stdout or told.stderr).strip().splitlines()[:1]
        account.say(f"log {arguments[0]}: {''.join(first)}", ok=told.returncode == 0)


def _strike(account: DemoAccount, venue: Venue, longs: int, shorts: int, *, upwards: bool) -> None:
    """Move the market by the plan's fraction."""
    fraction = account.plan.strike_fraction * (1 if upwards else -1)
    venue.start_scenario("flash-crash", magnitude=fraction, duration_seconds=STRIKE_SECONDS)
    account.say(
        f"{'crash' if fraction < 0 else 'squeeze'}: the market moves {fraction:+.0%} within "
        f"{STRIKE_SECONDS / 5:.0f} s of its time; the bot holds {longs} long, {shorts} short"
    )


def _global_lock(bot: FtRestClient) -> dict[str, Any] | None:
    locks = (_ask(bot.locks) or {}).get("locks", [])
    of_all = [lock for lock in locks if lock["pair"] == "*" and lock["active"]]
    return next((lock for lock in of_all if f" {GUARD}: " in lock["reason"]), None)


def _ask(call: Callable[[], Any]) -> Any:
    """Ask the bot; None while it does not answer."""
    try:
        return call()
    except (OSError, ValueError):
        return None


def _positions(bot: FtRestClient) -> tuple[int, int]:
    """Return how many long and how many short positions are open."""
    shorts = [bool(trade["is_short"]) for trade in _ask(bot.status) or []]
    return shorts.count(False), shorts.count(True)


def _closed(bot: FtRestClient) -> int:
    return int((_ask(bot.profit) or {}).get("closed_trade_count", 0))


def _entered(bot: FtRestClient) -> int | None:
    """Return how many trades the bot has begun; None when it does not say."""
    count = (_ask(bot.profit) or {}).get("trade_count")
    return None if count is None else int(count)


def run_folder(out: Path, now: datetime) -> Path:
    """Return a folder for this run that no other run has; old runs beyond the last five go."""
    runs = sorted((out / "runs").glob("????????-??????-??????")) if (out / "runs").is_dir() else []
    for old in runs[:-4]:
        shutil.rmtree(old, ignore_errors=True)
    return out / "runs" / f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
