"""``docs/model-results.md``, written from the rows of a run."""

from collections.abc import Sequence
from typing import Any

from freqtrade import __version__ as freqtrade_version

from tests.model_results.subjects import BASELINES, RETRAIN_DAYS, SPAN

HEAD = """# Models against rules on real data

<!-- Written by `make model-results` from what it ran. Do not edit by hand. -->

BTC, ETH and SOL perpetuals, 1 h, {span}: each model is trained on the 730 days before and trades the
next {retrain} days, then it is trained anew, so that it never trades what it has seen. Freqtrade
{freqtrade}'s own backtest, taker fees, spread and funding by the [stated costs](costs.md), guards
off, 100,000 USDT, the shipped parameters. `SlowTrend` decides on candles of four hours.
[What is compared](compare.md) and what it takes to add value.

```bash
make model-results DATA=folder
```

One run each, none repeated for its result. Part of the span had been looked at before: 2023 and 2024
by the [first model](research/model-direction.md).

## What they made

| Model | Trades | Return | Deepest fall | Sharpe | Forecasts that leant to the right side | Brier skill | Calibration error | Wall, processor time | Peak memory |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""  # noqa: E501

DIFFERENCE = """
*Right side*: of the forecasts after which the price moved by more than 0.5 % in 4 hours. *Brier
skill*: above 0 says more than how often it rose at all. Memory is that of the largest process.

## Against rules

| Model | Against | Its Sharpe | Difference a year (90 %) | Probability, deflated | Verdict |
|---|---|--:|--:|--:|---|
"""


def page(rows: Sequence[dict[str, Any]]) -> str:
    """Return the page's text."""
    span = " to ".join(f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in SPAN.split("-"))
    text = HEAD.format(span=span, retrain=RETRAIN_DAYS, freqtrade=freqtrade_version)
    text += "".join(_own(row) for row in rows) + DIFFERENCE
    text += "".join(_against(row, name) for row in rows for name in row["against"])
    for row in rows:
        record = row["against"][BASELINES[0]]
        text += f"\n## {row['model']}\n\n"
        text += f"![{row['model']} against {BASELINES[0]}](images/compare-{row['model']}.png)\n\n"
        text += _regimes(record)
    return text


def _own(row: dict[str, Any]) -> str:
    record = row["against"][BASELINES[0]]
    side, told = record["compared"]["candidate"], record["forecasts"]
    cells = (
        f"`{row['model']}`",
        f"{record['trades']:,}",
        f"{side['total_return_fraction']:+.1%}",
        f"{side['drawdown_fraction']:.1%}",
        _figure(side["sharpe"], ".2f"),
        f"{_figure(told['accuracy_fraction'], '.1%')} of {told['sided']:,}",
        _figure(told["brier_skill"], "+.3f"),
        _figure(told["calibration_error"], ".3f"),
        f"{row['wall_seconds']:,.0f} s, {row['processor_seconds']:,.0f} s",
        f"{row['peak_mb']:,.0f} MB",
    )
    return f"| {' | '.join(cells)} |\n"


def _against(row: dict[str, Any], name: str) -> str:
    told = row["against"][name]["compared"]
    verdict = (
        "adds value" if told["adds_value"] else f"does not add value: {'; '.join(told['why'])}"
    )
    cells = (
        f"`{row['model']}`",
        name,
        _figure(told["baseline"]["sharpe"], ".2f"),
        f"{told['difference']:+.2f} ({told['low']:+.2f} to {told['high']:+.2f})",
        f"{told['probability']:.0%}, trials: {told['trials']:,}",
        verdict,
    )
    return f"| {' | '.join(cells)} |\n"


def _regimes(record: dict[str, Any]) -> str:
    text = (
        f"| Market | Days | Sharpe | of {record['against']} | Return | of {record['against']} |\n"
    )
    text += "|---|--:|--:|--:|--:|--:|\n"
    for one in record["compared"]["regimes"]:
        own, theirs = one["candidate"], one["baseline"]
        text += (
            f"| {one['name']} | {own['days']:,} | {_figure(own['sharpe'], '.2f')} | "
            f"{_figure(theirs['sharpe'], '.2f')} | {own['total_return_fraction']:+.1%} | "
            f"{theirs['total_return_fraction']:+.1%} |\n"
        )
    return text


def _figure(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
