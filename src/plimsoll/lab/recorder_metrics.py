"""What a recorder hears, as metrics for Prometheus: messages, their lag, silence and gaps."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from plimsoll.core import PlimsollError
from plimsoll.lab.recorder import Track

LOOPBACK = "127.0.0.1"
LABELS = ("exchange", "pair", "kind")


class FeedMetrics(Collector):
    """The streams of one exchange, as they are when Prometheus asks."""

    def __init__(self, exchange: str, tracks: Callable[[], Sequence[Track]]) -> None:
        self._exchange, self._tracks = exchange, tracks

    def collect(self) -> Iterator[Metric]:
        """Yield messages, lag, silence, rows, gaps and refused messages of each stream."""
        rows: dict[str, CounterMetricFamily | GaugeMetricFamily] = {
            "messages": CounterMetricFamily(
                "plimsoll_feed_messages", "Messages that came.", labels=LABELS
            ),
            "rows": CounterMetricFamily("plimsoll_feed_rows", "Rows kept.", labels=LABELS),
            "gaps": CounterMetricFamily("plimsoll_feed_gaps", "Gaps noted.", labels=LABELS),
            "refused": CounterMetricFamily(
                "plimsoll_feed_refused",
                "Messages left out: what they said cannot be.",
                labels=LABELS,
            ),
            "lag": GaugeMetricFamily(
                "plimsoll_feed_lag_seconds",
                "From the exchange's time of the last message until it was here.",
                labels=LABELS,
            ),
            "silence": GaugeMetricFamily(
                "plimsoll_feed_silence_seconds", "Since the last message.", labels=LABELS
            ),
        }
        now = time.monotonic()
        for track in tuple(self._tracks()):
            labels = (self._exchange, track.pair, track.stream.value)
            rows["messages"].add_metric(labels, track.messages)
            rows["rows"].add_metric(labels, track.recording.rows)
            rows["gaps"].add_metric(labels, track.gaps)
            rows["refused"].add_metric(labels, track.refused)
            rows["silence"].add_metric(labels, now - track.message_at)
            if isfinite(track.lag_seconds):  # not known before the first message
                rows["lag"].add_metric(labels, track.lag_seconds)
        yield from rows.values()


@contextmanager
def served(exchange: str, tracks: Callable[[], Sequence[Track]], port: int) -> Iterator[None]:
    """Serve the metrics on http://127.0.0.1:port/metrics for the length of the block.

    Raises
    ------
    PlimsollError
        When the port cannot be listened on.
    """
    registry = CollectorRegistry()
    registry.register(FeedMetrics(exchange, tracks))
    try:
        server, thread = start_http_server(port, addr=LOOPBACK, registry=registry)
    except OSError as error:
        raise PlimsollError(f"cannot listen on {LOOPBACK}:{port}: {error.strerror}") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
