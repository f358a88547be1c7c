"""A source that fails, hangs and comes back: its last value is never shown as new."""

import threading
import time
from math import isnan

import pytest

from plimsoll.monitoring.exporter import reading
from plimsoll.monitoring.exporter.reading import Reader


def test_a_fault_takes_the_value_away_and_its_age_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(reading.time, "monotonic", lambda: clock[0])
    answers: list[object] = [1, OSError("gone\nfor good"), 2]

    def read() -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    reader = Reader("disk", read, 5.0)
    assert (reader.value, reader.was_read, reader.fault) == (None, False, "it was not read yet")
    assert isnan(reader.age_seconds)
    reader.look()
    clock[0] += 5
    assert (reader.good, reader.age_seconds, reader.fault) == (1, 5.0, None)
    reader.look()
    clock[0] += 5
    assert (reader.value, reader.age_seconds, reader.fault) == (None, 10.0, "gone")
    reader.look()
    assert (reader.value, reader.age_seconds, reader.fault) == (2, 0.0, None)
    clock[0] += reader.patience_seconds + 1  # it hangs since
    assert reader.value is None
    assert "no answer for 31 s" in (reader.fault or "")


def test_a_value_that_says_why_there_is_none_is_not_good() -> None:
    reader = Reader("exchange", lambda: "refused", 5.0, lambda said: said == "yes")
    reader.look()
    assert (reader.value, reader.good) == ("refused", None)
    assert isnan(reader.age_seconds)


def test_it_reads_until_it_is_stopped() -> None:
    seen, stop = [], threading.Event()
    reader = Reader("fast", lambda: seen.append(time.monotonic()) or 1, 0.01)
    thread = threading.Thread(target=reader.run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + 20
    while len(seen) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    thread.join(20)
    assert len(seen) >= 3
    assert not thread.is_alive()
