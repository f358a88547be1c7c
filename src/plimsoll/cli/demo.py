"""``plimsoll demo``: the main job from end to end, in a dozen lines of output and one report."""

import json
import os
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plimsoll.core import PlimsollError

if TYPE_CHECKING:
    from plimsoll.lab.demo import DemoAccount, Step
    from plimsoll.reporting.report import Report

STEPS = 13
"""How many steps a run usually reports, for the progress bar."""


def demo(
    out: Annotated[
        Path, typer.Option(help="Folder for the report; each run gets a folder of its own in it.")
    ] = Path("out/demo"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulated market.")] = 7,
    days: Annotated[int, typer.Option(min=5, help="Days of history to backtest.")] = 240,
    as_json: Annotated[bool, typer.Option("--json", help="Print the account as JSON.")] = False,
) -> None:
    """Backtest, paper-trade and crash-test the strategies on the simulated exchange.

    Everything runs on loopback and ends with the command. Exit status 1 when a step fell short.
    """
    from plimsoll.lab.demo import DemoPlan, run_demo, run_folder

    began = time.monotonic()
    folder = run_folder(out, datetime.now(UTC)).resolve()
    with Progress(silent=as_json, steps=STEPS) as progress:
        account = run_demo(DemoPlan(seed=seed, history_days=days), folder, progress.tell)
        html, png, paper = (publish(file, out) for file in _render(account))
    took = time.monotonic() - began
    if as_json:
        steps = [
            {"at": step.at.isoformat(), "text": step.text, "ok": step.ok} for step in account.steps
        ]
        record = {"ok": account.ok, "seconds": round(took, 1), "html": str(html)}
        record |= {"png": str(png), "paper_png": str(paper)}
        typer.echo(json.dumps({**record, "halt_reason": account.halt_reason, "steps": steps}))
    else:
        typer.echo(
            f"\nReport: {html}\nPictures: {png}, {paper}\nLogs and data of this run: {folder}"
        )
        typer.echo(f"Took {took:.0f} s. A simulated market: it shows the machinery, not a profit.")
    if not account.ok:
        short = next(step.text for step in account.steps if not step.ok)
        raise PlimsollError(f"a step of the demo fell short: {short}; the logs are in {folder}")


class Progress:
    """Print each step on a line of its own, and below them what is running."""

    def __init__(self, *, silent: bool, steps: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (BarColumn(bar_width=24), TimeElapsedColumn(), TextColumn("{task.description}"))
        console = Console(stderr=silent, quiet=silent, highlight=False, soft_wrap=True)
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("starting the exchange", total=steps)

    def __enter__(self) -> "Progress":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, step: "Step") -> None:
        """Print a step."""
        mark = "[green]ok[/]  " if step.ok else "[red]FAIL[/]"
        subject, _, text = step.text.partition(": ")
        self._progress.console.print(f"{mark} [bold]{subject:<13}[/] {text}")
        self._progress.update(self._task, advance=1, description="running")


def _render(account: "DemoAccount") -> list[Path]:
    """Write the page and its pictures into the run's folder and return them."""
    from plimsoll.reporting.report import render_report

    paper = _paper_run(account)
    report = replace(_backtest(account), paper=paper)
    files = render_report(report, account.folder / "report")
    picture = render_report(paper, account.folder / "paper").png
    return [files.html, files.png, picture.rename(files.png.with_name("paper.png"))]


def _backtest(account: "DemoAccount") -> "Report":
    import pandas as pd

    from plimsoll.cli.backtest_report import backtest_report
    from plimsoll.reporting.report import AccountStep

    report = backtest_report(
        account.userdir / "backtest_results", market=account.market, pair=account.plan.pairs[0]
    )
    steps = [AccountStep(step.text, step.ok, pd.Timestamp(step.at)) for step in account.steps]
    return replace(
        report, title="Plimsoll demo", commands=tuple(account.commands), steps=tuple(steps)
    )


def _paper_run(account: "DemoAccount") -> "Report":
    """Draw the dry-run minute by minute, with the moment at which the guard fired."""
    import pandas as pd

    from plimsoll.core import PlimsollError
    from plimsoll.lab.demo import QUICK
    from plimsoll.lab.results import known_closes, load_candles, read_trade_database
    from plimsoll.performance.equity import buy_and_hold_curve, equity_curve
    from plimsoll.reporting.report import Event, MarketKind, Report
    from plimsoll.reporting.trading_record import RecordSource, TradingRecord, record_trades

    if account.ended_at is None:
        raise PlimsollError("expected a demo that ran to its end, found none to draw")
    trades = record_trades(read_trade_database(account.trade_database).trades)
    begin = pd.Timestamp(account.plan.start)
    candles = load_candles(
        account.userdir / "data" / "binance",
        account.plan.pairs,
        "1m",
        start=begin - pd.Timedelta(minutes=5),
        end=pd.Timestamp(account.ended_at).floor("min") - pd.Timedelta(minutes=1),
    )
    closes = known_closes(candles, "1m")
    equity = equity_curve(trades, closes, account.wallet_usd)
    events = []
    if account.halted_at is not None:
        text = f"Guard: {account.halt_reason}"
        events.append(Event(pd.Timestamp(account.halted_at), text))
    worst = trades.groupby("pair")["profit_abs"].sum()
    pair = str(worst.idxmin()) if len(worst) else account.plan.pairs[0]
    return Report(
        title="Paper trading and the crash",
        made_at=pd.Timestamp(account.steps[-1].at),
        market=account.market,
        market_kind=MarketKind.SIMULATED,
        strategies=[TradingRecord(QUICK, RecordSource.DRY_RUN, trades, equity, account.wallet_usd)],
        buy_and_hold=buy_and_hold_curve(closes, account.wallet_usd),
        pair=pair,
        candles=candles[pair],
        events=tuple(events),
    )


def publish(file: Path, out: Path) -> Path:
    """Copy a run's file to where the latest always lies, whole or not at all."""
    target = out / file.name
    half = out / f".{file.name}.{os.getpid()}"
    shutil.copyfile(file, half)
    half.replace(target)
    return target
