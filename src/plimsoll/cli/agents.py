"""``plimsoll agents``: train agents and allocators, and show what lies there."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.core import UsageError

if TYPE_CHECKING:
    from plimsoll.agents import Agent, Allocator
    from plimsoll.learning.allocation_judgement import AllocationJudgement
    from plimsoll.learning.judgement import Judgement

app = typer.Typer(help="Train agents by reinforcement, and show them.", no_args_is_help=True)

Pairs = Annotated[list[str], typer.Option("--pair", help="To learn from; repeatable.")]
Day = Annotated[str, typer.Option(help="YYYY-MM-DD, UTC.")]
DataDir = Annotated[Path, typer.Option(help="Freqtrade's data folder of the exchange.")]
Folder = Annotated[Path, typer.Option(help="Where agents lie: user_data/agents/STRATEGY.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
DEFAULT = Path("user_data/agents/RLTrader")
ALLOCATORS = Path("user_data/agents/RLAllocator")


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
    forecasts: Annotated[
        Path | None,
        typer.Option(help="Learn with a model: user_data/models/ID/backtesting_predictions."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train an agent on candles up to a day, and judge it on the months after.

    It needs the extra rl (pip install 'freqtrade-plimsoll[rl]'). What was killed goes on.
    """
    from plimsoll.agents.training import Algorithm, Plan
    from plimsoll.lab.agent_training import Lesson, teach
    from plimsoll.learning import Inputs

    if algorithm not in list(Algorithm):
        raise UsageError(f"expected ppo, a2c or dqn, found {algorithm}")
    days = _days(begin, until)
    lesson = Lesson(
        datadir=datadir,
        pairs=tuple(pair),
        timeframe=timeframe,
        begin=days[0],
        until=days[1],
        inputs=Inputs(funding=funding, interest=interest, forecast=forecasts is not None),
        forecasts=forecasts,
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
def allocate(
    pair: Pairs,
    begin: Day,
    until: Day,
    datadir: DataDir = Path("user_data/data/binance"),
    folder: Folder = ALLOCATORS,
    steps: Annotated[int, typer.Option(min=1, help="Days to live through.")] = 131_072,
    seed: Annotated[int, typer.Option(min=0, help="Of the training.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Train an allocator of the rule strategies up to a day, and judge it on the quarters after.

    It needs the extra rl (pip install 'freqtrade-plimsoll[rl]'). What was killed goes on.
    """
    from plimsoll.agents.allocator_training import AllocatorPlan
    from plimsoll.lab.allocator_training import AllocatorLesson, teach_allocator

    days = _days(begin, until)
    lesson = AllocatorLesson(
        datadir=datadir,
        pairs=tuple(pair),
        begin=days[0],
        until=days[1],
        plan=AllocatorPlan(steps=steps, seed=seed),
    )
    taught = teach_allocator(lesson, folder, tell=lambda line: typer.echo(line, err=True))
    if as_json:
        told = {"file": str(taught.file), "judgement": _share_figures(taught.judgement)}
        typer.echo(json.dumps(_allocator_words(taught.allocator) | told, indent=2))
        return
    typer.echo(f"{taught.file}: {taught.allocator.steps:,} days")
    typer.echo(share_verdict(taught.judgement))


@app.command()
def show(folder: Folder = DEFAULT, as_json: AsJson = False) -> None:
    """List the agents of a folder; fail where one must not be asked."""
    from plimsoll.agents import Allocator, agent_files
    from plimsoll.agents.shelf import read_either

    read = {file.name: read_either(file) for file in agent_files(folder)}
    found = {
        name: _allocator_words(one) if isinstance(one, Allocator) else _words(one)
        for name, one in read.items()
    }
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for name, words in found.items():
        learned = f"{words['trained_from'][:10]} to {words['trained_until'][:10]}"
        of = words.get("pairs") or words["sleeves"]
        typer.echo(f"{name}: {words.get('timeframe', '1d')}, {learned}, {', '.join(of)}")
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


def share_verdict(judgement: "AllocationJudgement | None") -> str:
    """Return what a judgement of shares says, in a line."""
    if judgement is None:
        return "not judged: fewer than five quarters after the training"
    more, own, usual = judgement.difference, judgement.learned, judgement.equal
    found = "better" if judgement.is_better else "not better"
    return (
        f"{found} than equal shares on {judgement.episodes} quarters after: {more.mean:+.2%} a "
        f"quarter ({more.low:+.2%} to {more.high:+.2%}); learned {own.mean:+.2%}, equal "
        f"{usual.mean:+.2%}"
    )


def _days(*days: str) -> list[Any]:
    import pandas as pd

    try:
        return [pd.Timestamp(day, tz="UTC") for day in days]
    except ValueError as error:
        raise UsageError(f"expected days as YYYY-MM-DD, found {' and '.join(days)}") from error


def _allocator_words(one: "Allocator") -> dict[str, Any]:
    return {
        "kind": "allocator",
        "sleeves": list(one.sleeves),
        "trained_from": one.trained_from.isoformat(),
        "trained_until": one.trained_until.isoformat(),
        "steps": one.steps,
        "seed": one.seed,
        "made_with": dict(one.made_with),
    }


def _share_figures(judgement: "AllocationJudgement | None") -> dict[str, Any] | None:
    if judgement is None:
        return None
    named = {
        "learned": judgement.learned,
        "equal": judgement.equal,
        "difference": judgement.difference,
    }
    figures: dict[str, Any] = {name: [one.mean, one.low, one.high] for name, one in named.items()}
    return figures | {
        "is_better": judgement.is_better,
        "episodes": judgement.episodes,
        "turnover": judgement.turnover,
    }


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
