"""``plimsoll init``: a user's folder, ready for the freqtrade command."""

import json
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer


def init(
    userdir: Annotated[
        Path, typer.Option(help="Freqtrade's user folder; created if absent.")
    ] = Path("user_data"),
    replace_changed: Annotated[
        bool, typer.Option(help="Replace files that you changed; yours are saved as NAME.bak.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy strategies, models, config profiles and hyperopt losses into a user folder."""
    from plimsoll.lab.user_folder import Outcome, lay_out

    userdir = userdir.expanduser()
    laid = lay_out(userdir, replace_changed=replace_changed)
    if as_json:
        files = [{"name": file.name, "outcome": file.outcome.value} for file in laid]
        typer.echo(json.dumps({"userdir": str(userdir), "files": files}))
        return
    for file in laid:
        typer.echo(f"{file.outcome.value:>9}  {userdir / file.name}")
    if any(file.outcome is Outcome.KEPT for file in laid):
        typer.echo(
            "\nkept: you changed these files, so they were not touched. "
            "--replace-changed takes the shipped version and saves yours as NAME.bak."
        )
    typer.echo(_next_commands(userdir))


def _next_commands(userdir: Path) -> str:
    folder, config = quote(str(userdir)), quote(str(userdir / "config"))
    layers = f"-c {config}/base.json -c {config}/venue-sim.json"
    return f"""
Next, in this folder:
  plimsoll venue serve --port 8601 --symbols BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT \\
      --write-config {config}/venue-sim.json &
  freqtrade download-data --userdir {folder} {layers} -t 4h --days 365
  freqtrade backtesting   --userdir {folder} {layers} -c {config}/mode-backtest.json \\
      --timeframe 4h --strategy-list MomentumCross BuyAndHold NoTrade
  freqtrade trade         --userdir {folder} {layers} -c {config}/mode-dry-run.json \\
      --strategy MomentumCross
  plimsoll doctor         --userdir {folder} {layers}"""
