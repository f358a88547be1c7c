"""One segment of a replay: an exchange and a bot that begin and end at given instants."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

from freqtrade.misc import deep_merge_dicts

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.bridge.freqtrade.replay_instants import MINUTE_MS, minute_instants
from plimsoll.core import PlimsollError
from plimsoll.lab.awaiting import awaiting, begin
from plimsoll.lab.processes import command, last_line
from plimsoll.lab.replay_plan import ReplayPlan
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import CONFIG, LOG, Venue, listening
from plimsoll.lab.venue import serving as venue_command

AFTER_OPEN = timedelta(seconds=1)
POLL_SECONDS = 0.5
FROZEN_SECONDS = 300.0
"""A bot that has not come to its next instant after so long is stuck."""
INTERRUPTED = 130
"""How Freqtrade exits after Ctrl-C."""
FAULTS = re.compile(r" (?:ERROR|CRITICAL) - (.*)")
ENVIRONMENT = {"TZ": "UTC", "PYTHONHASHSEED": "0"}
CONSOLE = {"class": "logging.StreamHandler", "formatter": "standard"}
"""Not through a renderer for terminals: nobody sees it, and it takes time."""
LAYER = "replay.json"
VENUE_IMPORTS = ("plimsoll.cli.venue", "plimsoll.venue.launch")
BOT_IMPORTS = (
    *("freqtrade.main", "freqtrade.commands", "freqtrade.worker", "freqtrade.resolvers"),
    *("freqtrade.exchange.binance", "freqtrade.rpc.rpc_manager", "sqlalchemy.dialects.sqlite"),
    *("time_machine", "plimsoll.bridge.guarding.replayed", "plimsoll.strategies"),
)
CLOCK = "plimsoll.bridge.guarding.replayed.GuardedReplayClock"

NO_API = {
    "enabled": False,
    "listen_ip_address": "127.0.0.1",
    "listen_port": 8080,
    "username": "",
    "password": "",
}
"""Freqtrade wants all of the section, though it is off."""

Tell = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class ReplayFolder:
    """Where a replay keeps what."""

    folder: Path

    @property
    def database(self) -> Path:
        """Freqtrade's own database."""
        return self.folder / "trades.sqlite"

    @property
    def event_log(self) -> Path:
        """The exchange's events, in live mode."""
        return self.folder / "venue-events.jsonl"

    @property
    def books(self) -> Path:
        """The exchange's books at the last seam, in live mode."""
        return self.folder / "venue-books.json"

    @property
    def userdir(self) -> Path:
        """The bot's user folder."""
        return self.folder / "user_data"

    @property
    def state(self) -> Path:
        """The guards' state with their decision log."""
        return self.userdir / "plimsoll"

    @property
    def registry(self) -> Path:
        """Where the run's own registry of accounts is."""
        return self.userdir / "registry"

    @property
    def work(self) -> Path:
        """What the processes of a segment are told; nothing of it lasts."""
        return self.folder / "work"

    @property
    def bot_log(self) -> Path:
        """What the bot logged, over all segments."""
        return self.folder / "bot.log"


@dataclass(frozen=True, slots=True)
class Segment:
    """From one instant to another, the end excluded."""

    number: int
    begin: datetime
    end: datetime

    @property
    def days(self) -> float:
        """How many simulated days it covers."""
        return (self.end - self.begin) / timedelta(days=1)


def segments_of(plan: ReplayPlan) -> list[Segment]:
    """Return the segments of a plan, oldest first; the last may be shorter."""
    if plan.segment_days <= 0:
        return [Segment(0, plan.begin, plan.end)]
    begin = plan.begin
    segments: list[Segment] = []
    while begin < plan.end:
        end = min(begin + timedelta(days=plan.segment_days), plan.end)
        segments.append(Segment(len(segments), begin, end))
        begin = end
    return segments


def last_look_ms(end_ms: int, realism: str) -> int:
    """Return when the bot looked for the last time before an end."""
    at = [*minute_instants(end_ms - MINUTE_MS, end_ms)] if realism == "minute" else [end_ms - 1]
    return at[-1]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Exchange and bot of a segment, which wait with everything imported for their turn."""

    segment: Segment
    venue: subprocess.Popen[str]
    bot: subprocess.Popen[str]
    ends: ExitStack


def in_turn(
    plan: ReplayPlan, place: ReplayFolder, segments: Sequence[Segment], lock: int
) -> Generator[Waiting]:
    """Yield the processes of each segment; those of the next are started meanwhile.

    The bots inherit the descriptor of the folder's lock: while one lives, nobody else begins.
    """
    with ExitStack() as all_of_them:
        following = None
        for segment, after in zip_longest(segments, segments[1:]):
            now = following or _waiting(plan, place, segment, lock)
            all_of_them.enter_context(now.ends)
            if after is not None:
                following = _waiting(plan, place, after, lock)
                all_of_them.enter_context(following.ends)
            yield now


def _waiting(plan: ReplayPlan, place: ReplayFolder, segment: Segment, lock: int) -> Waiting:
    place.work.mkdir(parents=True, exist_ok=True)
    with ExitStack() as ends:
        venue = ends.enter_context(
            awaiting(
                venue_command(serving(plan, place, segment), place.work),
                VENUE_IMPORTS,
                log=place.work / LOG,
                stdout=subprocess.PIPE,
            )
        )
        bot = ends.enter_context(
            awaiting(
                [command("freqtrade"), *_arguments(plan, place)],
                BOT_IMPORTS,
                log=place.bot_log,
                folder=place.folder,
                # Which folder an account's latch lies in is this run's own business: the
                # registry of this machine knows the accounts of bots that trade on their own.
                environment={**ENVIRONMENT, "XDG_STATE_HOME": str(place.registry)},
                settings=False,
                inherited=(lock,),
            )
        )
        return Waiting(segment, venue, bot, ends.pop_all())


def run_segment(plan: ReplayPlan, place: ReplayFolder, processes: Waiting, tell: Tell) -> None:
    """Run exchange and bot through a segment, on the database and the state as they lie there.

    Raises
    ------
    PlimsollError
        When one of them does not start, ends early, or comes no further.
    """
    segment, bot = processes.segment, processes.bot
    begins_in_log = place.bot_log.stat().st_size if place.bot_log.exists() else 0
    with processes.ends:
        begin(processes.venue)
        venue = listening(processes.venue, place.work)
        _lay_out(plan, place, segment, venue)
        begin(bot)
        told_ms, moved_at = 0, time.monotonic()
        while bot.poll() is None:
            now_ms = venue.now_ms()
            if now_ms > told_ms:
                told_ms, moved_at = now_ms, time.monotonic()
                tell(datetime.fromtimestamp(now_ms / 1000, UTC))
            elif time.monotonic() - moved_at > FROZEN_SECONDS:
                raise PlimsollError(
                    f"the bot stood still for {FROZEN_SECONDS:.0f} s; its log is {place.bot_log}"
                )
            with suppress(subprocess.TimeoutExpired):
                bot.wait(POLL_SECONDS)
        reached = venue.now_ms() >= round(segment.end.timestamp() * 1000)
        if not reached or bot.returncode != INTERRUPTED:
            raise PlimsollError(
                f"freqtrade trade ended early (status {bot.returncode}): "
                f"{_said(place.bot_log, begins_in_log)}; its log is {place.bot_log}"
            )
        if plan.mode == "live":
            # Asked now, the exchange walks the market up to the seam and logs what happens.
            place.books.write_text(json.dumps(venue.books(), indent=1) + "\n", encoding="utf-8")


def _said(log: Path, begins_at: int) -> str:
    text = log.read_bytes()[begins_at:].decode(errors="replace")
    errors = FAULTS.findall(text) or re.findall(r"^(plimsoll: .*)", text, re.MULTILINE)
    return str(errors[-1]) if errors else last_line(log)


def serving(plan: ReplayPlan, place: ReplayFolder, segment: Segment) -> list[str]:
    """Return the options with which the exchange of a segment is served."""
    begin = segment.begin + AFTER_OPEN
    arguments = ["--market", plan.market, "--symbols", ",".join(plan.pairs)]
    arguments += ["--start", f"{begin:%Y-%m-%dT%H:%M:%SZ}", "--clock", "stepped"]
    arguments += ["--seed", str(plan.seed), "--spread-scale", str(plan.spread_scale)]
    arguments += ["--balance-usd", str(plan.balance_usd)]
    if plan.datadir is not None:
        arguments += ["--datadir", str(plan.datadir)]
    if plan.mode == "live":
        arguments += ["--event-log", str(place.event_log)]
        if segment.number > 0:
            arguments += ["--restore", str(place.event_log)]
    return arguments


def _lay_out(plan: ReplayPlan, place: ReplayFolder, segment: Segment, venue: Venue) -> None:
    """Write the shipped layers of the bot's config, and the replay's own."""
    lay_out(place.userdir)
    told = json.dumps(overlay(plan, segment, venue.url), indent=2)
    (place.work / LAYER).write_text(told, encoding="utf-8")


def overlay(plan: ReplayPlan, segment: Segment, url: str) -> dict[str, Any]:
    """Return the last layer of the bot's config: what makes its run a replay."""
    clock = {
        "class": CLOCK,
        "url": url,
        "until_ms": round(segment.end.timestamp() * 1000),
        "realism": plan.realism,
        "plain": plan.plain,
        "adjust_seconds": plan.adjust_seconds,
    }
    config: dict[str, Any] = {
        "bot_name": "replay",
        "dry_run": plan.mode == "dry-run",
        "initial_state": "running",
        # A seam is no end of trading: what rests goes on resting.
        "cancel_open_orders_on_exit": False,
        "api_server": NO_API,
        "telegram": {"enabled": False, "token": "", "chat_id": ""},
        "discord": {"enabled": False, "webhook_url": ""},
        "webhook": {"enabled": False, "url": ""},
        "pairlists": [{"method": "StaticPairList"}],
        "exchange": {
            "pair_whitelist": list(plan.pairs),
            "pair_blacklist": [],
            # Streams push whenever they please: only requests come in an order that repeats.
            "enable_ws": False,
            "markets_refresh_interval": 1440,
        },
        "plimsoll": {"state_folder": ""},
        "log_config": {"handlers": {"plimsoll_clock": clock, "console": CONSOLE}},
    }
    if plan.timeframe is not None:
        config["timeframe"] = plan.timeframe
    if plan.mode == "live":
        config["plimsoll"]["live_opt_in"] = LIVE_OPT_IN
    return _merged(config, plan.overlay)


def _merged(config: dict[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    return dict(deep_merge_dicts(json.loads(json.dumps(dict(overlay))), config))


def _arguments(plan: ReplayPlan, place: ReplayFolder) -> list[str]:
    folder, shipped = plan.strategy_path or place.userdir / "strategies", place.userdir / "config"
    # The bot's config: shipped, the user's own, the exchange's, the replay's.
    layers = [shipped / "base.json", shipped / "mode-dry-run.json", *plan.layers]
    layers += [place.work / CONFIG, place.work / LAYER]
    return [
        *("trade", "--userdir", str(place.userdir), "--strategy", plan.strategy),
        *("--strategy-path", str(folder), "--recursive-strategy-search"),
        *("--db-url", f"sqlite:///{place.database}"),
        *(part for layer in layers for part in ("-c", str(layer))),
    ]
