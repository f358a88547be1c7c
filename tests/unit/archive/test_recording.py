"""The files of a recorder: whole after a kill, a full disk and a rotation."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from plimsoll.archive.recording import (
    CUT_OFF,
    NO_FILE,
    Covered,
    Gap,
    Recording,
    Stream,
    numbered_levels,
    pair_folder,
    read_covered,
    read_gaps,
    read_recorded,
    segments,
    sole_recorder,
)
from plimsoll.core import PlimsollError, UsageError

PAIR = "BTC/USDT:USDT"


def rows(first: int, last: int) -> list[tuple[object, ...]]:
    return [
        (1000 * one, str(one), "buy" if one % 2 else "sell", 100.0 + one, 0.5)
        for one in range(first, last)
    ]


def recording(datadir: Path) -> Recording:
    return Recording(pair_folder(datadir, PAIR), Stream.TRADES)


def test_what_is_appended_is_read_at_once(tmp_path: Path) -> None:
    made = recording(tmp_path)
    made.append(rows(1, 4))
    made.append(rows(4, 6))
    read = read_recorded(tmp_path, PAIR, Stream.TRADES)
    assert list(read["id"]) == ["1", "2", "3", "4", "5"]
    assert made.covered == Covered(1000, 5000, "5")
    assert made.covered == read_covered(pair_folder(tmp_path, PAIR), Stream.TRADES)


def test_a_closed_segment_is_a_feather_file_with_the_same_rows(tmp_path: Path) -> None:
    made = recording(tmp_path)
    made.append(rows(1, 4))
    before = read_recorded(tmp_path, PAIR, Stream.TRADES)
    made.rotate()
    made.append(rows(4, 6))
    folder = pair_folder(tmp_path, PAIR)
    assert [file.suffix for file in segments(folder, Stream.TRADES)] == [".feather", ".arrows"]
    read = read_recorded(tmp_path, PAIR, Stream.TRADES)
    assert read.iloc[:3].equals(before)
    assert len(read) == 5
    span = read_recorded(tmp_path, PAIR, Stream.TRADES, since_ms=3000, until_ms=5000)
    assert list(span["timestamp"]) == [3000, 4000]


@pytest.mark.parametrize("cut", [1, 7, 100, 300])
def test_a_batch_that_was_cut_off_is_left_out(tmp_path: Path, cut: int) -> None:
    made = recording(tmp_path)
    made.append(rows(1, 4))
    made.append(rows(4, 9))
    made.close()
    [file] = segments(pair_folder(tmp_path, PAIR), Stream.TRADES)
    os.truncate(file, file.stat().st_size - cut)
    assert list(read_recorded(tmp_path, PAIR, Stream.TRADES)["id"]) == ["1", "2", "3"]


def test_the_next_recorder_closes_what_a_killed_one_left_and_goes_on(tmp_path: Path) -> None:
    first = recording(tmp_path)
    first.append(rows(1, 4))
    second = recording(tmp_path)  # as after a kill: the first one was never closed
    assert second.covered == Covered(1000, 3000, "3")
    second.append(rows(7, 9))
    folder = pair_folder(tmp_path, PAIR)
    assert [file.suffix for file in segments(folder, Stream.TRADES)] == [".feather", ".arrows"]
    assert len(read_recorded(tmp_path, PAIR, Stream.TRADES)) == 5


def test_a_kill_between_the_two_files_of_a_rotation_leaves_each_row_once(tmp_path: Path) -> None:
    made = recording(tmp_path)
    made.append(rows(1, 4))
    [open_one] = segments(pair_folder(tmp_path, PAIR), Stream.TRADES)
    kept = open_one.read_bytes()
    made.rotate()
    open_one.write_bytes(kept)  # it was not removed yet
    assert len(read_recorded(tmp_path, PAIR, Stream.TRADES)) == 3
    recording(tmp_path)
    assert not open_one.exists()


def test_a_segment_without_a_whole_row_is_removed(tmp_path: Path) -> None:
    folder = pair_folder(tmp_path, PAIR)
    folder.mkdir(parents=True)
    (folder / "trades-1000.arrows").write_bytes(b"\xff\xff")
    recording(tmp_path)
    assert segments(folder, Stream.TRADES) == []


def test_gaps_are_read_as_they_were_written_and_a_cut_line_is_left_out(tmp_path: Path) -> None:
    made, gap = recording(tmp_path), Gap(1, 2, "the recorder was not running", 7)
    made.miss(gap)
    file = pair_folder(tmp_path, PAIR) / "trades-gaps.jsonl"
    with file.open("ab") as handle:
        handle.write(b'{"from_ms": 3, "to')
    assert read_gaps(pair_folder(tmp_path, PAIR), Stream.TRADES) == [gap]


def test_a_gap_after_half_a_line_is_not_lost_with_it(tmp_path: Path) -> None:
    made, gap = recording(tmp_path), Gap(1, 2, "the recorder was not running", 7)
    folder = pair_folder(tmp_path, PAIR)
    (folder / "trades-gaps.jsonl").write_bytes(b'{"from_ms": 3, "to')
    made.miss(gap)
    assert read_gaps(folder, Stream.TRADES) == [gap]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"from_ms":"a","to_ms":2,"why":""}', "null"])
def test_a_damaged_gap_is_told_and_not_left_out(tmp_path: Path, line: str) -> None:
    made = recording(tmp_path)
    folder = pair_folder(tmp_path, PAIR)
    (folder / "trades-gaps.jsonl").write_text(line + "\n")
    made.miss(Gap(1, 2, "the network"))
    with pytest.raises(PlimsollError, match="expected a gap in each line"):
        read_gaps(folder, Stream.TRADES)


def test_a_file_that_was_moved_away_is_missing(tmp_path: Path) -> None:
    made, folder = recording(tmp_path), pair_folder(tmp_path, PAIR)
    for first in (1, 11, 21):
        made.append(rows(first, first + 10))
        made.rotate()
    assert read_gaps(folder, Stream.TRADES) == []
    first, second, third = segments(folder, Stream.TRADES)
    second.unlink()
    assert read_gaps(folder, Stream.TRADES) == [Gap(10_999, 21_000, NO_FILE)]
    first.unlink()
    third.unlink()
    spans = [(gap.from_ms, gap.to_ms) for gap in read_gaps(folder, Stream.TRADES)]
    assert spans == [(999, 11_000), (10_999, 21_000), (20_999, 30_001)]


@pytest.mark.parametrize("cut", [1, 300, 10_000], ids=["a byte", "a batch", "all"])
def test_what_a_power_cut_took_is_a_gap_of_the_next_start(tmp_path: Path, cut: int) -> None:
    made, folder = recording(tmp_path), pair_folder(tmp_path, PAIR)
    made.append(rows(1, 4))
    made.rotate()
    made.append(rows(4, 9))
    made.append(rows(9, 12))
    made.close()
    file = segments(folder, Stream.TRADES)[-1]
    os.truncate(file, max(file.stat().st_size - cut, 0))
    recording(tmp_path)
    last = int(read_recorded(tmp_path, PAIR, Stream.TRADES)["timestamp"].iloc[-1])
    assert last < 11_000
    gaps = read_gaps(folder, Stream.TRADES)
    assert Gap(last, 11_001, CUT_OFF) in gaps
    recording(tmp_path)
    assert read_gaps(folder, Stream.TRADES) == gaps, "once"


@pytest.mark.parametrize(
    "text",
    ["{", "", "[]", "{}", '{"since_ms":"a","until_ms":null}', '{"since_ms":9,"until_ms":8}', "7"],
)
def test_a_damaged_record_of_what_is_covered_is_told(tmp_path: Path, text: str) -> None:
    folder = pair_folder(tmp_path, PAIR)
    folder.mkdir(parents=True)
    (folder / "trades.json").write_text(text)
    with pytest.raises(PlimsollError, match="expected what was recorded"):
        recording(tmp_path)


def damaged_at(place: int, datadir: Path) -> Recording:
    """Return a recording whose open segment was damaged in its second batch of three."""
    made = recording(datadir)
    made.append(rows(1, 4))
    [file] = segments(pair_folder(datadir, PAIR), Stream.TRADES)
    whole = file.stat().st_size
    made.append(rows(4, 8))
    with file.open("r+b") as damaged:
        damaged.seek(whole + place)
        damaged.write(b"\xff" * 24)
    made.append(rows(8, 10))
    return made


def test_damage_within_an_open_segment_is_a_gap_once_it_is_closed(tmp_path: Path) -> None:
    made, folder = damaged_at(0, tmp_path), pair_folder(tmp_path, PAIR)
    made.rotate()
    made.append(rows(10, 12))
    read = read_recorded(tmp_path, PAIR, Stream.TRADES)
    assert list(read["id"]) == ["1", "2", "3", "10", "11"]
    assert read_gaps(folder, Stream.TRADES) == [Gap(3000, 9001, CUT_OFF)]


def test_a_segment_is_read_and_closed_wherever_it_is_damaged(tmp_path: Path) -> None:
    for place in range(0, 600, 24):
        made = damaged_at(place, tmp_path / str(place))
        made.rotate()
        read = read_recorded(tmp_path / str(place), PAIR, Stream.TRADES)
        assert list(read["id"][:3]) == ["1", "2", "3"]


def test_a_second_recorder_of_a_pair_is_refused(tmp_path: Path) -> None:
    with (
        sole_recorder(tmp_path),
        pytest.raises(PlimsollError, match="another recorder"),
        sole_recorder(tmp_path),
    ):
        pass


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from plimsoll.core import PlimsollError
from tests.unit.archive.test_recording import recording, rows
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
made = recording(Path(sys.argv[1]))
try:
    for one in range(1, 1000):
        made.append(rows(one, one + 1))
except PlimsollError as error:
    print(made.rows, error)
"""


def test_a_disk_that_takes_no_more_loses_nothing_that_was_written(
    tmp_path: Path, root: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=root,
        check=False,
    )
    written, _, said = done.stdout.partition(" ")
    assert "what was recorded before is whole: make room" in said, done.stderr
    read = read_recorded(tmp_path, PAIR, Stream.TRADES)
    assert len(read) == int(written) > 3
    assert read_covered(pair_folder(tmp_path, PAIR), Stream.TRADES) == Covered(
        1000, 1000 * int(written), written
    )
    after = recording(tmp_path)
    after.append(rows(5000, 5001))
    assert len(read_recorded(tmp_path, PAIR, Stream.TRADES)) == int(written) + 1


KILLED = """
import sys
from pathlib import Path
from tests.unit.archive.test_recording import recording, rows
made = recording(Path(sys.argv[1]))
one = 0
while True:
    one += 1
    made.append(rows(one, one + 1))
    if one % 50 == 0:
        made.rotate()
    print(one, flush=True)
"""


def test_a_kill_loses_nothing_that_was_appended(tmp_path: Path, root: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert child.stdout is not None
    said = 0
    while said < 160:
        said = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    said = max([said, *map(int, child.stdout.read().split())])
    child.wait(30)
    child.stdout.close()
    read = read_recorded(tmp_path, PAIR, Stream.TRADES)
    assert [int(one) for one in read["id"]][:said] == list(range(1, said + 1))
    assert len(read) - said in (0, 1)


def books(first: int, last: int, levels: int = 3) -> list[tuple[object, ...]]:
    amounts = tuple(1.0 + one for one in range(levels))
    return [
        (
            1000 * one,
            tuple(100.0 - level for level in range(levels)),
            amounts,
            tuple(101.0 + level for level in range(levels)),
            amounts[::-1],
        )
        for one in range(first, last)
    ]


def depth(datadir: Path, levels: int | None = 5) -> Recording:
    return Recording(pair_folder(datadir, PAIR), Stream.DEPTH, levels)


def test_depth_is_read_as_it_was_appended_open_and_closed(tmp_path: Path) -> None:
    made = depth(tmp_path)
    made.append(books(1, 3))
    made.append(books(3, 4, levels=2))
    opened = read_recorded(tmp_path, PAIR, Stream.DEPTH)
    made.rotate()
    closed = read_recorded(tmp_path, PAIR, Stream.DEPTH)
    for read in (opened, closed):
        assert list(read["timestamp"]) == [1000, 2000, 3000]
        assert [list(one) for one in read["bid_prices"]] == [[100.0, 99.0, 98.0]] * 2 + [
            [100.0, 99.0]
        ]
        assert [list(one) for one in read["ask_amounts"]][2] == [2.0, 1.0]
    assert made.covered == Covered(1000, 3000, None, 5)
    assert read_covered(pair_folder(tmp_path, PAIR), Stream.DEPTH) == made.covered


def test_levels_become_columns_and_those_that_the_book_lacked_are_nan(tmp_path: Path) -> None:
    made = depth(tmp_path)
    made.append(books(1, 2))
    made.append(books(2, 3, levels=2))
    wide = numbered_levels(read_recorded(tmp_path, PAIR, Stream.DEPTH))
    names = ("bid_price", "bid_amount", "ask_price", "ask_amount")
    assert list(wide.columns) == [
        "timestamp",
        *(f"{name}_{place}" for name in names for place in (1, 2, 3)),
    ]
    assert list(wide.loc[0, ["ask_price_1", "ask_price_3", "ask_amount_1"]]) == [101.0, 103.0, 3.0]
    assert wide["bid_price_3"].isna().tolist() == [False, True]


def test_no_depth_has_no_levels(tmp_path: Path) -> None:
    empty = read_recorded(tmp_path, PAIR, Stream.DEPTH)
    assert list(numbered_levels(empty).columns) == ["timestamp"]


def test_another_number_of_levels_in_one_place_is_refused(tmp_path: Path) -> None:
    depth(tmp_path, 10).append(books(1, 2))
    with pytest.raises(UsageError, match="holds 10 levels of depth, not 20; give --levels 10"):
        depth(tmp_path, 20)
    made = depth(tmp_path, 10)
    made.append(books(2, 3))
    assert made.covered is not None
    assert made.covered.levels == 10


def test_depth_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    made = depth(tmp_path)
    made.append(books(1, 4))
    made.append(books(4, 9))
    made.close()
    [file] = segments(pair_folder(tmp_path, PAIR), Stream.DEPTH)
    os.truncate(file, file.stat().st_size - 40)
    assert list(read_recorded(tmp_path, PAIR, Stream.DEPTH)["timestamp"]) == [1000, 2000, 3000]
