"""Decision logs of any content: what is written is read, what is touched is noticed."""

import json
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plimsoll.journal.check import verify
from plimsoll.journal.files import decision_files, lines, lines_backwards
from plimsoll.journal.log import DecisionLog

START = datetime(2026, 11, 20, 22, tzinfo=UTC)

texts = st.text(max_size=12)
names = texts.filter(lambda name: not set(name) & set("kKtTpPsScCmMuUwWaA"))  # of no secret
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts.filter(lambda text: "://" not in text),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
odd_values = st.one_of(
    st.floats(),
    st.decimals(),
    st.complex_numbers(),
    st.fractions(),
    st.uuids(),
    st.timedeltas(),
    st.times(),
    st.dates(),
    st.datetimes(timezones=st.timezones() | st.none()),
    st.integers(),
    st.binary(max_size=5),
    st.text(st.characters(codec=None), max_size=5),
    st.frozensets(st.integers() | st.text(max_size=3), max_size=3),
    st.tuples(st.floats(), st.none()),
    st.dictionaries(st.floats() | st.tuples(st.integers()) | st.none(), st.floats(), max_size=3),
    st.functions(),
    st.slices(5),
)
steps = st.lists(st.integers(-300, 900), min_size=1, max_size=8)


@contextmanager
def fresh_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def write(folder: Path, minutes: list[int], **fields: Any) -> list[dict[str, Any]]:
    """One writer a third record, on a clock that also goes back."""
    written, now = [], START
    for first in range(0, len(minutes), 3):
        with DecisionLog(folder) as log:
            for minute in minutes[first : first + 3]:
                now += timedelta(minutes=minute)
                written.append(log.append("test", now, **fields))
    return written


def read(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in decision_files(folder) for line in lines(file)]


@given(fields=st.dictionaries(names, json_values, max_size=4), minutes=steps)
@settings(max_examples=60, deadline=None)
def test_values_that_json_knows_come_back_as_they_were(
    fields: dict[str, Any], minutes: list[int]
) -> None:
    with fresh_folder() as folder:
        written = write(folder, minutes, given=fields)
        assert all(record["given"] == fields for record in written)
        assert read(folder) == written
        assert verify(folder).fault is None
        assert verify(folder, head=written[0]["hash"]).records == len(minutes)
        backwards = [
            line for file in reversed(decision_files(folder)) for line in lines_backwards(file)
        ]
        assert [json.loads(line)["seq"] for line in backwards] == list(range(len(minutes), 0, -1))


@given(value=st.recursive(odd_values, lambda inner: st.lists(inner, max_size=3), max_leaves=6))
@example(value=math.nan)
@settings(max_examples=300, deadline=None)
def test_no_value_stops_the_log(value: Any) -> None:
    with fresh_folder() as folder:
        [record] = write(folder, [0], value=value, **{"a name": value})
        assert read(folder) == [record]
        assert verify(folder).fault is None


@given(minutes=steps, place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
@settings(max_examples=250, deadline=None)
def test_one_changed_byte_anywhere_is_noticed(minutes: list[int], place: float, flip: int) -> None:
    with fresh_folder() as folder:
        write(folder, minutes, pair="BTC/USDT:USDT", value=0.032)
        with decision_files(folder)[-1].open("ab") as handle:
            handle.write(b'{"at":"20')
        write(folder, [1])  # a crash: there is a file with a torn line too
        assert verify(folder).fault is None
        files = [*decision_files(folder), *folder.glob("*.torn")]
        at = int(place * sum(file.stat().st_size for file in files))
        for file in files:
            size = file.stat().st_size
            if at < size:
                content = bytearray(file.read_bytes())
                content[at] ^= flip
                file.write_bytes(content)
                break
            at -= size
        assert verify(folder).fault is not None


@pytest.mark.parametrize(
    "apart", [pytest.param(1, marks=pytest.mark.slow, id="every byte"), 5], ids=str
)
def test_every_byte_of_a_small_log_counts(tmp_path: Path, apart: int) -> None:
    write(tmp_path, [0, 180], pair="BTC/USDT:USDT")
    for file in decision_files(tmp_path):
        whole = file.read_bytes()
        # In place: a file that is cut to nothing first goes to the disk each time it is closed.
        with file.open("r+b", buffering=0) as handle:
            for place in range(0, len(whole), apart):
                for other in (whole[place] ^ 1, whole[place] ^ 32, 0, 10, 32):
                    if other != whole[place]:
                        os.pwrite(handle.fileno(), bytes([other]), place)
                        assert verify(tmp_path).fault is not None, (file.name, place, other)
                os.pwrite(handle.fileno(), whole[place : place + 1], place)
        assert file.read_bytes() == whole
    assert verify(tmp_path).fault is None


@given(minutes=steps, cut=st.integers(0, 2000), rest=st.binary(max_size=40))
@settings(max_examples=120, deadline=None)
def test_a_log_cut_or_torn_anywhere_is_continued(minutes: list[int], cut: int, rest: bytes) -> None:
    rest = rest.replace(b"\n", b"")
    with fresh_folder() as folder:
        write(folder, minutes)
        newest = decision_files(folder)[-1]
        os.truncate(newest, max(0, newest.stat().st_size - cut))
        with newest.open("ab") as handle:
            handle.write(rest)
        before = sum(1 for file in decision_files(folder) for _ in lines(file))
        write(folder, [0])
        found = verify(folder)
        assert found.fault is None
        assert found.records == before + 1 + found.recoveries
        assert found.recoveries == len(found.torn_files) <= 1


@given(minutes=steps.filter(lambda found: len(found) > 1), data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_line_taken_out_or_moved_is_noticed(minutes: list[int], data: st.DataObject) -> None:
    with fresh_folder() as folder:
        write(folder, minutes)
        file = data.draw(st.sampled_from(decision_files(folder)))
        rows = file.read_bytes().splitlines(keepends=True)
        is_newest = file == decision_files(folder)[-1]
        order = data.draw(
            st.lists(st.integers(0, len(rows) - 1), max_size=len(rows)).filter(
                # The same lines are whole, and so is a newest file that ends earlier.
                lambda order: (
                    order != list(range(len(order))) or (len(order) < len(rows) and not is_newest)
                )
            )
        )
        file.write_bytes(b"".join(rows[number] for number in order))
        assert verify(folder).fault is not None
