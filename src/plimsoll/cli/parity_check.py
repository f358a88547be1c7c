"""``plimsoll parity --check``: what was asked, as a plan, and its progress."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from plimsoll.core.errors import UsageError

if TYPE_CHECKING:
    from plimsoll.lab.parity_check import Checked, CheckPlan
    from plimsoll.lab.replay import ReplayProgress

SHOWN_SECONDS = 10.0
"""How often the replay tells how far it has come."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options of a check, as they were typed."""

    strategy: str
    timerange: str | None
    strategy_path: Path | None
    layers: tuple[Path, ...]
    pairs: str
    market: str
    datadir: Path | None
    seed: int
    out: Path


def checked(asked: Asked, *, silent: bool) -> "Checked":
    """Run a check and tell its progress on the error stream.

    Raises
    ------
    UsageError
        When the span or the market is not one, or the strategy is not there.
    PlimsollError
        When one of the runs fails.
    """
    from plimsoll.lab.parity_check import run_check

    plan = _plan(asked)
    name = f"{plan.strategy}-{plan.begin:%Y%m%d}-{plan.end:%Y%m%d}-{plan.market}-{plan.seed}"
    last = [-SHOWN_SECONDS]

    def say(text: str) -> None:
        if not silent:
            typer.echo(text, err=True)

    def tell(progress: "ReplayProgress") -> None:
        if progress.seconds - last[0] >= SHOWN_SECONDS:
            last[0] = progress.seconds
            say(f"  {progress.now:%Y-%m-%d %H:%M}, {progress.days_a_minute:.1f} days a minute")

    return run_check(plan, asked.out.expanduser() / name, say=say, tell=tell)


def _plan(asked: Asked) -> "CheckPlan":
    from plimsoll.bundle import user_data_folder
    from plimsoll.lab.drill_plan import pairs_of
    from plimsoll.lab.parity_check import CheckPlan
    from plimsoll.lab.strategy_loading import load_strategy

    begin, end = span_of(asked.timerange)
    if asked.market not in ("replay", "synthetic"):
        raise UsageError(f"expected --market replay or synthetic, found {asked.market}")
    if asked.market == "replay" and asked.datadir is None:
        raise UsageError("expected --datadir, a Freqtrade data folder, or --market synthetic")
    folder = asked.strategy_path or user_data_folder("strategies")
    layers = [file.expanduser().resolve() for file in asked.layers]
    base = user_data_folder("config") / "base.json"
    loaded = load_strategy(
        asked.strategy, folder.parent, [base, *layers], folder=folder.expanduser().resolve()
    )
    return CheckPlan(
        strategy=asked.strategy,
        begin=begin,
        end=end,
        timeframe=str(loaded.strategy.timeframe),
        adjusts=loaded.adjusts,
        strategy_path=None if asked.strategy_path is None else loaded.file.parent,
        layers=tuple(layers),
        pairs=pairs_of(asked.pairs),
        market=asked.market,
        datadir=None if asked.datadir is None else asked.datadir.expanduser().resolve(),
        seed=asked.seed,
    )


def span_of(timerange: str | None) -> tuple[datetime, datetime]:
    """Read a span of whole days, ``20250401-20250415``, the end excluded.

    Raises
    ------
    UsageError
        When it is none.
    """
    first, _, last = (timerange or "").partition("-")
    try:
        begin, end = (datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) for day in (first, last))
    except ValueError:
        raise UsageError(
            f'expected --timerange such as 20250401-20250415, found "{timerange or ""}"'
        ) from None
    if end <= begin:
        raise UsageError(f"expected --timerange to end after it begins, found {timerange}")
    return begin, end
