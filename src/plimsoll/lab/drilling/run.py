"""The drill of a matrix: groups of cells on a venue of their own, several at a time."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx

from plimsoll.core import PlimsollError
from plimsoll.lab.drill_bot import HELD
from plimsoll.lab.drilling.bot import BotSetup, DrilledBot
from plimsoll.lab.drilling.closing_row import play_closing
from plimsoll.lab.drilling.denial_row import play_denial
from plimsoll.lab.drilling.exchange import Exchange, drilled_exchange
from plimsoll.lab.drilling.faults import FAULTS
from plimsoll.lab.drilling.kill_row import play_step
from plimsoll.lab.drilling.matrix import LIVE, stage_of
from plimsoll.lab.drilling.probation_row import play_probation
from plimsoll.lab.drilling.row import Cell, Row, row_of
from plimsoll.lab.drilling.scenario import FOUR, Act, Scenario
from plimsoll.lab.drilling.scenarios import SCENARIOS
from plimsoll.lab.telegram.service import TelegramService, telegram_service

START = "2025-05-29T13:48:00Z"
WORKERS = 2
ROWS_FILE, ABOUT_FILE = "rows.jsonl", "made-with.json"
MARKET_ORDERS = dict.fromkeys(
    ("entry", "exit", "emergency_exit", "force_entry", "force_exit", "stoploss"), "market"
)
STAKE_USD = 1000.0
STOP_FRACTION = 0.5
MOST_ROWS_A_BOT = 8
"""Each row costs its account a little; the day's loss would trip in the end."""
EXPECTED = (PlimsollError, OSError, httpx.HTTPError, ValueError, KeyError)
"""What may go wrong with a row and leaves the others as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixPlan:
    """What is drilled, from which seed, and into which folder.

    Rows of an earlier run in that folder are kept only when it was ``made_with`` the same.
    """

    cells: tuple[Cell, ...]
    out: Path
    strategy: str | None = None
    strategy_path: Path | None = None
    layers: tuple[Path, ...] = ()
    seed: int = 7
    speed: float = 120.0
    workers: int = WORKERS
    patience: float = 1.0
    at_most_minutes: float | None = None
    exchange: str = "binance"
    made_with: Mapping[str, str] = field(default_factory=dict)

    def setup(self, scenario: Scenario, mode: str) -> BotSetup:
        """Return what the bot of a group runs."""
        own = BotSetup(
            pairs=scenario.pairs,
            live=mode == LIVE,
            layers=self.layers,
            speed=self.speed,
            patience=self.patience,
        )
        if self.strategy is None or self.strategy_path is None:
            return own
        return replace(own, strategy=self.strategy, strategy_path=self.strategy_path)


def run_matrix(plan: MatrixPlan, tell: Callable[[Row, int, int], None]) -> list[Row]:
    """Play every cell that has no row in the plan's folder yet; return all rows, in order.

    ``tell`` is called after each row with the count of those done and of all. Every process that
    it starts has ended when it returns or raises. After the plan's minutes no row begins, and those
    that were played are returned.
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    _begin(plan)
    kept = {row.cell: row for row in read_rows(plan.out)}
    todo = [cell for cell in plan.cells if cell not in kept]
    mutex, done = threading.Lock(), len(plan.cells) - len(todo)

    def keep(row: Row) -> None:
        nonlocal done
        with mutex:
            kept[row.cell], done = row, done + 1
            with (plan.out / ROWS_FILE).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(row.record()) + "\n")
            tell(row, done, len(plan.cells))

    stop = threading.Event()
    clock = threading.Timer(60 * (plan.at_most_minutes or 0), stop.set)
    if plan.at_most_minutes is not None:
        clock.start()
    with ThreadPoolExecutor(plan.workers, thread_name_prefix="drill") as pool:
        groups = [pool.submit(_play_group, plan, group, keep, stop) for group in _groups(todo)]
        try:
            for group in as_completed(groups):
                group.result()
        except BaseException:
            stop.set()  # rows under way come to their end, no other begins
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            clock.cancel()
    return [kept[cell] for cell in plan.cells if cell in kept]


def _begin(plan: MatrixPlan) -> None:
    """Drop the rows of a run that was made with something else."""
    about, now = plan.out / ABOUT_FILE, json.dumps(dict(plan.made_with), sort_keys=True)
    before = about.read_text(encoding="utf-8") if about.exists() else None
    if before != now:
        (plan.out / ROWS_FILE).unlink(missing_ok=True)
        about.write_text(now, encoding="utf-8")


def read_rows(out: Path) -> list[Row]:
    """Return the rows that a run has left, whole ones; a line cut in the middle is dropped."""
    rows, file = [], out / ROWS_FILE
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        with suppress(ValueError, KeyError, TypeError):
            rows.append(row_of(json.loads(line)))
    return rows


def _groups(todo: Iterable[Cell]) -> list[list[Cell]]:
    """Return the cells by the venue that they are played on, in the order of `stage_of`.

    Within a stage the longest group is first, so that the last ones are short.
    """

    def key(cell: Cell) -> tuple[int, str, str]:
        return stage_of(cell), cell.scenario, cell.mode

    grouped = [list(group) for _, group in groupby(sorted(todo, key=key), key)]
    return sorted(grouped, key=lambda group: (stage_of(group[0]), -len(group)))


def _play_group(
    plan: MatrixPlan,
    group: Sequence[Cell],
    keep: Callable[[Row], None],
    stop: threading.Event,
) -> None:
    """Play the cells of one scenario and mode on one venue, one after another."""
    if stop.is_set():
        return
    scenario, mode = SCENARIOS[group[0].scenario], group[0].mode
    folder = plan.out / "runs" / folder_of(group)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    serving = ["--market", "synthetic", "--seed", str(plan.seed), "--start", START]
    serving += ["--exchange", plan.exchange, "--symbols", ",".join(FOUR)]
    with (
        drilled_exchange(serving, folder=folder) as exchange,
        telegram_service(folder / "telegram") as telegram,
    ):
        table = _Table(plan, scenario, mode, folder, exchange, telegram)
        try:
            for cell in group:
                if stop.is_set():
                    return
                keep(table.play(cell))
        finally:
            table.end()


def folder_of(group: Sequence[Cell]) -> str:
    """Return the name of a group's folder: no two groups share one, for both may be under way.

    A scenario without a fault is drilled before, and so beside, the same one under faults.
    """
    first = group[0]
    early = ("none",) if stage_of(first) == 0 else ()
    return _safe("-".join((first.scenario, first.mode, *early)))


PLAYS = {Act.DENY: play_denial, Act.STEP: play_step, Act.REDUCE: play_probation}
"""How a row is played; every other one is of a guard that closes."""


@dataclass(slots=True)
class _Table:
    """The venue of a group, and the bot that is drilled on it now."""

    plan: MatrixPlan
    scenario: Scenario
    mode: str
    folder: Path
    exchange: Exchange
    telegram: TelegramService
    bot: DrilledBot | None = None
    played: int = 0

    def play(self, cell: Cell) -> Row:
        """Play one cell; the next one begins with a fresh bot unless this one may go on."""
        row, began = Row(cell=cell, rule=self.scenario.rule), time.monotonic()
        play = PLAYS.get(self.scenario.act, play_closing)
        try:
            bot = self._bot(cell)
            play(bot, self.scenario, FAULTS[cell.fault], row)
        except EXPECTED as error:
            row.failure = f"{type(error).__name__}: {error}" if not str(error) else str(error)
        row.took_seconds = round(time.monotonic() - began, 1)
        self.played += 1
        may_go_on = self.scenario.act is Act.DENY or (
            self.scenario.reusable and self.played < MOST_ROWS_A_BOT
        )
        held = self.bot is not None and self.bot.guard_mode in HELD
        if held or not (row.ok and may_go_on):  # a fault may have halted what only denies
            self.end(keep_as=None if row.ok else cell.fault)
        return row

    def end(self, keep_as: str | None = None) -> None:
        """End the bot, and leave the exchange as every row begins; keep the files of a red one."""
        bot, self.bot, self.played = self.bot, None, 0
        if bot is None:
            return
        bot.kill()
        with suppress(*EXPECTED):
            self.exchange.mend()
            self.telegram.up()
            self.scenario.undo(bot)
            self.exchange.clean()
        target = self.folder / f"red-{_safe(keep_as)}" if keep_as else None
        if target is not None:
            shutil.rmtree(target, ignore_errors=True)
            bot.folder.rename(target)
        else:
            shutil.rmtree(bot.folder, ignore_errors=True)

    def _bot(self, cell: Cell) -> DrilledBot:
        if self.bot is None:
            folder = self.folder / _safe(cell.fault)
            folder.mkdir()
            setup = self.plan.setup(self.scenario, self.mode)
            bot = DrilledBot(setup, folder, self.exchange, self.telegram)
            self.bot = bot
            bot.lay_out(overlay_of(setup, self.scenario))
            self.scenario.prepare(bot)
            bot.start()
        return self.bot


def overlay_of(setup: BotSetup, scenario: Scenario) -> dict[str, Any]:
    """Return the last layer of a drilled bot's config."""
    own: dict[str, Any] = {
        "stake_amount": STAKE_USD,
        "stoploss": -STOP_FRACTION,
        "order_types": {**MARKET_ORDERS, "stoploss_on_exchange": setup.live},
    }
    return {
        "bot_name": "drill",
        "dry_run": not setup.live,
        "initial_state": "running",
        "force_entry_enable": True,
        "max_open_trades": len(scenario.pairs),
        "internals": {"process_throttle_secs": 30},
        "pairlists": [{"method": "StaticPairList"}],
        "exchange": {"pair_whitelist": list(scenario.pairs)},
        **(own if setup.is_own else scenario.config),
        "plimsoll": {"state_folder": "", **scenario.section, "risk": scenario.profile()},
    }


def _safe(name: str) -> str:
    return "".join(one if one.isalnum() or one == "-" else "-" for one in name).strip("-")
