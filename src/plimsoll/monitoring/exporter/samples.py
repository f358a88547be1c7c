"""Figures as they are read, held to the catalogue, and as Prometheus takes them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from math import isfinite

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from plimsoll.monitoring.exporter.catalogue import BY_NAME, METRICS, PREFIX, Kind

BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds; the last bucket has no bound."""
OTHER = "other"
LONGEST_LABEL = 80


@dataclass(slots=True)
class Histogram:
    """How many observations lay below each of the bounds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        """Count one; what is not finite is none."""
        if isfinite(seconds):
            place = next((n for n, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))
            self.counts[place] += 1
            self.total += seconds

    def copy(self) -> "Histogram":
        """Return one that no later observation changes."""
        return Histogram(list(self.counts), self.total)

    def buckets(self) -> list[tuple[str, float]]:
        """Return the cumulated counts, as Prometheus has them."""
        names, counted = [*map(str, BOUNDS), "+Inf"], 0
        rows = []
        for name, count in zip(names, self.counts, strict=True):
            counted += count
            rows.append((name, float(counted)))
        return rows


Value = float | Histogram


class Samples:
    """Values by metric and labels. What is ``None`` is left out: an absent value is not 0."""

    def __init__(self) -> None:
        self._values: dict[str, dict[tuple[str, ...], Value]] = {}

    def add(self, name: str, value: Value | None, *labels: str) -> None:
        """Take a value in; ``name`` is without its prefix.

        Raises
        ------
        KeyError, ValueError
            When the catalogue has no such metric, or other labels: a fault of the caller.
        """
        metric = BY_NAME[f"{PREFIX}{name}"]
        if len(labels) != len(metric.labels):
            raise ValueError(f"expected labels {metric.labels} of {metric.name}, found {labels}")
        if value is not None:
            short = tuple(map(_short, labels))
            self._values.setdefault(metric.name, {})[short] = value

    def one_of(self, name: str, chosen: str | None, choices: Iterable[str]) -> None:
        """Set 1 for what is the case and 0 for the others; nothing when that is not known."""
        if chosen is not None:
            for choice in dict.fromkeys([*choices, chosen]):
                self.add(name, float(choice == chosen), choice)

    def counted(self, name: str, counts: Mapping[str, float], *, most: int = 60) -> None:
        """Add a value a label, largest first; those beyond ``most`` are summed as ``other``."""
        rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
        for label, value in rows[:most]:
            self.add(name, float(value), label)
        if rest := rows[most:]:
            self.add(name, float(sum(value for _, value in rest)), OTHER)

    def rows(self) -> Iterator[tuple[str, tuple[str, ...], Value]]:
        """Yield metric, labels and value."""
        for name, rows in self._values.items():
            for labels, value in rows.items():
                yield name, labels, value

    def value(self, name: str, *labels: str) -> Value | None:
        """Return a value; ``None`` when it is absent."""
        return self._values.get(f"{PREFIX}{name}", {}).get(labels)


def _short(label: str) -> str:
    """Return a label that is not too long, and still no other one's."""
    if len(label) <= LONGEST_LABEL:
        return label
    mark = sha256(label.encode(errors="replace")).hexdigest()[:8]
    return f"{label[: LONGEST_LABEL - 9]}~{mark}"


Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


def families(bots: Mapping[str, Iterable[Samples]]) -> list[Metric]:
    """Return what is on the page: a family a metric that has a value, in the catalogue's order."""
    made: dict[str, Family] = {}
    for bot, parts in bots.items():
        for samples in parts:
            for name, labels, value in samples.rows():
                _put(made.setdefault(name, _family(name)), (bot, *labels), value)
    return [made[one.name] for one in METRICS if one.name in made]


def _family(name: str) -> Family:
    metric = BY_NAME[name]
    labels = ("bot", *metric.labels)
    if metric.kind is Kind.COUNTER:
        return CounterMetricFamily(name.removesuffix("_total"), metric.help, labels=labels)
    if metric.kind is Kind.HISTOGRAM:
        return HistogramMetricFamily(name, metric.help, labels=labels)
    return GaugeMetricFamily(name, metric.help, labels=labels)


def _put(family: Family, labels: tuple[str, ...], value: Value) -> None:
    if isinstance(value, Histogram):
        if isinstance(family, HistogramMetricFamily):
            family.add_metric(labels, buckets=value.buckets(), sum_value=value.total)
    elif not isinstance(family, HistogramMetricFamily):
        family.add_metric(labels, value)
