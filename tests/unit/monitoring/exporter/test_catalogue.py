"""The catalogue: names as Prometheus wants them, and the table of the page."""

import re

import pytest

from plimsoll.monitoring.exporter.catalogue import BY_NAME, METRICS, PREFIX, Kind, Metric
from tests.conftest import ROOT

PAGE = ROOT / "docs/metrics.md"
FOREIGN = re.compile(r"_(?:ms|minutes|hours|percent|pct|count|milliseconds)\b")


def row(metric: Metric) -> str:
    labels = ", ".join(f"`{one}`" for one in metric.labels) or "–"
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.source} | {metric.help} |"


def test_the_pages_table_is_the_catalogue() -> None:
    shown = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if PREFIX in line]
    rows = [line for line in shown if line.startswith(f"| `{PREFIX}")]
    assert rows == [row(one) for one in METRICS]


def test_every_name_is_there_once() -> None:
    assert len(BY_NAME) == len(METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda one: one.name)
def test_a_name_has_base_units_and_total_where_it_only_grows(metric: Metric) -> None:
    assert re.fullmatch(r"plimsoll_[a-z][a-z_]*[a-z]", metric.name)
    assert FOREIGN.search(metric.name) is None
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert metric.help.endswith(".")
    assert "bot" not in metric.labels
    if metric.kind is Kind.HISTOGRAM:
        assert metric.name.endswith("_seconds")
