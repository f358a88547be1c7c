"""``plimsoll models``: which model decides, which forecasts in its shadow, and a person's word."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plimsoll.cli.control import AsJson, Config, Seconds, Userdir, find, print_json

if TYPE_CHECKING:
    from plimsoll.control.models import SeatView

app = typer.Typer(
    help="Champion and challenger: which model of a bot decides, and why.", no_args_is_help=True
)

Pair = Annotated[str, typer.Argument(help="BTC, BTC/USDT or BTC/USDT:USDT.")]
Identifier = Annotated[
    str | None, typer.Option(help="FreqAI's identifier, where a pair has models of several.")
]
Reason = Annotated[str, typer.Option(help="The reason; it is logged and told.")]


@app.command("list")
def list_models(userdir: Userdir = None, config: Config = None, as_json: AsJson = False) -> None:
    """List the champion and the challenger of every pair.

    Exit status: 0 when every pair has a champion, 1 when one has none, 2 for wrong usage.
    """
    from plimsoll.control.models import views

    found = views(find(userdir, config, None))
    if as_json:
        print_json([one.as_record() for one in found])
    else:
        typer.echo("\n".join(_table(found)))
    raise typer.Exit(0 if all(one.seat.champion is not None for one in found) else 1)


@app.command()
def show(
    pair: Pair,
    userdir: Userdir = None,
    config: Config = None,
    identifier: Identifier = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw champion against challenger into this PNG.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show one pair's models: what each was trained on, and how the trial stands.

    Exit status: 0, or 1 without a champion, 2 for wrong usage.
    """
    from plimsoll.control.models import view_of

    bot = find(userdir, config, None)
    view = view_of(bot, pair, identifier)
    if picture is not None:
        _draw(view, picture, bot.settings.champion.trial_outcomes)
    if as_json:
        print_json(view.as_record())
    else:
        typer.echo("\n".join(_lines(view, bot.settings.champion.trial_outcomes)))
        if picture is not None:
            typer.echo(f"picture    {picture}")
    raise typer.Exit(0 if view.seat.champion is not None else 1)


@app.command()
def promote(
    pair: Pair,
    version: Annotated[
        str, typer.Argument(help="Such as v0007. [default: the challenger]", show_default=False)
    ] = "",
    reason: Reason = "",
    userdir: Userdir = None,
    config: Config = None,
    identifier: Identifier = None,
    wait: Seconds = 60.0,
    as_json: AsJson = False,
) -> None:
    """Make a version the champion, whatever its trial says; a running bot does it in its loop.

    Exit status: 0 when it is, 1 when it could not be done, 2 for wrong usage.
    """
    _change("promote", pair, version, reason, (userdir, config, identifier), wait, as_json)


@app.command()
def rollback(
    pair: Pair,
    reason: Reason = "",
    userdir: Userdir = None,
    config: Config = None,
    identifier: Identifier = None,
    wait: Seconds = 60.0,
    as_json: AsJson = False,
) -> None:
    """Give the seat back to the champion before this one; this one is not taken by rule again.

    Exit status: 0 when it is done, 1 when it could not be, 2 for wrong usage.
    """
    _change("rollback", pair, "", reason, (userdir, config, identifier), wait, as_json)


def _change(
    act: str,
    pair: str,
    version: str,
    reason: str,
    where: tuple[Path | None, list[Path] | None, str | None],
    wait: float,
    as_json: bool,
) -> None:
    from plimsoll.bridge.champions.requests import ModelRequest
    from plimsoll.control.halt import person_name
    from plimsoll.control.models import change, view_of

    userdir, config, identifier = where
    bot = find(userdir, config, None)
    view = view_of(bot, pair, identifier)
    by = f"plimsoll models {act}, {person_name()}"
    request = ModelRequest("rollback" if act == "rollback" else "promote", version, reason, by)
    done, text = change(bot, view, request, seconds=wait)
    if as_json:
        print_json({"done": done, "text": text})
    else:
        typer.echo(text, err=not done)
    raise typer.Exit(0 if done else 1)


def _table(views: "list[SeatView]") -> list[str]:
    rows = [("pair", "identifier", "champion", "trained (UTC)", "challenger", "trial", "bot")]
    for view in views:
        seat, champion = view.seat, view.seat.champion
        rows.append(
            (
                view.pair,
                view.identifier,
                "NONE" if champion is None else champion.name,
                "-" if champion is None else f"{champion.trained_at:%Y-%m-%d %H:%M}",
                "-" if seat.challenger is None else seat.challenger.name,
                "-" if view.trial is None else _standing(view),
                "runs" if view.runs else "not running",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _standing(view: "SeatView") -> str:
    trial = view.trial
    if trial is None:
        return "-"
    said = f"{trial.outcomes} candles"
    if trial.own_sharpe is not None and trial.other_sharpe is not None:
        said += f", Sharpe {trial.other_sharpe:.2f} against {trial.own_sharpe:.2f}"
    return said


def _lines(view: "SeatView", needed: int) -> list[str]:
    seat = view.seat
    lines = [_row("pair", f"{view.pair}, identifier {view.identifier}")]
    lines.append(_row("bot", "runs" if view.runs else "not running"))
    for role, one in seat.versions():
        measures = view.about(one.name).get("about", {}).get("measures", {})
        told = "".join(
            f", {name} {value:.4g}" for name, value in measures.items() if value is not None
        )
        lines.append(
            _row(
                role.value,
                f"{one.name}, trained {one.trained_at:%Y-%m-%d %H:%M} on data from "
                f"{one.trained_from:%Y-%m-%d} until {one.seen_until:%Y-%m-%d %H:%M} UTC"
                f"{told}, sha256 {one.sha256[:12]}",
            )
        )
    if seat.champion is None:
        lines.append(_row("champion", "NONE: nothing is forecast until a training has succeeded"))
    for name, judged in (("trial", view.trial), ("tenure", view.tenure)):
        if judged is not None:
            whose = "challenger" if name == "trial" else "predecessor"
            covered = f"{judged.outcomes + judged.missing} of {needed} candles"
            lines.append(_row(name, f"{whose} against champion, {covered}: {judged.reason}"))
    for arm, booked in seat.arms.items():
        mean = booked.profit_fraction / booked.trades
        lines.append(_row("entries", f"{arm}: {booked.trades} trades, {mean:.2%} each"))
    if seat.drifted:
        lines.append(_row("drift", ", ".join(seat.drifted)))
    if seat.training_since is not None:
        lines.append(_row("training", f"since {seat.training_since:%Y-%m-%d %H:%M} UTC"))
    return lines


def _draw(view: "SeatView", file: Path, needed: int) -> None:
    from plimsoll.core import PlimsollError
    from plimsoll.reporting.champion_figure import champion_png
    from plimsoll.reporting.whole_file import write_whole

    seat = view.seat
    if seat.champion is None or seat.challenger is None or view.trial is None:
        raise PlimsollError(f"no challenger of {view.pair} is on trial: there is nothing to draw")
    picture = champion_png(
        seat.trial.outcomes,
        view.trial,
        champion=f"champion {seat.champion.name}",
        other=f"challenger {seat.challenger.name}",
        title=f"{view.pair}: challenger {seat.challenger.name} in shadow",
        needed=needed,
    )
    write_whole(file, picture)


def _row(name: str, text: str) -> str:
    return f"{name:<11}{text}"
