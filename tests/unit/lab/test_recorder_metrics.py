"""What Prometheus is told of a recorder's streams, over real HTTP."""

import socket
import time
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from plimsoll.archive.recording import Stream, pair_folder
from plimsoll.core import PlimsollError
from plimsoll.lab.recorder import Track
from plimsoll.lab.recorder_metrics import LOOPBACK, served
from tests.ports import free_port

BTC = "BTC/USDT:USDT"


def trade(number: int, at: float) -> dict[str, object]:
    stamp = int(1000 * at)
    return {"id": str(number), "timestamp": stamp, "side": "buy", "price": 10.0, "amount": 1.0}


def told(port: int) -> dict[str, float]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{LOOPBACK}:{port}/metrics", timeout=30) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            sample.name: sample.value
            for family in families
            for sample in family.samples
            if sample.labels == {"exchange": "binance", "pair": BTC, "kind": "trades"}
        }


@pytest.fixture
def track(tmp_path: Path) -> Track:
    return Track(BTC, Stream.TRADES, pair_folder(tmp_path, BTC), is_numbered=True)


def test_messages_lag_silence_and_gaps_are_told(track: Track) -> None:
    port, now = free_port(), time.time()
    with served("binance", lambda: [track], port):
        before = told(port)
        trades = [trade(1, now - 3), trade(2, now - 2), trade(5, now - 1.5)]
        for one in trades:
            track.hear(one)
        track.flush(trades)
        after = told(port)
    assert before["plimsoll_feed_messages_total"] == 0
    assert "plimsoll_feed_lag_seconds" not in before
    assert after["plimsoll_feed_messages_total"] == 3
    assert after["plimsoll_feed_rows_total"] == 3
    assert after["plimsoll_feed_gaps_total"] == 1
    assert 1.5 <= after["plimsoll_feed_lag_seconds"] < 30
    assert 0 <= after["plimsoll_feed_silence_seconds"] < 30


def test_a_message_without_a_time_has_no_lag(track: Track) -> None:
    track.hear(trade(1, time.time()))
    track.hear({"timestamp": None})
    port = free_port()
    with served("binance", lambda: [track], port):
        assert "plimsoll_feed_lag_seconds" not in told(port)


def test_a_port_that_is_taken_is_one_line(track: Track) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(PlimsollError, match=f"cannot listen on 127.0.0.1:{port}"),
            served("binance", lambda: [track], port),
        ):
            pass
