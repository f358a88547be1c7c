"""The writer: canonical lines, rotation, crashes, one writer, no secrets."""

import json
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import Mode, PlimsollError, Side
from plimsoll.journal.canonical import REDACTED
from plimsoll.journal.check import verify
from plimsoll.journal.config_difference import difference, flat_config
from plimsoll.journal.files import GENESIS, lines, lines_backwards
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.lab.processes import child_environment
from tests.unit.journal.decisions import BTC, START, utc

TOKEN = "98765:telegram-token-of-a-bot"


def raw(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in lines(file)]


def written(folder: Path, **fields: object) -> dict[str, object]:
    with DecisionLog(folder) as log:
        log.append("test", START, **fields)
    return raw(folder)[-1]


# Lines and the chain


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


def test_a_torn_last_line_is_set_aside_and_recorded(tmp_path: Path) -> None:
    written(tmp_path)
    file = tmp_path / "2026-11-20.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"at":"2026-11-')
    with DecisionLog(tmp_path) as log:
        log.append("start", START)
    [_, recovery, start] = raw(tmp_path)
    assert (tmp_path / "2026-11-20.2.1.torn").read_bytes() == b'{"at":"2026-11-'
    assert recovery["kind"] == "recovery"
    assert recovery["files"] == [
        {
            "file": "2026-11-20.2.1.torn",
            "bytes": 15,
            "sha256": sha256(b'{"at":"2026-11-').hexdigest(),
        }
    ]
    assert (start["kind"], start["seq"]) == ("start", 3)
    verification = verify(tmp_path)
    assert (verification.fault, verification.recoveries, len(verification.torn_files)) == (
        None,
        1,
        1,
    )


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_log_cut_anywhere_goes_on(tmp_path: Path, cut: int) -> None:
    with DecisionLog(tmp_path) as log:
        for day in (20, 21):
            log.append("test", utc(f"2026-11-{day}T12:00:00"), text="x" * 10)
    file = tmp_path / "2026-11-21.jsonl"
    os.truncate(file, cut)
    with DecisionLog(tmp_path) as log:
        log.append("start", utc("2026-11-21T13:00:00"))
    assert [record["kind"] for record in raw(tmp_path)] == ["test", "recovery", "start"]
    assert verify(tmp_path).fault is None


def test_a_day_of_which_nothing_is_left_has_no_file(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "2026-11-25.jsonl").write_bytes(b"torn")
    with DecisionLog(tmp_path) as log:
        log.append("start", utc("2026-11-21T12:00:00"))
    assert [file.name for file in sorted(tmp_path.glob("*.jsonl"))] == [
        "2026-11-20.jsonl",
        "2026-11-21.jsonl",
    ]
    assert verify(tmp_path).fault is None


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


def test_a_crash_within_a_recovery_is_recovered_too(tmp_path: Path) -> None:
    written(tmp_path)
    file = tmp_path / "2026-11-20.jsonl"
    with file.open("ab") as handle:
        handle.write(b"torn once")
    DecisionLog(tmp_path).close()  # set aside, and ended before it wrote anything
    assert verify(tmp_path).fault is not None
    with file.open("ab") as handle:
        handle.write(b"torn twice")
    with DecisionLog(tmp_path) as log:
        log.append("start", START)
    assert verify(tmp_path).fault is None
    assert len(verify(tmp_path).torn_files) == 2


def test_damage_before_the_end_does_not_stop_a_bot_but_stays_visible(tmp_path: Path) -> None:
    written(tmp_path)
    with (tmp_path / "2026-11-20.jsonl").open("ab") as handle:
        handle.write(b"\0\0\0\n")
    with DecisionLog(tmp_path) as log:
        assert log.append("start", START)["seq"] == 3  # the recovery is 2
    fault = verify(tmp_path).fault
    assert fault is not None
    assert (fault.file, fault.line) == ("2026-11-20.jsonl", 2)


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


# Values


class Colour(Enum):
    RED = 1


class Level(IntEnum):
    HIGH = 3


@dataclass(frozen=True)
class Point:
    x: float
    y: object = None


class Silent:
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "written_value"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (0.1 + 0.2, 0.1 + 0.2),
        (2**64, str(2**64)),
        (-(2**63), -(2**63)),
        (Decimal("1.10"), "1.10"),
        (Decimal("NaN"), "nan"),
        (utc("2026-11-20T14:05:00"), "2026-11-20T14:05:00Z"),
        (date(2026, 11, 20), "2026-11-20"),
        (timedelta(minutes=1), 60.0),
        (pd.Timestamp("2026-11-20", tz="UTC"), "2026-11-20T00:00:00Z"),
        (pd.NaT, "NaT"),
        (Side.LONG, "long"),
        (Mode.HALTED, "HALTED"),
        (Colour.RED, "RED"),
        (Level.HIGH, "HIGH"),
        (Kind.HALT, "halt"),
        (np.float64(0.5), 0.5),
        (np.float32("nan"), "nan"),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.longdouble(1.5), 1.5),
        (np.array([[1.0, np.inf], [2.0, 3.0]]), [[1.0, "inf"], [2.0, 3.0]]),
        (pd.Series({"a": 1.0}), {"a": 1.0}),
        ({"b", "a"}, ["a", "b"]),
        ((1, (2,)), [1, [2]]),
        ({1: "a", "1": "b", None: "c"}, {"1": "a", "1_": "b", "null": "c"}),
        (Point(1.0, Side.SHORT), {"x": 1.0, "y": "short"}),
        (ValueError("no"), "ValueError: no"),
        (b"\xffab", "\\xffab"),
        ("\ud800", "\\ud800"),
        (Path("a/b"), "a/b"),
        (Silent(), "<Silent>"),
        (range(2), [0, 1]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_odd_values_are_spelt_out(tmp_path: Path, value: object, written_value: object) -> None:
    assert written(tmp_path, value=value)["value"] == written_value
    assert verify(tmp_path).fault is None


def test_a_value_that_holds_itself_ends(tmp_path: Path) -> None:
    value: list[object] = [1]
    value.append(value)
    assert written(tmp_path, value=value)["value"] == [1, "…"]


# Secrets


def test_no_secret_is_written_wherever_it_is(tmp_path: Path) -> None:
    with DecisionLog(tmp_path, secrets=[TOKEN, "4711", "", "0"]) as log:
        log.append(
            "error",
            START,
            message=f"POST https://api.telegram.org/bot{TOKEN}/sendMessage failed",
            where={TOKEN: [TOKEN.encode(), {"chat": 4711, "id": "4711"}]},
            error=ValueError(TOKEN),
            quoted="token=98765%3Atelegram-token-of-a-bot",
            price=14711.0,
            count=0,
        )
    text = (tmp_path / "2026-11-20.jsonl").read_text()
    assert TOKEN not in text
    assert "98765%3A" not in text
    [record] = raw(tmp_path)
    assert record["message"] == "POST https://api.telegram.org/bot***/sendMessage failed"
    assert record["where"] == {REDACTED: [REDACTED, {"chat": REDACTED, "id": REDACTED}]}
    assert record["price"] == 14711.0


def test_what_is_named_like_a_secret_is_not_written(tmp_path: Path) -> None:
    config = {
        "exchange": {"key": "k1", "secret": "s1", "apiKey": "k2", "uid": "u1", "name": "binance"},
        "telegram": {"token": "t1", "chat_id": 815, "enabled": True},
        "api_server": {
            "password": "p1",
            "jwt_secret_key": "j1",
            "ws_token": ["w1"],
            "username": "",
        },
        "webhook": {"url": "https://hooks.example/h1"},
        "discord": {"webhook_url": "https://hooks.example/h2"},
        "db_url": "postgresql://user:p2@localhost/db",
        "bot_name": "mine",
    }
    record = written(tmp_path, config=flat_config(config), nested=config)
    secrets = ["k1", "s1", "k2", "u1", "t1", "815", "p1", "j1", "w1", "/h1", "/h2", "p2"]
    values = json.dumps([record["config"], record["nested"]])
    assert [secret for secret in secrets if f'"{secret}' in values] == []
    assert "hooks.example" not in values
    assert "p2@" not in values
    assert record["config"]["exchange.name"] == "binance"  # type: ignore[index]
    assert record["config"]["telegram.enabled"] is True  # type: ignore[index]


def test_a_coin_called_token_or_key_is_no_secret(tmp_path: Path) -> None:
    rows = {"TOKEN/USDT:USDT": {"signal": "long"}, "KEY/USDT": {"signal": "none"}}
    assert written(tmp_path, pairs=rows)["pairs"] == rows


# The difference between two starts


def test_the_difference_names_what_changed_was_added_and_was_removed(tmp_path: Path) -> None:
    before = {"max_open_trades": 3, "plimsoll": {"risk": {"a": 1.0, "b": float("nan")}}}
    after = {"max_open_trades": 4, "plimsoll": {"risk": {"a": 1.0, "c": 2}}, "fee": 0.0007}
    with DecisionLog(tmp_path) as log:
        assert log.last("start") is None
        assert difference(log.last("start"), before) == {}
        log.append("start", START, config=flat_config(before))
        log.append("candle", START)
        start = log.last("start")
    assert difference(start, before) == {}
    assert difference(start, after) == {
        "fee": {"after": 0.0007},
        "max_open_trades": {"before": 3, "after": 4},
        "plimsoll.risk.b": {"before": "nan"},
        "plimsoll.risk.c": {"after": 2},
    }


# Reading


def test_lines_backwards_are_the_lines_reversed_across_chunks(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    for sizes in ([], [0], [1], [65535], [65536], [65537], [200_000], [10, 70_000, 0, 65_530, 5]):
        content = b"".join(bytes([97 + n]) * size + b"\n" for n, size in enumerate(sizes))
        for torn in (b"", b"torn", b"t" * 70_000):
            file.write_bytes(content + torn)
            assert list(lines_backwards(file)) == list(lines(file))[::-1]
            assert len(list(lines(file))) == len(sizes)
