"""``plimsoll status``, ``halt`` and ``resume``: a person and a bot that is guarded."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.cli import fleet as of_fleet
from plimsoll.cli.fleet import Fleet

if TYPE_CHECKING:
    from plimsoll.control.bot import Bot, BotView
    from plimsoll.control.halt import Outcome

Userdir = Annotated[
    Path | None,
    typer.Option(
        help="The bot's user folder. [default: user_data_dir of the config, or user_data]"
    ),
]
Config = Annotated[
    list[Path] | None,
    typer.Option("--config", "-c", help="The bot's config layers, in order."),
]
DbUrl = Annotated[
    str | None,
    typer.Option(
        "--db-url", help="The bot's database. [default: db_url of the config, as in Freqtrade]"
    ),
]
Seconds = Annotated[float, typer.Option("--wait", min=1, help="Seconds to wait for a running bot.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def status(
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    max_age: Annotated[
        float, typer.Option(min=1, help="Age in seconds at which the last loop is too old.")
    ] = 60.0,
    fleet: Fleet = None,
    as_json: AsJson = False,
) -> None:
    """Show whether a bot is running, its mode, what is halted and why, and what is open.

    In live mode the exchange's own positions stand beside those of the bot's database. Exit
    status: 0 while a running bot may trade (ACTIVE or REDUCING), 1 when it is flattening,
    halted, stopped, silent for too long or not running, 2 for wrong usage.
    """
    from plimsoll.bridge.config.layer_checks import require_sound_layers
    from plimsoll.control.bot import look, with_exchange
    from plimsoll.core import UsageError

    if fleet is not None:
        of_fleet.show(fleet, as_json=as_json)
    bot = find(userdir, config, db_url)
    require_sound_layers(bot.config.get("config_files", ()))
    view = look(bot)
    unseen = not view.runs and view.positions is None
    if unseen and not view.status and not view.held and view.flag is None:
        raise UsageError(f"no bot has left a trace in {bot.folder.path}: {view.unseen}")
    trading, view = view.is_trading(max_age), with_exchange(bot, view)
    if as_json:
        stale = view.is_stale(max_age)
        print_json({**view.as_record(), "trading": trading, "stale": stale})
    else:
        typer.echo("\n".join(_lines(bot, view, max_age)))
    raise typer.Exit(0 if trading else 1)


def halt(
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    reason: Annotated[str, typer.Option(help="The reason; it is shown and logged.")] = "",
    wait: Seconds = 60.0,
    fleet: Fleet = None,
    as_json: AsJson = False,
) -> None:
    """Close everything and open nothing, until a person resumes.

    It raises the flag file that the bot reads in every loop, waits until a running bot is
    halted and flat, and says so. In live mode it is flat when the exchange's own books say so.
    Exit status: 0 when nothing is open, 1 when something is, when that is not known, or when the
    bot did not answer in time (the flag stays up), 2 for wrong usage.
    """
    from plimsoll.control import halt as person

    if fleet is not None:
        of_fleet.halt(fleet, reason, as_json=as_json)
    bot = find(userdir, config, db_url)
    words = reason.strip() or "plimsoll halt"
    _end(person.halt(bot, words, seconds=wait, tell=_teller(as_json)), as_json)


def resume(
    reason: Annotated[str, typer.Option(help="Why it may trade again; it is logged.")],
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    wait: Seconds = 60.0,
    allow_looser: Annotated[
        bool,
        typer.Option(
            "--allow-looser",
            help="Accept the looser limits of the config, too; they hold from the next reload on.",
        ),
    ] = False,
    beyond_terminal: Annotated[
        bool,
        typer.Option(
            "--beyond-terminal",
            help="Go on although the terminal drawdown from the highest equity ever is reached.",
        ),
    ] = False,
    fleet: Fleet = None,
    as_json: AsJson = False,
) -> None:
    """Re-arm a halted bot, running or not; losses are measured from then on.

    Stakes are smaller until the profile's probation is over. Beyond the terminal drawdown it
    takes --beyond-terminal.

    Exit status: 0 when nothing is held any more, 1 when something is, or the bot did not
    answer in time (the request is withdrawn), 2 for wrong usage.
    """
    from plimsoll.control import halt as person

    if fleet is not None:
        of_fleet.resume(fleet, reason, as_json=as_json)
    bot = find(userdir, config, db_url)
    if allow_looser:
        _accept(bot, reason, wait, _teller(as_json))
    outcome = person.resume(
        bot, reason, seconds=wait, tell=_teller(as_json), beyond_terminal=beyond_terminal
    )
    _end(outcome, as_json)


def find(userdir: Path | None, config: list[Path] | None, db_url: str | None) -> "Bot":
    """Return the bot that a command means."""
    from plimsoll.control.bot import find_bot

    return find_bot(userdir, [file.expanduser() for file in config or []], db_url)


def _accept(bot: "Bot", reason: str, wait: float, tell: Any) -> None:
    from plimsoll.control.acceptance import accept_looser
    from plimsoll.core import UsageError

    if not reason.strip():
        raise UsageError("expected --reason to say why limits may be looser, found nothing")
    if not accept_looser(bot, reason, seconds=wait, tell=tell):
        raise typer.Exit(1)


def _teller(as_json: bool) -> Any:
    return lambda text: typer.echo(text, err=as_json)


def _end(outcome: "Outcome", as_json: bool) -> None:
    if as_json:
        print_json({"done": outcome.done, **outcome.view.as_record()})
    raise typer.Exit(0 if outcome.done else 1)


def _lines(bot: "Bot", view: "BotView", max_age: float) -> list[str]:
    from plimsoll.control.bot import now_of
    from plimsoll.journal.limit_words import change_words
    from plimsoll.journal.phrases import is_open_ended

    lines = [_row("bot", _bot_words(view)), _row("mode", view.mode or "not known")]
    lines += _guards_rows(view)
    if view.why is not None and not any(view.why in held for held in view.held):
        lines.append(_row("why", view.why))
    if view.flag is not None:
        lines.append(_row("flag file", f"up: {view.flag or 'no reason given'}"))
    lines += [_row("held", held) for held in view.held]
    lines += _closing_rows(view.status.get("closing"))
    lines += [
        _row("break", f"{one['text']} (plimsoll audit)")
        for one in view.status.get("breaks") or ()
        if not one["settling"]
    ]
    if view.age_seconds is not None:
        late = f", more than {max_age:g} s" if view.is_stale(max_age) and view.runs else ""
        lines.append(_row("last loop", f"{span(view.age_seconds)} ago{late}"))
    told = view.status
    figures = [("equity_usd", "equity"), ("day_start_equity_usd", "day start")]
    for key, name in [*figures, ("high_water_equity_usd", "high water")]:
        if isinstance(told.get(key), int | float):
            lines.append(_row(name, f"{told[key]:,.2f} USD"))
    lines += _rearming_rows(told.get("rearming") or {}, now_of(bot, told))
    for name, (before, after) in (told.get("held_back") or {}).items():
        lines.append(_row("held back", change_words(name, before, after)))
    lines += [_row("messages", said) for said in _unheard(bot, told)]
    if view.positions is None:
        return [*lines, _row("database", f"not read: {view.unseen}"), *_exchange_lines(view)]
    lines += [_row("open", _position(one)) for one in view.positions] or [_row("open", "nothing")]
    lines += _exchange_lines(view)
    for lock in view.locks or ():
        until = f"{lock.until:%Y-%m-%d %H:%M} UTC"
        if lock.mode is not None and is_open_ended(lock.until, datetime.now(UTC)):
            until = "a person re-arms" if lock.mode.name == "HALTED" else "everything is closed"
        lines.append(_row("lock", f"{lock.pair} until {until}: {lock.reason}"))
    return lines


def _guards_rows(view: "BotView") -> list[str]:
    """Say whether the guards of a running bot act."""
    guards = view.status.get("guards")
    if guards is None or not view.runs:
        return []
    if guards != "observe":
        return [_row("guards", guards)]
    by_hand = any(" manual_halt: " in held for held in view.held)
    said = "a halt by hand is obeyed: everything is closed"
    return [_row("guards", f"observe: {said if by_hand else 'nothing is refused, cut or closed'}")]


def _unheard(bot: "Bot", told: Mapping[str, Any]) -> list[str]:
    """Say who is not told, and which alarms wait for delivery now."""
    from plimsoll.bridge.state.outbox import alarms_in
    from plimsoll.journal.messages import undelivered

    said = [str(told["nobody_is_told"])] if told.get("nobody_is_told") else []
    if waiting := alarms_in(bot.folder.path):
        error = (told.get("undelivered") or {}).get("last_error")
        said.append(undelivered(len(waiting), oldest=waiting[0].at, error=error))
    return said


def _exchange_lines(view: "BotView") -> list[str]:
    from plimsoll.control.exchange import differ
    from plimsoll.core.books_words import position_words

    books = view.exchange
    if books is None:
        return []
    if books.fault is not None:
        return [_row("exchange", f"not read: {books.fault}")]
    lines = [_row("exchange", position_words(one)) for one in books.positions]
    if view.positions is not None and differ(books, view.positions):
        lines.append(_row("differs", "exchange and database disagree; see plimsoll audit"))
    return lines or [_row("exchange", "nothing")]


def _closing_rows(closing: object) -> list[str]:
    """Say what a bot is to close and could not yet, as its status has it."""
    rows = closing.get("open") if isinstance(closing, dict) else None
    return [
        _row(
            "CLOSING",
            f"{one['pair']} {one['side']} {one['amount']:g} for {span(one['seconds'])} "
            f"({one['rule']}): {one['why']}",
        )
        for one in rows or ()
    ]


def _rearming_rows(facts: Mapping[str, Any], now: datetime) -> list[str]:
    """Say until when a bot is on probation, and how much of the terminal drawdown is used."""
    rows = []
    until, peak = facts.get("probation_until"), facts.get("peak_equity_usd")
    high = f" or equity above {peak:,.2f} USD" if isinstance(peak, int | float) else ""
    if until is not None and (end := datetime.fromisoformat(until)) > now:
        share = f"stakes times {facts['probation_stake_fraction']:g}"
        rows.append(_row("probation", f"{share} until {end:%Y-%m-%d %H:%M} UTC{high}"))
    fall, limit = facts.get("peak_drawdown_fraction"), facts.get("terminal_drawdown_fraction")
    if isinstance(fall, float) and isinstance(limit, float):
        used = f"{max(fall, 0.0):.1%} of {limit:.1%} below the highest equity ever are used"
        rows.append(_row("terminal", used if fall < limit else f"{used}: reached"))
    return rows


def _bot_words(view: "BotView") -> str:
    name = view.status.get("strategy")
    who = f"{name}, " if name else ""
    if not view.runs:
        rest = f"a bot without our guards answers over REST, {view.state}"
        return rest if view.state is not None else f"{who}not running"
    if view.state == "stopped":
        return f"{who}STOPPED: open positions are not managed until /start"
    return f"{who}{view.state or 'running'}"


def _position(one: Any) -> str:
    stop = f", stop {one.stop_price:g}" if one.stop_price else ""
    return (
        f"trade {one.id}: {one.pair} {one.side.value} {one.amount:g} at {one.entry_price:g}, "
        f"stake {one.stake_usd:,.2f} USD, leverage {one.leverage:g}{stop}"
    )


def span(seconds: float) -> str:
    """Return a span of time in the unit that suits it, for a terminal."""
    from plimsoll.journal.phrases import span as in_words

    return in_words(seconds, joiner=" ")


def _row(name: str, text: str) -> str:
    return f"{name:<10} {text}"


def print_json(record: object) -> None:
    """Print values as one line of JSON."""
    import orjson

    typer.echo(orjson.dumps(record, default=str).decode())
