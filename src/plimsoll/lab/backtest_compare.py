"""One backtest with guards and without: freqtrade's own command, twice or three times."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.backtest_arguments import BacktestArguments, read_arguments
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.results import BacktestResult, candles_beside, read_backtests
from plimsoll.performance.guard_acts import ENFORCE, OBSERVE, OFF, GuardActs
from plimsoll.performance.guard_cost import GuardCost, guard_cost

GUARDS_VARIABLE = "FREQTRADE__PLIMSOLL__GUARDS"
"""The environment wins over every layer of a config, and needs no layer of its own."""

LONGEST_SECONDS = 7 * 24 * 3600.0
OURS = ("--backtest-directory", "--export-directory", "--export-filename", "--backtest-filename")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a reader compares, of one run; money in the stake currency, fractions of the start.

    The drawdown, the worst day and the worst month are of closed trades, as Freqtrade's own
    report has them; ``days_halted`` is None without guards.
    """

    trades: int
    profit_usd: float
    profit_fraction: float
    worst_drawdown_fraction: float
    worst_day_fraction: float
    worst_month_fraction: float
    days_halted: float | None
    entries_denied: int | None
    stakes_cut: int | None
    positions_closed: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One strategy under each setting of ``plimsoll.guards``, and what the guards cost.

    ``acts`` is what enforced guards did, ``report`` the command that draws the runs kept.
    """

    strategy: str
    figures: Mapping[str, Figures]
    cost: GuardCost
    files: Mapping[str, Path]
    acts: GuardActs | None = None
    report: str = ""


def compare_guards(
    arguments: Sequence[str],
    *,
    observe: bool = False,
    keep: Path | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> tuple[Comparison, ...]:
    """Run ``freqtrade backtesting`` with these arguments without guards and with them.

    Parameters
    ----------
    arguments
        As for ``freqtrade backtesting``, given as they are.
    observe
        Whether to run it a third time, with guards that only observe.
    keep
        Where the results are kept, a folder for each; by default ``guards-…`` among the results
        of the user folder.
    say
        Told what is running.

    Raises
    ------
    UsageError
        When an argument says where the results go, which `keep` does, or no guards would
        stand around a strategy.
    PlimsollError
        When a run fails, or the guards did not guard.
    """
    if ours := [one for one in arguments if one.split("=")[0] in OURS]:
        raise UsageError(f"expected where results go as --keep, found {ours[0]}")
    given = read_arguments(arguments)
    if given is not None:
        given.require_guards()
    folder = keep or _results_of(arguments) / f"guards-{datetime.now(UTC):%Y-%m-%d_%H-%M-%S}"
    settings = [OFF, ENFORCE, *([OBSERVE] if observe else [])]
    runs: dict[str, dict[str, BacktestResult]] = {}
    for number, guards in enumerate(settings, start=1):
        say(f"{number} of {len(settings)}: freqtrade backtesting, plimsoll.guards: {guards}")
        runs[guards] = _run(arguments, guards, folder / guards)
    return tuple(
        Comparison(
            name,
            {guards: figures_of(runs[guards][name]) for guards in settings},
            guard_cost(bare.trades, runs[ENFORCE][name].trades),
            {guards: runs[guards][name].path for guards in settings},
            runs[ENFORCE][name].acts,
            _report_command(folder, given),
        )
        for name, bare in runs[OFF].items()
    )


def _report_command(folder: Path, given: BacktestArguments | None) -> str:
    """Return the command that draws the runs in a folder; it names candles that lie elsewhere."""
    words = ["plimsoll", "report", str(folder)]
    if given is not None:
        datadir = given.datadir.absolute()
        beside = candles_beside(folder / ENFORCE / "result.zip", datadir.name)
        words += [] if beside == datadir else ["--datadir", str(given.datadir)]
    return shlex.join(words)


def figures_of(result: BacktestResult) -> Figures:
    """Return the figures of one stored result."""
    trades, start = result.trades, result.starting_balance_usd
    totals = None if result.acts is None or result.acts.guards == OFF else result.acts.totals
    made = trades.set_index(pd.DatetimeIndex(trades["close_date"]))["profit_abs"].sort_index()
    equity = pd.concat([pd.Series([start]), start + made.cumsum()])
    drawdown = (1 - equity / equity.cummax()).max()
    return Figures(
        trades=len(trades),
        profit_usd=float(made.sum()),
        profit_fraction=float(made.sum() / start),
        worst_drawdown_fraction=float(drawdown),
        worst_day_fraction=_worst(made, "D", start),
        worst_month_fraction=_worst(made, "ME", start),
        days_halted=None if totals is None else totals.days_halted,
        entries_denied=None if totals is None else totals.entries_denied,
        stakes_cut=None if totals is None else totals.stakes_cut,
        positions_closed=None if totals is None else totals.positions_closed,
    )


def _worst(made: "pd.Series[float]", every: str, start: float) -> float:
    """Return the worst sum of a span over what the account had at its beginning; at most 0."""
    if made.empty:
        return 0.0
    sums = made.resample(every).sum()
    begun = start + sums.cumsum() - sums
    return min(0.0, float((sums / begun).min()))


def _run(arguments: Sequence[str], guards: str, folder: Path) -> dict[str, BacktestResult]:
    folder.mkdir(parents=True, exist_ok=True)
    cache = [] if "--cache" in arguments else ["--cache", "none"]
    freqtrade(
        ["backtesting", *arguments, *cache, "--backtest-directory", str(folder)],
        folder=Path.cwd(),
        log=folder / "freqtrade.log",
        environment={GUARDS_VARIABLE: guards},
        seconds=LONGEST_SECONDS,
    )
    results = {result.strategy: result for result in read_backtests(folder)}
    for name, result in results.items():
        ran = None if result.acts is None else result.acts.guards
        if ran != guards and not (ran is None and guards == OFF):
            raise PlimsollError(
                f"expected {name} under plimsoll.guards: {guards}, found "
                f"{ran or 'no guards at all'}; layer base.json, whose log handler puts the guards "
                f"around every strategy (the log is {folder / 'freqtrade.log'})"
            )
    return results


def _results_of(arguments: Sequence[str]) -> Path:
    """Return where Freqtrade would put results with these arguments."""
    return _user_folder(arguments) / "backtest_results"


def _user_folder(arguments: Sequence[str]) -> Path:
    named: Any = None
    for place, one in enumerate(arguments):
        name, _, value = one.partition("=")
        if name in ("--userdir", "--user-data-dir"):
            named = value or (arguments[place + 1] if place + 1 < len(arguments) else None)
    return Path(named or "user_data").expanduser().resolve()
