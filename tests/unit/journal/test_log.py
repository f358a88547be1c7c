"""The writer: canonical lines, rotation, crashes, one writer, no secrets."""

import json
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.journal.check import verify
from plimsoll.journal.files import GENESIS
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.lab.processes import child_environment
from tests.unit.journal.decisions import BTC, START, raw, utc, written

TOKEN = "98765:telegram-token-of-a-bot"


def test_a_record_is_one_canonical_line_that_names_its_number_and_the_hash_before(
    tmp_path: Path,
) -> None:
    with DecisionLog(tmp_path / "log") as log:
        first = log.append(Kind.HALT, START, durable=True, rule="daily_loss", b=1, a=2)
        second = log.append("order", START, pair=BTC)
    [one, two] = (tmp_path / "log/2026-11-20.jsonl").read_bytes().splitlines()
    body = {name: value for name, value in first.items() if name != "hash"}
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    assert first["hash"] == sha256(canonical).hexdigest()
    assert json.loads(one) == first == {**body, "hash": first["hash"]}
    assert (first["seq"], first["previous"], first["kind"]) == (1, GENESIS, "halt")
    assert first["at"] == "2026-11-20T14:00:00Z"
    assert json.loads(two) == second
    assert (second["seq"], second["previous"]) == (2, first["hash"])


def test_the_folder_and_its_files_are_for_their_owner_only(tmp_path: Path) -> None:
    written(tmp_path / "plimsoll/decisions")
    assert stat.S_IMODE((tmp_path / "plimsoll/decisions").stat().st_mode) == 0o700
    file = tmp_path / "plimsoll/decisions/2026-11-20.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_local_time_is_written_in_utc_and_decides_the_file_there(tmp_path: Path) -> None:
    with DecisionLog(tmp_path) as log:
        at = pd.Timestamp("2026-11-20 23:30", tz="America/New_York").to_pydatetime()
        assert log.append("test", at)["at"] == "2026-11-21T04:30:00Z"
    assert (tmp_path / "2026-11-21.jsonl").exists()


def test_a_field_cannot_pass_for_the_chain(tmp_path: Path) -> None:
    record = written(tmp_path, seq=99, hash="x", previous="y")
    assert (record["seq"], record["seq_"], record["hash_"], record["previous_"]) == (
        1,
        99,
        "x",
        "y",
    )
    assert verify(tmp_path).fault is None


# Rotation


def test_midnight_begins_a_new_file_and_keeps_the_chain(tmp_path: Path) -> None:
    with DecisionLog(tmp_path) as log:
        last = log.append("candle", utc("2026-11-20T23:59:59.999999"))
        first = log.append("candle", utc("2026-11-21T00:00:00"))
    assert [file.name for file in sorted(tmp_path.glob("*.jsonl"))] == [
        "2026-11-20.jsonl",
        "2026-11-21.jsonl",
    ]
    assert (first["seq"], first["previous"]) == (2, last["hash"])
    assert (verify(tmp_path).fault, verify(tmp_path).files) == (None, 2)


def test_a_clock_that_goes_back_stays_in_the_newest_file(tmp_path: Path) -> None:
    with DecisionLog(tmp_path) as log:
        log.append("candle", utc("2026-11-25T12:00:00"))
        log.append("candle", utc("2026-11-20T12:00:00"))
    with DecisionLog(tmp_path) as log:
        log.append("start", utc("2026-11-19T12:00:00"))
    assert [file.name for file in tmp_path.glob("*.jsonl")] == ["2026-11-25.jsonl"]
    assert [record["seq"] for record in raw(tmp_path)] == [1, 2, 3]
    assert verify(tmp_path).fault is None


# One writer


def test_a_second_writer_is_refused_and_a_later_one_goes_on(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    log.append("test", START)
    with pytest.raises(PlimsollError, match="another bot"):
        DecisionLog(tmp_path)
    log.close()
    log.close()
    assert written(tmp_path)["seq"] == 2


def test_a_writer_in_another_process_is_refused(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    code = "import sys, pathlib; from plimsoll.journal.log import DecisionLog as D\n"
    code += "D(pathlib.Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=child_environment(),
        capture_output=True,
        text=True,
    )
    log.close()
    assert done.returncode == 1
    assert "PlimsollError: expected to be the only writer" in done.stderr


def test_a_closed_log_takes_nothing(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    log.close()
    with pytest.raises(PlimsollError, match="closed"):
        log.append("test", START)


# Crashes


def test_a_durable_record_is_on_the_disk_before_the_bot_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    monkeypatch.setattr("plimsoll.journal.log.os.fsync", watched)
    with DecisionLog(tmp_path) as log:
        log.append("candle", START)
        assert synced == []
        log.append("halt", START, durable=True)
        assert synced == ["2026-11-20.jsonl", tmp_path.name]
        log.append("order", START, durable=True)
        assert synced == ["2026-11-20.jsonl", tmp_path.name, "2026-11-20.jsonl"]
        log.append("candle", START + timedelta(days=1))  # and a day before the next begins
        assert synced[3:] == ["2026-11-20.jsonl"]


def test_several_threads_write_one_chain(tmp_path: Path) -> None:
    with DecisionLog(tmp_path) as log, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: log.append("test", START, n=n), range(2000)))
    assert sorted(record["n"] for record in raw(tmp_path)) == list(range(2000))  # type: ignore[type-var]
    assert verify(tmp_path).records == 2000
    assert verify(tmp_path).fault is None


def test_a_log_survives_kill_in_the_middle_of_its_writes(tmp_path: Path) -> None:
    code = """
import pathlib, sys
from datetime import datetime, timedelta, UTC
from plimsoll.journal.log import DecisionLog
log, at = DecisionLog(pathlib.Path(sys.argv[1])), datetime(2026, 11, 20, tzinfo=UTC)
print("writing", flush=True)
while True:
    at += timedelta(minutes=5)
    log.append("candle", at, text="x" * 20_000)
"""
    for round_ in range(3):
        bot = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            env=child_environment(),
            stdout=subprocess.PIPE,
        )
        assert bot.stdout is not None
        assert bot.stdout.readline() == b"writing\n"
        with pytest.raises(subprocess.TimeoutExpired):
            bot.wait(0.3)
        bot.send_signal(signal.SIGKILL)
        assert bot.wait(10) == -signal.SIGKILL
        bot.stdout.close()
        with DecisionLog(tmp_path) as log:
            record = log.append("start", utc("2030-01-01T00:00:00"))
        assert record["seq"] > 10 * (round_ + 1)
        assert verify(tmp_path).fault is None


def test_a_full_disk_is_an_error_and_leaves_the_chain_whole(tmp_path: Path) -> None:
    code = """
import pathlib, resource, sys
from datetime import datetime, UTC
from plimsoll.core import PlimsollError
from plimsoll.journal.log import DecisionLog
log, at = DecisionLog(pathlib.Path(sys.argv[1])), datetime(2026, 11, 20, tzinfo=UTC)
log.append("test", at)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
try:
    log.append("test", at, text="x" * 3000)
except PlimsollError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append("test", at)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("expected to write the decision log")
    assert [record["seq"] for record in raw(tmp_path)] == [1, 2]
    assert verify(tmp_path).fault is None
