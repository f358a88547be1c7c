"""``plimsoll results``: strategies on real data, over any span and pairs, as a page of figures."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

    from plimsoll.lab.study import Guarding
    from plimsoll.lab.study_choice import Choice
    from plimsoll.lab.study_rows import Findings

PICTURE = Path("images") / "results-equity.png"
GUARDS_PICTURE = Path("images") / "results-guards.png"
TRIALS = Path("research") / "trials.csv"
PAGE, HTML, RECORD, BACKTESTS = "results.md", "results.html", "results.json", "backtests"


Datadir = Annotated[Path, typer.Option(help="Freqtrade data folder with real candles.")]
Pairs = Annotated[
    str | None, typer.Option(help="Pairs such as BTC/USDT:USDT, with commas between.")
]
Timerange = Annotated[
    str | None, typer.Option(help="First day and the day that ends it: 20230101-20240101.")
]
Strategies = Annotated[
    str | None, typer.Option(help="Strategies with commas between; else all that ship.")
]
StrategyPath = Annotated[
    list[Path] | None,
    typer.Option(help="A folder of strategies of others; may be given again."),
]
Timeframe = Annotated[
    str | None, typer.Option(help="Candles to decide on; else each strategy's own.")
]
Profile = Annotated[
    str | None,
    typer.Option(help="Risk layer: a file, a shipped one's name, or default; else risk-portfolio."),
]
Universe = Annotated[
    str,
    typer.Option(
        help="Pairs that portfolios hold: rule, each month those that were listed, liquid and of "
        "sound data before it; or all."
    ),
]
Guards = Annotated[str, typer.Option(help="Guards: off, on, or both.")]
Split = Annotated[
    str | None,
    typer.Option(help="Day from which figures are reported apart, such as 2024-01-01."),
]
Out = Annotated[
    Path | None,
    typer.Option(help="The page, with its pictures in images/ next to it; else in --keep."),
]
Keep = Annotated[
    Path, typer.Option(help="Folder for the page, its HTML, its JSON and every backtest.")
]
Resume = Annotated[
    bool,
    typer.Option("--resume/--no-resume", help="Take backtests that were kept and still hold."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]


def results(
    datadir: Datadir,
    pairs: Pairs = None,
    universe: Universe = "rule",
    timerange: Timerange = None,
    strategies: Strategies = None,
    strategy_path: StrategyPath = None,
    timeframe: Timeframe = None,
    profile: Profile = None,
    guards: Guards = "both",
    split: Split = None,
    out: Out = None,
    keep: Keep = Path("out/results"),
    resume: Resume = True,
    as_json: Json = False,
) -> None:
    """Backtest strategies on real data with costs and funding, and write a page of results.

    Shipped strategies and those of others, over any span and pairs. Without a choice it makes
    the shipped page: ten pairs from 2021-01 to 2025-06, of which the data folder needs 1h candles,
    mark and funding; spot candles of the first four for BasisReversion, open interest of the first
    three for OpenInterestFlow. What is not there is named with the command that gets it. Every
    backtest is kept under its own name, and one that was kept is not run again: a run that was
    broken off goes on.
    """
    from plimsoll.lab.study_choice import Choice, chosen_guardings, chosen_studies
    from plimsoll.lab.study_data import require_all
    from plimsoll.lab.study_runs import run_studies

    datadir = _data_folder(datadir)
    folders = tuple(folder.expanduser() for folder in strategy_path or ())
    choice = Choice(_listed(pairs), timerange, _listed(strategies), folders, timeframe, universe)
    studies, guardings = chosen_studies(choice), chosen_guardings(guards, profile)
    require_all(datadir, (study.needs() for study in studies))
    divided = _split(split, choice, tuple(study.timerange for study in studies))
    keep = keep.expanduser().resolve()
    page = _writable(keep / PAGE if out is None else out, keep)
    findings = run_studies(
        *(studies, datadir, _Progress(time.monotonic())),
        guardings=guardings,
        split=divided,
        keep=keep / BACKTESTS,
        resume=resume,
    )
    call = _call(
        ("--pairs", pairs),
        ("--universe", None if universe == "rule" else universe),
        ("--timerange", timerange),
        ("--strategies", strategies),
        *(("--strategy-path", str(folder)) for folder in folders),
        ("--timeframe", timeframe),
        ("--profile", profile),
        ("--guards", None if guards == "both" else guards),
        ("--split", split),
    )
    made = _write(findings, choice, guardings, call, page, keep)
    if as_json:
        typer.echo(made)


def _data_folder(datadir: Path) -> Path:
    from plimsoll.archive.layout import require_outer
    from plimsoll.core import UsageError

    folder = datadir.expanduser().resolve()
    if not folder.is_dir():
        raise UsageError(f"expected a Freqtrade data folder at --datadir, found none at {folder}")
    return require_outer(folder)


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in (text or "").split(","))))


def _split(
    text: str | None, choice: "Choice", timeranges: tuple[str, ...]
) -> "pd.Timestamp | None":
    """Return the day that divides the span: the research's own for the shipped page, else none.

    Raises
    ------
    UsageError
        When it is no day, or divides none of the spans.
    """
    import pandas as pd

    from plimsoll.core import UsageError
    from plimsoll.lab.study import CHECK_START
    from plimsoll.lab.study_choice import span_of

    if text is None:
        return CHECK_START if choice.is_shipped else None
    try:
        day = datetime.strptime(f"{text}+0000", "%Y-%m-%d%z")
    except ValueError as error:
        raise UsageError(
            f"expected --split to be a day such as 2024-01-01, found {text}"
        ) from error
    if not any(first < day < end for first, end in map(span_of, timeranges)):
        spans = ", ".join(dict.fromkeys(timeranges))
        raise UsageError(f"expected --split to be a day within {spans}, found {text}")
    return pd.Timestamp(day)


def _writable(out: Path, keep: Path) -> Path:
    """Make the folders and return the page: what cannot be written fails now, not after hours."""
    from plimsoll.cli.places import made_folder

    made_folder((out.parent / PICTURE).parent, "--out")
    made_folder(keep / BACKTESTS, "--keep")
    for file in (out, keep / HTML, keep / RECORD):
        is_new = not file.exists()
        file.open("ab").close()
        if is_new:
            file.unlink()
    return out


def _call(*options: tuple[str, str | None]) -> str:
    """Return the command that makes the page again."""
    import shlex

    parts = ["plimsoll results --datadir DATA"]
    parts += [f"{name} {shlex.quote(value)}" for name, value in options if value is not None]
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) > 90:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {part}"
    return "\n".join(lines)


def _write(
    findings: "Findings",
    choice: "Choice",
    guardings: "tuple[Guarding, ...]",
    call: str,
    out: Path,
    keep: Path,
) -> str:
    """Write the page, its pictures, its HTML and its figures as JSON; return the JSON."""
    from plimsoll.cli.results_page import page
    from plimsoll.cli.results_pictures import equity_picture, guards_picture
    from plimsoll.cli.results_record import record
    from plimsoll.cli.results_target import read_trials
    from plimsoll.lab.study import BALANCE_USD
    from plimsoll.reporting.results_html import results_html

    pictures = {PICTURE.as_posix(): equity_picture(findings)}
    if len(guardings) > 1:
        pictures[GUARDS_PICTURE.as_posix()] = guards_picture(findings)
    text = page(
        findings,
        picture=PICTURE.as_posix(),
        guards_picture=GUARDS_PICTURE.as_posix(),
        trials=read_trials(out.parent / TRIALS) if choice.is_shipped else None,
        balance=BALANCE_USD,
        call=call,
        layers=guardings[-1].layers,
        shipped=choice.is_shipped,
    )
    for name, png in pictures.items():
        (out.parent / name).write_bytes(png)
    out.write_text(text, encoding="utf-8")
    (keep / HTML).write_text(results_html(text, pictures), encoding="utf-8")
    made = json.dumps(record(findings, call, datetime.now(UTC)), indent=1)
    (keep / RECORD).write_text(made + "\n", encoding="utf-8")
    files = [out, *(out.parent / name for name in pictures), keep / HTML, keep / RECORD]
    typer.echo(f"written: {', '.join(map(str, files))}", err=True)
    typer.echo(f"backtests: {keep / BACKTESTS}", err=True)
    return made


class _Progress:
    """Print what is running, with the time since the start."""

    def __init__(self, began: float) -> None:
        self._began = began

    def __call__(self, text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        typer.echo(f"{minutes:3d}:{seconds:02d}  {text}", err=True)
