"""``docs/calibration.md`` and its picture, written from what was walked."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

from plimsoll.lab.calibration.edge import Edge
from plimsoll.lab.calibration.plan import Cut, Source
from plimsoll.lab.calibration.shares import (
    Share,
    alone,
    by_criterion,
    mean_sharpe,
    passes,
    reached,
    share_of,
)
from plimsoll.reporting.calibration_figure import Bars, Point, calibration_png
from tests.calibration.scenarios import EPOCHS, LOSS, STAKE_USD, STRATEGIES, TIMEFRAME, scenarios

Row = dict[str, Any]
WANTED = 0.80
Z_LEVEL, Z_WANTED = NormalDist().inv_cdf(0.95), NormalDist().inv_cdf(WANTED)
PAGE, PICTURE = "calibration.md", "images/calibration.png"

HEAD = """# Do the gates work?

<!-- Written by `make calibrate` from what it found. Do not edit by hand. -->

A gate that lets noise pass is worthless, and so is one that stops everything. Here the
[sandbox gate](gates.md) is measured: shipped strategies are optimised on made markets whose edge
is known, because it was planted or because there is none, and the gate judges what they did on
the days after.

![Left, how often the gate opened against the mean Sharpe ratio. Right, how many markets met each
criterion.](images/calibration.png)

```bash
make calibrate                                              # goes on after a kill
.venv/bin/python -m tests.calibration --share 0.1 --no-page   # a tenth of the markets
.venv/bin/python -m tests.calibration --only-page --json      # what was walked by now
```

"""

METHOD = """## How it is measured

**Markets** have two pairs, hourly steps and {years:.1f} tested years, after {train} days to train.

- *Synthetic*: geometric Brownian motion on a random clock. Volatility clusters over hours, days
  and weeks, tails are Student's t with 5 degrees, hours and weekends have their seasons, both
  pairs fall together. Highs and lows are those of the path between the hours' ends (Brownian
  bridge), so that a stop is met as often as the path meets it. Without an edge each price is a
  martingale: neither side can expect anything, at any stop. Tests hold it to that.
- *Real weeks*: BTC and ETH perpetuals, 2020 to 2025-06, hourly. Weeks are drawn in blocks of two
  on average, the same for both pairs, and each hour goes up or down by a coin: sizes, clusters
  and links are the market's, and nothing is left to foresee.
- *An edge*: the next hour's expected move is proportional to the exponential mean of past moves;
  with it: a trend; against it: a reversion. Its size is stated as the correlation of a day's
  forecast and move (information coefficient), and as what the optimised strategy made of it after
  costs. The first is the market's, the second is what a trader sees.
- No funding is paid: whatever a market paid, its price would have to give back.

**Strategies** are {strategies} on {timeframe} candles, costs of 7 basis points a fill, stakes of
{stake:,} of 10,000 USD for the one that does not size itself, guards off: they could only deny.

**The walk** is that of [`plimsoll walk-forward`](walk-forward.md): {windows} rolling windows, in
each a search of {epochs} epochs with Freqtrade's sampler and `{loss}` on {train} days,
the winner traded on the next {test}, by the fast lane; the tests are one account. A test compares
both with Freqtrade's own backtest and with `plimsoll search`. The figures are those of
`plimsoll gate sandbox`, and so are judge, criteria and limits. `data_errors` is left out: made
candles have none.

Intervals hold the true share with 95 % (Clopper & Pearson 1934). Markets of one strategy have
seeds of their own; those of different strengths of an edge, or with and without costs, share
their shocks, so that an interval over several strengths is a little too short.

"""

READING = """## Your own strategy

```bash
plimsoll calibrate --markets 100 --trend 2 --trend 3 --userdir user_data \\
    -c user_data/config/base.json -c user_data/config/venue-binance.json \\
    -c user_data/config/mode-backtest.json \\
    --strategy MomentumCross --spaces buy sell --hyperopt-loss SharpeHyperOptLossDaily --epochs 10
```

It walks the strategy over synthetic markets without an edge, and with each one that is named: a
`--trend` or a `--reversion`, by the yearly Sharpe ratio of who knows one pair's expected moves and
trades for nothing. The gate judges by the limits of your config. What is not an option of
`plimsoll calibrate --help` is an argument of `freqtrade hyperopt`.

- Every market is a row of a file in `user_data/plimsoll/calibrate/`; the same command goes on after
  a kill, and begins anew where strategy, config, space, epochs, windows or limits differ.
- The exit status is 1 when the gate opens without an edge more often than once in twenty, beyond
  what the number of markets leaves open.
- Markets have candles, and no funding, open interest, spot or news: a strategy that lives on those
  finds nothing here. Timeframes are from 1h to 1d; others are refused in one line.

## What it does not say

- {strategies_count} strategies are not all strategies, and a made market is not the market. An
  edge that fades, a regime that ends and a cost that rises are not in it.
- The share without an edge holds for one look. Who walks forward ten strategies and keeps the one
  that passes has looked ten times: that is what the [lab gate](gates.md) counts.
- A drawdown, a holding time or a turnover beyond the limits shuts the gate whatever the edge.
  That is meant: they say how a strategy may be traded, not whether it has an edge. `MomentumCross`
  and `MeanReversion` have their size in the space that is searched, and a Sharpe ratio does not
  care for it: where the search doubled it, an edge does not help. A loss that minds the fall, such
  as `CalmarCeilingLoss`, or a size that is not searched, does.
"""


def write_page(rows: Sequence[Row], cut: Cut, docs: Path) -> None:
    """Write page and picture."""
    years = cut.windows * cut.test_days / 365
    parts = [HEAD, *_answer(rows, years), *_without(rows), *_with(rows), *_criteria(rows)]
    parts.append(
        METHOD.format(
            years=years,
            train=cut.train_days,
            test=cut.test_days,
            windows=cut.windows,
            strategies=", ".join(f"`{one}`" for one in STRATEGIES),
            timeframe=TIMEFRAME,
            stake=STAKE_USD,
            epochs=EPOCHS,
            loss=LOSS,
        )
    )
    parts.append(READING.format(strategies_count=len(STRATEGIES)))
    (docs / PAGE).write_text("".join(parts), encoding="utf-8")
    title = f"How often the sandbox gate opens, after {years:.1f} tested years"
    (docs / PICTURE).write_bytes(
        calibration_png(_curves(rows), _bars(rows), years=years, title=title)
    )


def chosen(
    rows: Sequence[Row],
    *,
    strategy: str | None = None,
    source: Source = Source.SYNTHETIC,
    sharpe: float | None = None,
    free: bool = False,
) -> list[Row]:
    """Return the rows of a kind of market; ``sharpe`` of the planted edge, None without one."""
    return [
        row
        for row in rows
        for told in [row["scenario"]]
        if (strategy is None or told["strategy"] == strategy)
        and told["source"] == source.value
        and told["free"] == free
        and (None if told["edge"] is None else told["edge"]["sharpe"]) == sharpe
    ]


def strengths(strategy: str) -> list[Edge]:
    """Return the edges that are planted for a strategy, the weakest first."""
    edges = [one.edge for one in scenarios() if one.strategy == strategy and one.edge is not None]
    return sorted(edges, key=lambda one: abs(one.sharpe))


def _answer(rows: Sequence[Row], years: float) -> Iterator[str]:
    noise = passes(chosen(rows))
    real = passes(chosen(rows, source=Source.REAL_WEEKS))
    free = passes(chosen(rows, free=True))
    yield "## The answer\n\n"
    yield f"- **Without an edge** it opened on {_of(noise)} synthetic markets"
    yield f", and on {_of(real)} of real weeks" if real.count else ""
    yield (
        "."
        if not free.count
        else (f". Trading for nothing, where the true Sharpe ratio is exactly 0: {_of(free)}.")
    )
    yield "\n"
    least = (Z_LEVEL + Z_WANTED) / years**0.5
    known = passes(_known(rows, least))
    if known.count:
        yield (
            f"- **With an edge** that a strategy turned into a mean Sharpe ratio of {least:.2f} or "
            f"more after costs it opened on {_of(known)}. With that ratio the bound alone would "
            f"open on 80 % of accounts with normal days over {years:.1f} years; in half the time "
            f"it takes {least * 2**0.5:.2f}.\n"
        )
    for strategy in STRATEGIES:
        edge = strengths(strategy)[-1]
        strong = chosen(rows, strategy=strategy, sharpe=edge.sharpe)
        if not strong:
            continue
        mean, _ = mean_sharpe(strong)
        crossing = reached(_points(rows, strategy), WANTED)
        where = (
            "does not reach 80 % here"
            if crossing is None
            else f"reaches 80 % at a mean Sharpe ratio of about {crossing:.1f}"
        )
        yield (
            f"- **`{strategy}`**, its strongest edge a mean Sharpe ratio of {mean:.2f}: "
            f"{_of(passes(strong))}. The gate {where}.\n"
        )
    yield "\n"


def _of(share: Share) -> str:
    return (
        f"{share.passed} of {share.count} ({share.value:.1%}; {share.low:.1%} to {share.high:.1%})"
    )


def _without(rows: Sequence[Row]) -> Iterator[str]:
    yield "## Without an edge\n\n"
    yield "| Markets | Strategy | Walked | Mean Sharpe | Gate opened | Sharpe bound above 0 |\n"
    yield "| --- | --- | ---: | ---: | ---: | ---: |\n"
    kinds = [
        ("synthetic", Source.SYNTHETIC, False),
        ("synthetic, for nothing", Source.SYNTHETIC, True),
        ("real weeks", Source.REAL_WEEKS, False),
    ]
    for words, source, free in kinds:
        for strategy in (*STRATEGIES, None):
            own = chosen(rows, strategy=strategy, source=source, free=free)
            if own:
                yield f"| {words} | {_named(strategy)} | {_cells(own)} |\n"
    yield (
        "\nFor nothing means without costs: the least favourable case, and a check of the bound "
        "itself, which may be wrong once in twenty.\n\n"
    )


def _with(rows: Sequence[Row]) -> Iterator[str]:
    yield "## With a planted edge\n\n"
    yield (
        "| Strategy | Edge | Information coefficient a day | Walked | Mean Sharpe | Gate opened "
        "| Sharpe bound above 0 |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n"
    )
    for strategy in STRATEGIES:
        for edge in strengths(strategy):
            own = chosen(rows, strategy=strategy, sharpe=edge.sharpe)
            kind = "trend" if edge.sharpe > 0 else "reversion"
            if not own:
                continue
            yield (
                f"| `{strategy}` | {kind} of {edge.memory_hours:g} h | {abs(edge.daily):.3f} | "
                f"{_cells(own)} |\n"
            )
    yield (
        "\nThe mean is over markets, after optimisation and costs; with so many tested years one "
        "market's ratio is known to about ±1 / √years.\n\n"
    )


def _criteria(rows: Sequence[Row]) -> Iterator[str]:
    noise, strong = chosen(rows), _strongest(rows)
    without, planted = by_criterion(noise), by_criterion(strong)
    shut, kept = alone(noise), alone(strong)
    yield "## Which criterion does the work\n\n"
    yield (
        "| Criterion | Met without an edge | Met with the strongest edges | Alone shut the gate, "
        "without | Alone, with |\n| --- | ---: | ---: | ---: | ---: |\n"
    )
    for name, share in without.items():
        other = planted.get(name, share_of(0, 0))
        yield (
            f"| `{name}` | {share.words()} | {other.words()} | {shut.get(name, 0)} | "
            f"{kept.get(name, 0)} |\n"
        )
    yield "\n"


def _cells(rows: Sequence[Row]) -> str:
    mean, error = mean_sharpe(rows)
    bound = by_criterion(rows).get("out_of_sample_sharpe", share_of(0, 0))
    ratio = f"{mean:.2f} ± {error:.2f}" if len(rows) > 1 else "-"
    return f"{len(rows)} | {ratio} | {passes(rows).words()} | {bound.words()}"


def _named(strategy: str | None) -> str:
    return "**all**" if strategy is None else f"`{strategy}`"


def _strongest(rows: Sequence[Row]) -> list[Row]:
    return [
        row
        for strategy in STRATEGIES
        for row in chosen(rows, strategy=strategy, sharpe=strengths(strategy)[-1].sharpe)
    ]


def _known(rows: Sequence[Row], least: float) -> list[Row]:
    """Return the rows of the edges that strategies turned into a mean Sharpe ratio at least."""
    kinds = [
        chosen(rows, strategy=strategy, sharpe=edge.sharpe)
        for strategy in STRATEGIES
        for edge in strengths(strategy)
    ]
    return [row for own in kinds if mean_sharpe(own)[0] >= least for row in own]


def _points(rows: Sequence[Row], strategy: str) -> list[tuple[float, float]]:
    return [(one.sharpe, one.share) for one in _curve(rows, strategy)]


def _curve(rows: Sequence[Row], strategy: str) -> list[Point]:
    made = []
    for sharpe in (None, *(one.sharpe for one in strengths(strategy))):
        own = chosen(rows, strategy=strategy, sharpe=sharpe)
        if own:
            share = passes(own)
            made.append(Point(mean_sharpe(own)[0], share.value, share.low, share.high))
    return made


def _curves(rows: Sequence[Row]) -> dict[str, list[Point]]:
    return {strategy: _curve(rows, strategy) for strategy in STRATEGIES}


def _bars(rows: Sequence[Row]) -> Bars:
    return Bars(
        {name: one.value for name, one in by_criterion(chosen(rows)).items()},
        {name: one.value for name, one in by_criterion(_strongest(rows)).items()},
    )
