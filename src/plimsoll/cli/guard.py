"""``plimsoll guard``: what the guards will ask of one strategy, and where."""

import json
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from plimsoll.core import PlimsollError, UsageError

if TYPE_CHECKING:
    from plimsoll.lab.guard_page import Callback, GuardPage

NAME_WIDTH = 31
OBSERVED = "what they would have done; nothing is refused, cut or closed"
COMPARED = "without guards and with them"
VENUES = ("venue-sim.json", "venue-binance.json")


def guard(
    strategy: Annotated[str, typer.Argument(help="A strategy's class name, or its file.")],
    userdir: Annotated[Path, typer.Option(help="Freqtrade's user folder.")] = Path("user_data"),
    config: Annotated[
        list[Path] | None, typer.Option("--config", "-c", help="Config layers, in order.")
    ] = None,
    strategy_path: Annotated[
        Path | None, typer.Option(help="A further folder with strategies, as in Freqtrade.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain the guards around a strategy: its callbacks, what is assumed, what would be cut.

    It needs no market data and no network. Without -c it takes Freqtrade's config.json where
    there is one, else the user folder's base.json.
    Exit status: 0 when the strategy is guarded, 1 when it is not, 2 when the config or the
    strategy is refused.
    """
    from plimsoll.lab.doctor import default_layers
    from plimsoll.lab.guard_page import guard_page
    from plimsoll.lab.layer_order import late_base
    from plimsoll.lab.strategy_guarding import remedy_of
    from plimsoll.lab.strategy_loading import load_strategy

    userdir = userdir.expanduser()
    files = [file.expanduser() for file in config or []] or default_layers(userdir)[0]
    try:
        page = guard_page(load_strategy(strategy, userdir, files, folder=strategy_path))
    except PlimsollError as error:
        raise UsageError(str(error)) from error  # 1 is the status of one that is not guarded
    late = late_base(files)
    warning = "" if late is None else f"{late.fault}; {late.remedy}"
    commands = _next(page, userdir, _whole(page, files, userdir), strategy_path)
    remedy = "" if page.why_not is None else remedy_of(page.why_not, userdir, files)
    if as_json:
        record = {**asdict(page), "remedy": remedy, "warning": warning, "next": commands}
        typer.echo(json.dumps(record, default=str))
    else:
        lines = _lines(page, remedy, commands)
        typer.echo("\n".join([lines[0], *([warning] if warning else []), *lines[1:]]))
    raise typer.Exit(0 if page.why_not is None else 1)


def _lines(page: "GuardPage", remedy: str, commands: list[str]) -> list[str]:
    told = [_headline(page, remedy), "", *_table(page), ""]
    told += ["In a running bot the guards answer for these settings, too:"]
    told += [f"  {one.name:<{NAME_WIDTH}}  {one.does}" for one in page.of_bot]
    told += ["", "Assumed:"]
    told += [f"  {name:<{NAME_WIDTH}}  {fact}" for name, fact in page.facts]
    told += [f"  {line}" for line in page.assumed]
    if page.cuts:
        told += ["", "These limits would cut or deny nearly every entry:"]
        told += [f"  {cut}" for cut in page.cuts]
    return [*told, "", "Next:", *(f"  {command}" for command in commands)]


def _headline(page: "GuardPage", remedy: str) -> str:
    who = f"{page.strategy} ({page.file})"
    if page.why_not is not None:
        return f"{who} is NOT GUARDED: {page.why_not}{remedy and f'; {remedy}'}"
    if page.guards == "observe":
        why = "plimsoll.guards is observe, so nothing is refused, cut or closed"
        return f"{who} is OBSERVED ONLY: {why}"
    return f"{who} is guarded: plimsoll.guards is enforce"


def _table(page: "GuardPage") -> list[str]:
    """Return a line for each hook, below it the strategy's own callbacks that are asked in it."""
    lines = ["Where the guards stand, and what of the strategy's own is asked there:"]
    for hook in (one for one in page.callbacks if one.hook == one.name):
        lines.append(f"  {hook.name:<{NAME_WIDTH}}  {hook.does}")
        asked = [one for one in page.callbacks if one.hook == hook.name and one.owner]
        lines += [f"  {'':<{NAME_WIDTH}}    {_own(one, page)}" for one in asked]
    own = [one.name for one in page.callbacks if one.hook is None]
    return [*lines, f"  {'untouched':<{NAME_WIDTH}}  {', '.join(own) or 'nothing else is its own'}"]


def _own(one: "Callback", page: "GuardPage") -> str:
    whose = "its" if one.owner == page.strategy else f"{one.owner}'s"
    unasked = f", not asked: {one.unasked} is false" if one.unasked else ""
    return f"{whose} {one.name}{unasked}"


def _next(
    page: "GuardPage", userdir: Path, files: list[Path], strategy_path: Path | None
) -> list[str]:
    """Return the commands that show the strategy under guards, with candles first if need be."""
    layers = "".join(f" -c {quote(str(file))}" for file in files)
    folder = "" if userdir == Path("user_data") else f" --userdir {quote(str(userdir))}"
    path = page.file.parent
    is_usual = strategy_path is None and path.resolve() == (userdir / "strategies").resolve()
    where = "" if is_usual else f" --strategy-path {quote(str(path))}"
    run = f"{folder}{layers} --strategy {page.strategy}{where}"
    timeframe = page.timeframe or "5m"
    download = f"freqtrade download-data{folder}{layers} -t {timeframe} --days 60"
    return [
        *([] if any((userdir / "data").glob("*/**/*.*")) else [download]),
        f"FREQTRADE__PLIMSOLL__GUARDS=observe freqtrade backtesting{run}    # {OBSERVED}",
        f"plimsoll backtest-compare{run}    # {COMPARED}",
    ]


def _whole(page: "GuardPage", files: list[Path], userdir: Path) -> list[Path]:
    """Return the layers of a backtest with guards: the rest of ours, or our first before theirs."""
    from plimsoll.lab.strategy_guarding import NO_HANDLER

    shipped = userdir / "config"
    if page.why_not == NO_HANDLER:
        return [shipped / "base.json", *files]
    if files != [shipped / "base.json"]:
        return files
    venue = next(
        file for name in VENUES if (file := shipped / name).is_file() or name == VENUES[-1]
    )
    return [*files, venue, shipped / "mode-backtest.json"]
