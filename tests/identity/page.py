"""``docs/identity.md``, written from what a run found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.identity.record import state_of
from tests.identity.running import COMPILED, SPARSE

HEAD = """# Is the fast lane Freqtrade's backtest?

<!-- Written by `make identity` from what it found. Do not edit by hand. -->

Settings are drawn from a seed: a market, a strategy and a config. Each is run by Freqtrade's own
`Backtesting.backtest` and by the fast lane, on the same candles in one process, and the answers
are compared: every field of every trade and of its orders as the doubles that they are, their
order, the final balance, the counts of rejected signals and of timed-out, cancelled and replaced
orders, the locks, the captured wallet, and what the guards did.

```bash
make identity                                        # {settings} settings; rewrites this page
.venv/bin/python -m tests.identity --kind rules --seed 7 --settings 100
.venv/bin/python -m tests.identity --kind rules --seed 7 --only 31   # one again, with its source
```

| Kind | What is drawn |
| --- | --- |
| plain | signals by lot, ROI tables, stops, trailing, leverage, order types |
| rules | our strategies of rules, shipped and by lot, with drawn parameters |
| callbacks | the callbacks of Freqtrade: stops, ROI, stakes, confirmations, prices, adjustments |
| guards | rules and plain strategies under guards that enforce or observe, by drawn limits |
| portfolio | the shipped portfolios on made-up markets |
| spot | spot instead of perpetuals |
| real | rules on recorded candles of the exchange, holes included |

Markets have 1 to 6 pairs of 5 m to 4 h, trend, revert or jump, with gaps, holes, candles without
volume, wicks through stop and target at once, pairs that begin late or end early, prices from a
millionth to a hundred thousand, and steps that change by the month; marks and funding have holes.

*Compiled* settings went through the compiled loop, *sparse* ones through Freqtrade's own code on
the candles that matter alone; why is below. *Refused* is what the lane leaves to Freqtrade's own
loop, with its reason. It counts as nothing: neither as equal nor as different. *No backtest* is
what Freqtrade or the strategy itself refuses.

"""
ENDS = ("roi", "stop_loss", "trailing_stop_loss", "liquidation", "exit_signal", "force_exit")
COLUMNS = ("Kind", "Settings", "Compiled", "Sparse", "Trades", "Identical", "Different", "Refused")


def write_page(rows: Sequence[dict[str, Any]], seed: int, page: Path) -> None:
    """Write the page."""
    parts = [
        HEAD.format(settings=1500),
        f"## {len(rows):,} settings, seed {seed}\n\n",
        _table(rows),
        _speed(rows),
        _ends(rows),
        _reasons("Why sparse; a setting may have several reasons", rows, "slower"),
        _reasons("What was refused", rows, "refusal"),
        _reasons("No backtest", rows, "error"),
        _differences(rows),
    ]
    page.write_text("".join(parts), encoding="utf-8")


def _table(rows: Sequence[dict[str, Any]]) -> str:
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    lines = [[*COLUMNS, "No backtest"], ["---"] * (len(COLUMNS) + 1)]
    lines += [_line(kind, [row for row in rows if row["kind"] == kind]) for kind in kinds]
    lines.append(_line("all", rows))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _line(name: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    states = Counter(state_of(row) for row in rows)
    compared = [row for row in rows if state_of(row) in ("identical", "different")]
    trades = sum(row["trades"] for row in compared)
    ways = Counter(row["way"] for row in compared)
    counts = (
        len(rows),
        ways[COMPILED],
        ways[SPARSE],
        trades,
        states["identical"],
        states["different"],
    )
    return [name, *(f"{one:,}" for one in (*counts, states["refused"], states["error"]))]


def _speed(rows: Sequence[dict[str, Any]]) -> str:
    compared = [row for row in rows if state_of(row) == "identical"]
    if not compared:
        return ""
    slow = sum(row["freqtrade_seconds"] for row in compared)
    fast = sum(row["lane_seconds"] for row in compared)
    return (
        f"\nThe identical ones took Freqtrade's loop {slow:,.0f} s and the lane {fast:,.1f} s, "
        "packing included, on small markets: [benchmarks](benchmarks.md) has the speed.\n"
    )


def _ends(rows: Sequence[dict[str, Any]]) -> str:
    """Return how the compared trades ended: what of Freqtrade's loop they went through."""
    ends = Counter[str]()
    for row in rows:
        if state_of(row) == "identical":
            ends.update(_grouped(row["ends"]))
    if not ends:
        return ""
    lines = ["\n## How identical trades ended\n\n| Exit | Trades |\n| --- | --- |\n"]
    lines += [f"| {name} | {count:,} |\n" for name, count in ends.most_common()]
    return "".join(lines)


def _grouped(ends: Mapping[str, int]) -> Counter[str]:
    made = Counter[str]()
    for name, count in ends.items():
        known = name in ENDS or name.startswith(("plimsoll_", "("))
        made[name if known else "an exit signal with a tag, or a reason of the strategy"] += count
    return made


def _reasons(title: str, rows: Sequence[dict[str, Any]], name: str) -> str:
    texts = [_plain(row[name]) for row in rows if row[name] is not None]
    reasons = Counter(one for text in texts for one in text.split("; "))
    if not reasons:
        return ""
    lines = [f"\n## {title}\n\n| Reason | Settings |\n| --- | --- |\n"]
    lines += [f"| {reason} | {count} |\n" for reason, count in reasons.most_common(25)]
    return "".join(lines)


def _plain(reason: str) -> str:
    return reason.split("\n")[0].replace("|", "\\|")[:160]


def _differences(rows: Sequence[dict[str, Any]]) -> str:
    bad = [row for row in rows if state_of(row) == "different"]
    if not bad:
        return "\nNo setting differed.\n"
    lines = ["\n## What differs\n\n"]
    for row in bad:
        first = row["difference"].split("\n")[0]
        lines.append(f"- {row['kind']} {row['number']} ({row['strategy']}): {first}\n")
    return "".join(lines)
