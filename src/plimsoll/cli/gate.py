"""``plimsoll gate``: go or no-go, by what was recorded, from the sandbox to real money."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from plimsoll.cli.gate_run import Asked, Outcome
    from plimsoll.gates.criterion import Gate

app = typer.Typer(
    help="Go or no-go from recorded evidence: sandbox, lab, paper, live, scaling.",
    no_args_is_help=True,
)

Strategy = Annotated[str, typer.Option("--strategy", "-s", help="The strategy that is judged.")]
Config = Annotated[
    list[Path] | None, typer.Option("--config", "-c", help="Config layers, in order.")
]
Userdir = Annotated[
    Path, typer.Option(help="Freqtrade's user folder; the evidence is in plimsoll/evidence.")
]
StrategyPath = Annotated[
    Path | None, typer.Option(help="Folder of the strategy. [default: the user folder's]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the bundle as JSON.")]
DbUrl = Annotated[
    str | None,
    typer.Option("--db-url", help="The bot's database. [default: db_url of the config]"),
]
Datadir = Annotated[
    Path | None, typer.Option(help="Candles of the bot's pairs, to mark its account to market.")
]
Attest = Annotated[
    str | None, typer.Option(help='"NAME: reason": a person who takes the responsibility.')
]
USERDIR = Path("user_data")


@app.command()
def sandbox(
    strategy: Strategy,
    config: Config = None,
    userdir: Userdir = USERDIR,
    strategy_path: StrategyPath = None,
    as_json: AsJson = False,
) -> None:
    """Leave the sandbox: sound data, and an edge on days that nothing was trained on.

    Exit status of every gate: 0 go, 1 no-go, 2 wrong usage.
    """
    from plimsoll.gates.criterion import Gate

    _judge(Gate.SANDBOX, _asked(strategy, config, userdir, strategy_path), as_json)


@app.command()
def lab(
    strategy: Strategy,
    config: Config = None,
    userdir: Userdir = USERDIR,
    strategy_path: StrategyPath = None,
    as_json: AsJson = False,
) -> None:
    """Leave the lab: the edge is no luck of many trials, and beats the baselines."""
    from plimsoll.gates.criterion import Gate

    _judge(Gate.LAB, _asked(strategy, config, userdir, strategy_path), as_json)


@app.command()
def paper(
    strategy: Strategy,
    config: Config = None,
    userdir: Userdir = USERDIR,
    strategy_path: StrategyPath = None,
    db_url: DbUrl = None,
    datadir: Datadir = None,
    as_json: AsJson = False,
) -> None:
    """Leave paper trading: three months as the backtest said, with a whole log and sound books."""
    from dataclasses import replace

    from plimsoll.gates.criterion import Gate

    asked = _asked(strategy, config, userdir, strategy_path)
    _judge(Gate.PAPER, replace(asked, db_url=db_url, datadir=datadir), as_json)


@app.command()
def live(
    strategy: Strategy,
    config: Config = None,
    userdir: Userdir = USERDIR,
    strategy_path: StrategyPath = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="Of the drill. [default: out/drill/certificate/certificate.json]"),
    ] = None,
    attest: Attest = None,
    as_json: AsJson = False,
) -> None:
    """Open the first real money: drills, capital, limits, and a person's attestation.

    The layers are those that the live bot will have.
    """
    from dataclasses import replace

    from plimsoll.gates.criterion import Gate

    asked = _asked(strategy, config, userdir, strategy_path)
    _judge(Gate.LIVE, replace(asked, certificate=certificate, attest=attest), as_json)


@app.command()
def scale(
    strategy: Strategy,
    to: Annotated[
        float,
        typer.Option(
            help="Capital of the next step in USD; the same to keep it, less, or 0 to withdraw."
        ),
    ],
    attest: Annotated[str, typer.Option(help='"NAME: reason": who decides, and why.')],
    config: Config = None,
    userdir: Userdir = USERDIR,
    strategy_path: StrategyPath = None,
    db_url: DbUrl = None,
    datadir: Datadir = None,
    as_json: AsJson = False,
) -> None:
    """Review live capital: increase, keep, decrease or withdraw, on record.

    An increase needs every criterion; the other decisions are a person's to take at any time.
    """
    from dataclasses import replace

    from plimsoll.gates.criterion import Gate

    asked = _asked(strategy, config, userdir, strategy_path)
    _judge(
        Gate.SCALE,
        replace(asked, db_url=db_url, datadir=datadir, attest=attest, to_usd=to),
        as_json,
    )


@app.command("file")
def file_evidence(
    artefacts: Annotated[
        list[Path],
        typer.Argument(
            help="Results (.zip), certificates, and what data check, parity and audit print "
            "with --json."
        ),
    ],
    userdir: Userdir = USERDIR,
    strategy: Annotated[
        str | None,
        typer.Option("--strategy", "-s", help="Whose it is, where it does not say so."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """File evidence: copy it into the evidence folder, with its hash, for the gates to read.

    Exit status: 0 when all was filed, 1 when something is no evidence or contradicts itself, 2
    for wrong usage.
    """
    from plimsoll.core import UsageError
    from plimsoll.gates.filing import file_artefact
    from plimsoll.gates.register import Register

    if not userdir.is_dir():
        raise UsageError(f"expected a user folder at {userdir}, found none")
    register, now = Register(userdir), datetime.now(UTC)
    filed = [
        one
        for artefact in artefacts
        for one in file_artefact(register, artefact.expanduser(), now, strategy=strategy)
    ]
    if as_json:
        told = [
            {
                "kind": one.kind.value,
                "strategy": one.strategy,
                "origin": one.origin,
                "filed_at": one.filed_at.isoformat(),
                "files": [{"file": copy.file, "sha256": copy.sha256} for copy in one.copies],
            }
            for one in filed
        ]
        typer.echo(json.dumps(told, indent=1))
        return
    for one in filed:
        owner = f" of {one.strategy}" if one.strategy else ""
        typer.echo(f"filed: {one.kind.value}{owner}, {one.copies[0].sha256[:12]}, {one.origin}")


def _asked(
    strategy: str, config: list[Path] | None, userdir: Path, strategy_path: Path | None
) -> "Asked":
    from plimsoll.cli.gate_run import Asked

    return Asked(
        strategy=strategy,
        userdir=userdir.expanduser(),
        config=tuple(file.expanduser() for file in config or ()),
        strategy_path=None if strategy_path is None else strategy_path.expanduser(),
    )


def _judge(gate: "Gate", asked: "Asked", as_json: bool) -> NoReturn:
    from plimsoll.cli.gate_run import run_gate

    outcome = run_gate(gate, asked)
    if as_json:
        typer.echo(json.dumps(outcome.record, indent=1))
    else:
        typer.echo("\n".join(_lines(outcome)))
    raise typer.Exit(0 if outcome.record["verdict"] == "go" else 1)


def _lines(outcome: "Outcome") -> list[str]:
    from plimsoll.gates.criterion import Unit
    from plimsoll.reporting.gate_page import verdict_words

    record = outcome.record
    lines: list[str] = []
    said = ""
    width = max((len(row["name"]) for row in record["criteria"]), default=0)
    for row in record["criteria"]:
        unit = Unit(row["unit"])
        limit = f"{row['sense']} {unit.words(row['limit'])}"
        state = "go   " if row["go"] else "NO-GO"
        lines.append(f"{state} {row['name']:<{width}}  {unit.words(row['value'])} ({limit})")
        if not row["go"]:
            why = [f"      {row['reason']}"] if row["value"] is None else []
            mend = [*why, f"      -> {row['command']}"]
            lines += mend if "\n".join(mend) != said else []
            said = "\n".join(mend)
    lines += [
        f"loosened: {one['criterion']} {one['limit']:g}, shipped {one['shipped']:g}"
        for one in record["loosened"]
    ]
    return [*lines, "", verdict_words(record), str(outcome.file), str(outcome.page), *outcome.notes]
