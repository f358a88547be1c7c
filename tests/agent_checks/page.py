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


def page(rows: Sequence[Row], *, planned: int) -> str:
    """Return the page; ``planned`` is how many rows there are to be."""
    planted = [row for row in rows if row["trial"]["planted"]]
    noise = [row for row in rows if not row["trial"]["planted"]]
    wrong = sum(row["is_better"] for row in noise)
    seconds = sum(row["seconds"] for row in rows)
    made = rows[0]["made_with"] if rows else {}
    parts = [HEAD]
    if planted:
        found = sum(row["is_better"] for row in planted)
        parts.append(
            "## A planted pattern\n\n"
            f"Found by {found} of {len(planted)} agents.\n\n"
            "| Algorithm | Seed | Steps | Reward a step, first and last round | "
            "Month, net (95 %) | Chance (95 %) | Entries a month | Better |\n"
            "|---|---|---|---|---|---|---|---|\n" + "\n".join(map(_planted_row, planted)) + "\n"
        )
        parts.append(
            "![Reward while learning and afterwards](images/agents.png)\n\n"
            "Left the mean reward of a step while learning, one line an agent; right the sum of "
            "the rewards on months that it has not seen.\n"
        )
    if noise:
        high = binomtest(wrong, len(noise)).proportion_ci(0.95, method="exact").high
        gross = sum(row["gross"]["low"] > 0 for row in noise)
        means = sorted(row["agent"]["mean"] for row in noise)
        parts.append(
            "## Pure noise\n\n"
            f"{wrong} of {len(noise)} agents (PPO) were declared better; with 95 % confidence the "
            f"rate is below {high:.0%}. The interval of {gross} lay above 0 before costs. Their "
            f"mean month was {means[0]:+.2%} to {means[-1]:+.2%} after costs, that of chance "
            f"{_mean(noise, 'random'):+.2%}.\n"
        )
    versions = ", ".join(f"{name} {version}" for name, version in made.items())
    if len(rows) < planned:
        parts.append(
            f"**Not finished**: {len(rows)} of {planned} trainings have run; "
            "`make train-agents` goes on.\n"
        )
    parts.append(
        f"{len(rows)} trainings took {seconds / 60:.0f} minutes of one processor ({versions}).\n"
    )
    return "\n".join(parts)


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


def _interval(one: Mapping[str, float]) -> str:
    return f"{one['mean']:+.1%} ({one['low']:+.1%} to {one['high']:+.1%})"


def _mean(rows: Sequence[Row], name: str) -> float:
    return float(sum(row[name]["mean"] for row in rows) / len(rows))
