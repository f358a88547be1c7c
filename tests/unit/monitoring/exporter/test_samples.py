"""Values on their way to the page: absent is not nought, and labels are bounded."""

from math import inf, nan

import pytest
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from plimsoll.monitoring.exporter.samples import BOUNDS, OTHER, Histogram, Samples, families


def test_what_is_not_known_is_left_out() -> None:
    samples = Samples()
    samples.add("equity_usd", None)
    samples.one_of("mode", None, ["ACTIVE"])
    assert list(samples.rows()) == []
    assert families({"one": [samples]}) == []


def test_a_metric_or_label_that_the_catalogue_lacks_is_a_fault() -> None:
    samples = Samples()
    with pytest.raises(KeyError):
        samples.add("equity", 1.0)
    with pytest.raises(ValueError, match="expected labels"):
        samples.add("equity_usd", 1.0, "BTC")


def test_one_of_many_is_1_and_the_rest_0() -> None:
    samples = Samples()
    samples.one_of("mode", "HALTED", ["ACTIVE", "HALTED"])
    samples.one_of("bot_state", "reload", ["running"])
    assert samples.value("mode", "HALTED") == 1.0
    assert samples.value("mode", "ACTIVE") == 0.0
    assert samples.value("bot_state", "reload") == 1.0


def test_labels_beyond_the_most_are_summed_and_long_ones_cut() -> None:
    samples = Samples()
    samples.counted("denials_total", {f"rule{n}": float(n) for n in range(10)}, most=3)
    shown = {labels[0]: value for _, labels, value in samples.rows()}
    assert shown == {"rule9": 9.0, "rule8": 8.0, "rule7": 7.0, OTHER: float(sum(range(7)))}
    samples.add("trades_closed_total", 1.0, "BTC/USDT", "long", "x" * 1000)
    assert max(len(one) for _, labels, _ in samples.rows() for one in labels) == 80


def test_a_histogram_counts_below_its_bounds_and_ignores_what_is_not_finite() -> None:
    seen = Histogram()
    for seconds in (0.1, 0.2, 7.0, 1e6, nan, inf):
        seen.observe(seconds)
    buckets = dict(seen.buckets())
    assert buckets["0.1"] == 1
    assert buckets["0.25"] == 2
    assert buckets["10.0"] == 3
    assert buckets["+Inf"] == 4
    kept = seen.copy()
    seen.observe(1.0)
    assert kept.total == pytest.approx(0.1 + 0.2 + 7.0 + 1e6)
    assert dict(kept.buckets())["+Inf"] == 4
    assert len(buckets) == len(BOUNDS) + 1


def test_two_bots_share_a_family_and_prometheus_reads_it() -> None:
    from prometheus_client import generate_latest
    from prometheus_client.core import CollectorRegistry
    from prometheus_client.registry import Collector

    one, two, delays = Samples(), Samples(), Histogram()
    delays.observe(3.0)
    one.add("equity_usd", 1.5)
    two.add("equity_usd", nan)
    two.add("bot_loops_total", 7.0)
    two.add("order_delay_seconds", delays)

    class Shown(Collector):
        def collect(self):
            return families({"a": [one], "b": [two]})

    registry = CollectorRegistry()
    registry.register(Shown())
    page = generate_latest(registry).decode()
    read = {one.name: one for one in text_string_to_metric_families(page)}
    assert [sample.labels["bot"] for sample in read["plimsoll_equity_usd"].samples] == ["a", "b"]
    assert "plimsoll_bot_loops_total" in page
    [count] = [
        one
        for one in read["plimsoll_order_delay_seconds"].samples
        if one.name == "plimsoll_order_delay_seconds_count"
    ]
    assert count.value == 1.0


def test_long_labels_that_begin_alike_are_two() -> None:
    """One took the other's place, and its loss was on no page."""
    samples = Samples()
    for end, usd in (("a", -500.0), ("b", 1.0)):
        samples.add("realised_profit_usd", usd, "BTC/USDT", "long", "x" * 200 + end)
    assert sorted(value for _, _, value in samples.rows()) == [-500.0, 1.0]  # type: ignore[type-var]


@pytest.mark.parametrize("tag", ['a"} 1\nplimsoll_bot_up{bot="x', "a\\", "\r", "\u2028", "é" * 200])
def test_a_tag_breaks_no_line_of_the_page(tag: str) -> None:
    samples = Samples()
    samples.add("realised_profit_usd", 1.0, "BTC/USDT", "long", tag)
    registry = CollectorRegistry()

    class _Page(Collector):
        def collect(self) -> list[Metric]:
            return families({"one": [samples]})

    registry.register(_Page())
    (family,) = text_string_to_metric_families(generate_latest(registry).decode())
    (row,) = family.samples
    assert row.labels["tag"][:40] == tag[:40]
