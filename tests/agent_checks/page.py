"""The page of what agents learn, from rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from scipy.stats import binomtest

Row = Mapping[str, Any]

HEAD = """# What an agent learns

<!-- Written by `make train-agents`. -->

Whether the agents of [reinforcement learning](agents.md) learn what is there and nothing that is
not, on made markets: random walks by the hour with a deviation of 0.6 %. Where a pattern is
planted, the price drifts by 0.15 % an hour one way, for three days on average, and then the other.
Each agent learns in one market of 24 months and is judged in another of the same kind, with fees,
spread and slippage of 7 basis points a fill, against always holding (which makes nothing) and
against 20 agents that take any allowed action. *Better* means: the 95 % interval of its mean month
(bootstrap) lies above both.
"""

ALLOCATOR_HEAD = """## Shares of strategies

Whether an [allocator](agents.md#an-allocator-of-strategies) learns where an edge is. Four made
sleeves have daily returns with a deviation of 0.5 %, 40 % of the variance in common; wild times, 60
days on average and 1.6 times as wild, follow calm ones. Where an edge is planted, one sleeve,
another one each time, makes 0.4 of its deviation a day in wild times and none does in calm
ones. Each allocator learns on 12 years and is judged on 12 others (48 quarters) against equal
shares, with 7 basis points of what is moved. *Better* means: the 95 % interval of the mean
difference of a quarter (bootstrap) lies above 0.
"""


def page(rows: Sequence[Row], shares: Sequence[Row] = (), *, planned: int) -> str:
    """Return the page of agents and allocators; ``planned`` is how many rows there are to be."""
    every = [*rows, *shares]
    seconds = sum(row["seconds"] for row in every)
    made = every[0]["made_with"] if every else {}
    planted = [row for row in rows if row["trial"]["planted"]]
    noise = [row for row in rows if not row["trial"]["planted"]]
    parts = [HEAD, *_planted(planted), *_noise(noise), *_allocators(shares)]
    versions = ", ".join(f"{name} {version}" for name, version in made.items())
    if len(every) < planned:
        parts.append(
            f"**Not finished**: {len(every)} of {planned} trainings have run; "
            "`make train-agents` goes on.\n"
        )
    parts.append(
        f"{len(every)} trainings took {seconds / 60:.0f} minutes of one processor ({versions}).\n"
    )
    return "\n".join(parts)


def _planted(planted: Sequence[Row]) -> list[str]:
    if not planted:
        return []
    found = sum(row["is_better"] for row in planted)
    return [
        (
            "## A planted pattern\n\n"
            f"Found by {found} of {len(planted)} agents.\n\n"
            "| Algorithm | Seed | Steps | Reward a step, first and last round | "
            "Month, net (95 %) | Chance (95 %) | Entries a month | Better |\n"
            "|---|---|---|---|---|---|---|---|\n" + "\n".join(map(_planted_row, planted)) + "\n"
        ),
        (
            "![Reward while learning and afterwards](images/agents.png)\n\n"
            "Left the mean reward of a step while learning, one line an agent; right the sum of "
            "the rewards on months that it has not seen.\n"
        ),
    ]


def _noise(noise: Sequence[Row]) -> list[str]:
    if not noise:
        return []
    lines = []
    for algorithm in sorted({row["trial"]["algorithm"] for row in noise}):
        its = [row for row in noise if row["trial"]["algorithm"] == algorithm]
        wrong = sum(row["is_better"] for row in its)
        gross = sum(row["gross"]["low"] > 0 for row in its)
        means = sorted(row["agent"]["mean"] for row in its)
        cells = (
            algorithm.upper(),
            str(len(its)),
            str(wrong),
            f"{_most(wrong, len(its)):.0%}",
            str(gross),
            f"{means[0]:+.2%} to {means[-1]:+.2%}",
            f"{_mean(its, 'random'):+.2%}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return [
        (
            "## Pure noise\n\n"
            "How many were declared better, and below what their rate is with 95 % confidence "
            "(Clopper and Pearson); of how many the interval before costs lay above 0.\n\n"
            "| Algorithm | Agents | Declared better | Rate below | Above 0 before costs | "
            "Mean month, net | Chance |\n"
            "|---|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n"
        )
    ]


def _allocators(shares: Sequence[Row]) -> list[str]:
    if not shares:
        return []
    planted = [row for row in shares if row["trial"]["planted"]]
    noise = [row for row in shares if not row["trial"]["planted"]]
    found = sum(row["is_better"] for row in planted)
    parts = [
        ALLOCATOR_HEAD + f"\n{found} of {len(planted)} allocators were better with the edge.\n\n"
        "| Seed | Reward a day, first and last round | Quarter, learned | Equal | "
        "Difference (95 %) | Drawdown of a quarter, learned and equal | Moved a day | Better |\n"
        "|---|---|---|---|---|---|---|---|\n" + "\n".join(map(_share_row, planted)) + "\n"
    ]
    if noise:
        wrong = sum(row["is_better"] for row in noise)
        means = sorted(row["difference"]["mean"] for row in noise)
        parts.append(
            f"On noise {wrong} of {len(noise)} were declared better; with 95 % confidence the rate "
            f"is below {_most(wrong, len(noise)):.0%}. Their mean quarter differed from that of "
            f"equal shares by {means[0]:+.2%} to {means[-1]:+.2%}.\n"
        )
    return parts


def _share_row(row: Row) -> str:
    cells = (
        str(row["trial"]["seed"]),
        f"{row['rewards'][0]:+.4f}, {row['rewards'][-1]:+.4f}",
        f"{row['learned']['mean']:+.2%}",
        f"{row['equal']['mean']:+.2%}",
        _interval(row["difference"], digits=2),
        f"{row['drawdown']:.1%}, {row['equal_drawdown']:.1%}",
        f"{row['turnover']:.2f}",
        "yes" if row["is_better"] else "no",
    )
    return "| " + " | ".join(cells) + " |"


def _most(wrong: int, of: int) -> float:
    return float(binomtest(wrong, of).proportion_ci(0.95, method="exact").high)


def _planted_row(row: Row) -> str:
    trial, agent, chance = row["trial"], row["agent"], row["random"]
    cells = (
        trial["algorithm"].upper(),
        str(trial["seed"]),
        f"{row['steps']:,}",
        f"{row['rewards'][0]:+.4f}, {row['rewards'][-1]:+.4f}",
        _interval(agent),
        _interval(chance),
        f"{row['trades']:.1f}",
        "yes" if row["is_better"] else "no",
    )
    return "| " + " | ".join(cells) + " |"


def _interval(one: Mapping[str, float], digits: int = 1) -> str:
    mean, low, high = (f"{one[name]:+.{digits}%}" for name in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def _mean(rows: Sequence[Row], name: str) -> float:
    return float(sum(row[name]["mean"] for row in rows) / len(rows))
