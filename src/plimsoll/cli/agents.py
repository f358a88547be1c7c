"""``plimsoll agents``: train agents for `RLTrader`, and show what lies there."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.core import UsageError

if TYPE_CHECKING:
    from plimsoll.agents import Agent
    from plimsoll.learning.judgement import Judgement

app = typer.Typer(help="Train agents by reinforcement, and show them.", no_args_is_help=True)

Pairs = Annotated[list[str], typer.Option("--pair", help="To learn from; repeatable.")]
Day = Annotated[str, typer.Option(help="YYYY-MM-DD, UTC.")]
DataDir = Annotated[Path, typer.Option(help="Freqtrade's data folder of the exchange.")]
Folder = Annotated[Path, typer.Option(help="Where agents lie: user_data/agents/STRATEGY.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
DEFAULT = Path("user_data/agents/RLTrader")


@app.command()
def train(
    pair: Pairs,
    begin: Day,
    until: Day,
    datadir: DataDir = Path("user_data/data/binance"),
    folder: Folder = DEFAULT,
    timeframe: Annotated[str, typer.Option(help="Of the candles.")] = "1h",
    algorithm: Annotated[str, typer.Option(help="ppo, a2c or dqn.")] = "ppo",
    steps: Annotated[int, typer.Option(min=1, help="Candles to live through.")] = 300_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the training.")] = 1,
    funding: Annotated[bool, typer.Option(help="Learn with funding rates.")] = True,
    interest: Annotated[bool, typer.Option(help="Learn with open interest.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train an agent on candles up to a day, and judge it on the months after.

    It needs the extra rl (pip install 'freqtrade-plimsoll[rl]'). What was killed goes on.
    """
    import pandas as pd

    from plimsoll.agents.training import Algorithm, Plan
    from plimsoll.lab.agent_training import Lesson, teach
    from plimsoll.learning import Inputs

    if algorithm not in list(Algorithm):
        raise UsageError(f"expected ppo, a2c or dqn, found {algorithm}")
    try:
        days = [pd.Timestamp(day, tz="UTC") for day in (begin, until)]
    except ValueError as error:
        raise UsageError(f"expected days as YYYY-MM-DD, found {begin} and {until}") from error
    lesson = Lesson(
        datadir=datadir,
        pairs=tuple(pair),
        timeframe=timeframe,
        begin=days[0],
        until=days[1],
        inputs=Inputs(funding=funding, interest=interest),
        plan=Plan(algorithm=Algorithm(algorithm), steps=steps, seed=seed),
    )
    taught = teach(lesson, folder, tell=lambda line: typer.echo(line, err=True))
    if as_json:
        told = {"file": str(taught.file), "judgement": _figures(taught.judgement)}
        typer.echo(json.dumps(_words(taught.agent) | told, indent=2))
        return
    typer.echo(f"{taught.file}: {taught.agent.steps:,} steps")
    typer.echo(verdict(taught.judgement))


@app.command()
def show(folder: Folder = DEFAULT, as_json: AsJson = False) -> None:
    """List the agents of a folder; fail where one must not be asked."""
    from plimsoll.agents import agent_files, read_agent

    found = {file.name: _words(read_agent(file)) for file in agent_files(folder)}
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for name, words in found.items():
        learned = f"{words['trained_from'][:10]} to {words['trained_until'][:10]}"
        typer.echo(f"{name}: {words['timeframe']}, {learned}, {', '.join(words['pairs'])}")
    if not found:
        typer.echo(f"no agent in {folder}")


def verdict(judgement: "Judgement | None") -> str:
    """Return what a judgement says, in a line."""
    if judgement is None:
        return "not judged: fewer than five months after the training"
    own, chance = judgement.agent, judgement.random
    found = "better than" if judgement.is_better else "not better than"
    return (
        f"{found} holding nothing and chance on the months after: {own.mean:+.2%} a month "
        f"({own.low:+.2%} to {own.high:+.2%}), chance {chance.mean:+.2%} "
        f"({chance.low:+.2%} to {chance.high:+.2%})"
    )


def _words(agent: "Agent") -> dict[str, Any]:
    return {
        "algorithm": agent.algorithm,
        "timeframe": agent.timeframe,
        "pairs": list(agent.pairs),
        "trained_from": agent.trained_from.isoformat(),
        "trained_until": agent.trained_until.isoformat(),
        "steps": agent.steps,
        "seed": agent.seed,
        "inputs": agent.inputs.words(),
        "made_with": dict(agent.made_with),
    }


def _figures(judgement: "Judgement | None") -> dict[str, Any] | None:
    if judgement is None:
        return None
    named = {"agent": judgement.agent, "gross": judgement.gross, "random": judgement.random}
    figures: dict[str, Any] = {name: [one.mean, one.low, one.high] for name, one in named.items()}
    return figures | {"is_better": judgement.is_better, "trades": judgement.trades}
