"""The page that Prometheus reads, on loopback, and the same as plain values."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from prometheus_client import ProcessCollector, generate_latest, start_http_server
from prometheus_client.core import CollectorRegistry, Metric
from prometheus_client.registry import Collector

from plimsoll.core import PlimsollError
from plimsoll.monitoring.exporter.bot import BotMeter
from plimsoll.monitoring.exporter.catalogue import BY_NAME
from plimsoll.monitoring.exporter.samples import Histogram, Value, families

LOOPBACK = "127.0.0.1"


class Page(Collector):
    """What all bots say at the moment of a scrape; it reads nothing itself, and so never waits."""

    def __init__(self, meters: Sequence[BotMeter]) -> None:
        self._meters = tuple(meters)

    def collect(self) -> Iterable[Metric]:
        """Return every metric that has a value."""
        return families({one.name: one.samples() for one in self._meters})

    def describe(self) -> Iterable[Metric]:
        """Return nothing: what is on the page depends on what can be read."""
        return ()

    def registry(self) -> CollectorRegistry:
        """Return a registry of this page and of the exporter's own process."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        ProcessCollector(registry=registry)
        return registry

    def text(self) -> str:
        """Return the page."""
        return generate_latest(self.registry()).decode()

    def record(self) -> dict[str, Any]:
        """Return plain values for JSON: of each bot its samples, and why sources are missing."""
        return {"bots": {one.name: bot_record(one) for one in self._meters}}

    @property
    def is_well(self) -> bool:
        """Whether every bot is up."""
        return all(bot_record(one)["up"] for one in self._meters)


def bot_record(meter: BotMeter) -> dict[str, Any]:
    """Return one bot's samples; what is not finite is ``None``."""
    rows, up = [], False
    for samples in meter.samples():
        for name, labels, value in samples.rows():
            named = dict(zip(BY_NAME[name].labels, labels, strict=True))
            rows.append({"name": name, "labels": named, "value": _plain(value)})
        up = up or samples.value("bot_up") == 1.0
    return {"up": up, "faults": dict(meter.faults()), "samples": rows}


def serve(page: Page, port: int, stop: threading.Event) -> None:
    """Serve the page on loopback until it is stopped.

    Raises
    ------
    PlimsollError
        When the port cannot be listened on.
    """
    try:
        server, thread = start_http_server(port, addr=LOOPBACK, registry=page.registry())
    except OSError as error:
        raise PlimsollError(f"cannot listen on {LOOPBACK}:{port}: {error.strerror}") from None
    stop.wait()
    server.shutdown()
    server.server_close()
    thread.join(5)


def _plain(value: Value) -> float | Mapping[str, Any] | None:
    if isinstance(value, Histogram):
        buckets = dict(value.buckets())
        return {"count": buckets["+Inf"], "sum": value.total, "buckets": buckets}
    return value if isfinite(value) else None
