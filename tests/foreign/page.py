"""``docs/foreign-strategies.md``, written from what was run and measured."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from freqtrade import __version__ as freqtrade_version

from tests.bench.foreign import STRATEGIES as TIMED
from tests.drills.evidence import read

SHAPES = {
    "SampleStrategy": "Freqtrade's own sample",
    "FreqaiExampleStrategy": "Freqtrade's FreqAI example",
    "EmaCrossRoi": "averages that cross, ROI table, trailing stop with an offset, long tags",
    "DcaLadder": "`adjust_trade_position` with tags: additions and partial exits",
    "FuturesLongShort": "long and short, `leverage`, `custom_stoploss`",
    "MultiTimeframe": "`@informative`, another pair's candles, `merge_informative_pair`",
    "LimitMaker": "`custom_entry_price`, `custom_exit_price`, `adjust_entry_price`, timeouts",
    "RaisingCallbacks": "every callback fails now and then",
    "OrderFilledState": "`order_filled`, `custom_stoploss` after a fill, data on the trade",
    "HyperoptSpaces": "parameters of each kind, protections, spaces of its own",
    "MixedIn": "two mixins over a base, `super`, `version`",
    "Thousands": "5,000 lines",
    "OldInterface": "interface version 2, on spot",
}
"""What each strategy has that others have not."""

HEAD = """# Strategies of others

<!-- Written by `make foreign` from what it measured. Do not edit by hand. -->

Thirteen strategies that import nothing of Plimsoll, each of another shape, with the guards around
them by `base.json` alone: as they are, not a line changed. Two are Freqtrade's own templates, taken
from the installed package.

```bash
make foreign    # all of this page; rewrites it
make test       # a few of them are among the tests
```

## The same trades while the guards observe

A backtest with the plain `freqtrade` command and the config that Freqtrade writes for a new user,
for the same account, pairs, prices and fee, and the same with our layers and
`"plimsoll": {{"guards": "observe"}}`: 4 pairs of the [simulated exchange](venue.md), {days} days of
5 m. Every field of every trade and of its orders is compared, in order; the hash is over all of
them, and was the same both times. The template's `unfilledtimeout` is left out, since it would
override a strategy's own.

"""

ALSO = """
The same equality holds, by test, for `--strategy-list`, `--timeframe-detail`, a strategy given as
base64, `--recursive-strategy-search`, FreqAI, spot, `hyperopt -j 2` (trades, loss and parameters of
every epoch), and for four of them on a month of the real market. `lookahead-analysis`,
`recursive-analysis` and `list-strategies` print the same tables, also with guards that enforce.

"""

COST = """## What observing costs

Seconds of the processor in the backtest loop, the least of three rounds in turn; the target is
1.05 at most. The [benchmarks](benchmarks.md) measure the same.

"""

CRASH = """
## A crash in a running bot

`freqtrade trade` on the simulated exchange, at 120 times real time, with the strategy's own stop
and orders. Once it holds positions the market falls within 30 s by less than its own stop (by 12 %
for the ladder, 6 % for the averages, 2.5 to 4 % for others); the drawdown that halts is narrowed
to 1 %, and one observation of it is enough. Each row is checked in the decision log, the database,
REST and Telegram; then nothing is entered, by hand neither, until `plimsoll resume`. **Loops** are
counted from the loop of the verdict, 1 is the same one; **simulated s** run from the verdict to the
last close.

"""

HOSTILE = """
`HostileForeign` is written to hold on: no exit signals, exits only in a profit, every order type a
limit, its exit 1 % away, `confirm_trade_exit` refusing, `should_exit` empty, `bot_loop_start`
raising, all of it set again each loop.

"""

MADE = """
## How it was made

One run of `make foreign` on {today}, {minutes:.0f} minutes, with Freqtrade {freqtrade}.
"""

OBSERVED = """## The same crash while the guards observe

Nothing is refused, closed or locked; the verdict is recorded and told.

"""


def write_page(
    evidence: Path, figures: Mapping[str, float], docs: Path, *, seconds: float, days: int = 8
) -> None:
    """Write ``foreign-strategies.md`` into a folder."""
    parts = [
        HEAD.format(days=days),
        equal_table(_data(evidence, "equal")),
        ALSO,
        COST,
        cost_table(figures),
        CRASH,
        crash_table(_data(evidence, "crash")),
        HOSTILE,
        OBSERVED,
        observed_table(_data(evidence, "observed")),
        MADE.format(
            today=datetime.now(UTC).date(),
            minutes=max(1.0, seconds / 60),
            freqtrade=freqtrade_version,
        ),
    ]
    (docs / "foreign-strategies.md").write_text("".join(parts), encoding="utf-8")


def equal_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of strategies with their trades and the hash that both runs share."""
    order = list(SHAPES)
    lines = [
        (f"`{one['strategy']}`", SHAPES[one["strategy"]], f"{one['trades']:,}", one["digest"][:12])
        for one in sorted(rows, key=lambda one: order.index(one["strategy"]))
    ]
    return _table(("Strategy", "What is special", "Trades", "Hash, both"), lines)


def cost_table(figures: Mapping[str, float]) -> str:
    """Return a table of what observing costs a strategy."""
    lines = [
        (
            f"`{name}`",
            f"{figures[f'foreign_{name}_bare_seconds']:.2f}",
            f"{figures[f'foreign_{name}_cost_ratio']:.3f} ×",
        )
        for name in TIMED
    ]
    lines.append(("all four", "", f"{figures['foreign_cost_ratio']:.3f} ×"))
    return _table(("Strategy", "Bare, s", "Observed / bare"), lines)


def crash_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of the crashes; the hostile one last."""
    lines = [
        (
            f"`{one['strategy']}`",
            one["run"],
            f"`{one['rule']}` {one['value']:.4f} / {one['limit']:g}",
            str(one["closed"]),
            str(one["loops"]),
            f"{one['simulated_seconds']:.1f}",
            one["after"],
        )
        for one in sorted(rows, key=lambda one: one["strategy"] == "HostileForeign")
    ]
    head = ("Strategy", "Run", "Value / limit", "Closed", "Loops", "Simulated s", "Afterwards")
    return _table(head, lines)


def observed_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of what was said instead of done."""
    lines = [
        (
            f"`{one['strategy']}`",
            f"{one['value']:.4f} / {one['limit']:g}",
            str(one["open_after"]),
            " ".join(one["told"].split()),
        )
        for one in rows
    ]
    return _table(("Strategy", "Value / limit", "Still open", "Told"), lines)


def _data(evidence: Path, name: str) -> list[dict[str, Any]]:
    return [one for one in read(evidence, "data") if one["about"] == name]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
