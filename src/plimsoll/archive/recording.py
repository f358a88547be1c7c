"""Trades and books as they were streamed: files of a recorder, beside the archive's candles.

What is being recorded is appended to an open segment, a stream of Arrow record batches: a kill
loses what was not yet appended, and a batch that was cut off in the middle is left out when the
segment is read. A segment that is full is written anew as a feather file, whole or not at all.

A folder a pair, ``plimsoll/recorded/BTC_USDT_USDT``::

    trades-1748527680000.arrows    the open segment, named by its first event's time, in ms
    trades-1748524080000.feather   a closed one
    trades.json                    from when to when, and the last trade's id
    trades-gaps.jsonl              what is missing in between, and why
    trades-files.jsonl             which files were begun: one that is gone is missing as well
    depth.json …                   the levels as lists; `numbered_levels` makes columns of them
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
from filelock import FileLock, Timeout

from plimsoll.archive.appending import Appending, append_line, replace_file, whole_lines
from plimsoll.archive.layout import OWN_FOLDER, file_stem
from plimsoll.archive.store import write_frame
from plimsoll.core import PlimsollError, UsageError

FOLDER = f"{OWN_FOLDER}/recorded"
CUT_OFF = "the end of a file is lost"
NO_FILE = "its file is not there"
OPEN, CLOSED = ".arrows", ".feather"


class Stream(StrEnum):
    """What is recorded; the value is the name that ``--kinds`` takes."""

    TRADES = "trades"
    BOOK = "book"
    DEPTH = "depth"


LEVELS = (5, 10, 20)
SIDES = ("bid_prices", "bid_amounts", "ask_prices", "ask_amounts")
SCHEMAS: dict[Stream, pa.Schema] = {
    Stream.TRADES: pa.schema(
        {
            "timestamp": pa.int64(),
            "id": pa.string(),
            "side": pa.string(),
            "price": pa.float64(),
            "amount": pa.float64(),
        }
    ),
    Stream.BOOK: pa.schema(
        {
            "timestamp": pa.int64(),
            "bid_price": pa.float64(),
            "bid_amount": pa.float64(),
            "ask_price": pa.float64(),
            "ask_amount": pa.float64(),
        }
    ),
    Stream.DEPTH: pa.schema(
        {"timestamp": pa.int64(), **{side: pa.list_(pa.float64()) for side in SIDES}}
    ),
}
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing: events after the first time and before the second, in epoch ms.

    ``lost`` is how many, where the exchange numbers them; ``None`` where nobody can know.
    """

    from_ms: int
    to_ms: int
    why: str
    lost: int | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """From the first event to the last that was appended, gaps apart; epoch ms."""

    since_ms: int
    until_ms: int
    last_id: str | None = None
    levels: int | None = None
    """Of each side of the book, where that is what was recorded."""


def pair_folder(datadir: Path, pair: str) -> Path:
    """Return where a pair's recording lies."""
    return datadir / FOLDER / file_stem(pair)


@contextlib.contextmanager
def sole_recorder(folder: Path) -> Iterator[None]:
    """Hold a pair's folder for the length of the block; the system frees it after a kill.

    Raises
    ------
    PlimsollError
        When another recorder holds it.
    UsageError
        When it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "recorder.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise PlimsollError(
            f"another recorder is writing to {folder}; end it first, or name other pairs"
        ) from error
    except OSError as error:
        raise UsageError(
            f"cannot write to {folder} ({error.strerror}); give another --datadir"
        ) from error
    try:
        yield
    finally:
        lock.release()


class Recording:
    """One stream of one pair that is being recorded; `sole_recorder` is held meanwhile.

    ``levels`` is how many of each side of the book it holds, for depth.

    Raises
    ------
    UsageError
        When another number of levels was recorded there before.
    """

    def __init__(self, folder: Path, stream: Stream, levels: int | None = None) -> None:
        self._folder, self._stream, self._schema = folder, stream, SCHEMAS[stream]
        folder.mkdir(parents=True, exist_ok=True)
        self.covered = before = read_covered(folder, stream)
        known = levels if before is None or before.levels is None else before.levels
        if levels not in (None, known):
            other = f"give --levels {known}, or another --datadir"
            raise UsageError(f"{folder} holds {known} levels of depth, not {levels}; {other}")
        self._levels = known
        self._open: Appending | None = None
        self.rows = 0  # appended since the recorder began
        left = sorted(folder.glob(f"{stream}-*{OPEN}"))  # by a killed recorder
        for segment in left:
            _close(segment)
        if left and before is not None:
            self._miss_what_was_lost(before)

    def _miss_what_was_lost(self, covered: Covered) -> None:
        """Record what a power cut or damage took from a file, after it was noted as recorded."""
        files = segments(self._folder, self._stream)
        times = read_segment(files[-1], self._stream)["timestamp"] if files else ()
        last_ms = max((int(one) for one in times), default=covered.since_ms)
        if last_ms < covered.until_ms:
            self.miss(Gap(last_ms, covered.until_ms + 1, CUT_OFF))

    def append(self, rows: Sequence[Row]) -> None:
        """Append rows, ascending by time, and say up to where the stream is covered.

        Raises
        ------
        PlimsollError
            When they cannot be written, such as on a full disk: what was appended before stands.
        """
        if not rows:
            return
        columns = list(zip(*rows, strict=True))
        arrays = [
            pa.array(column, type=field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        batch = pa.record_batch(arrays, schema=self._schema)
        segment = self._open or self._begin(int(rows[0][0]))
        segment.append(batch.serialize().to_pybytes())
        before = self.covered
        self.covered = covered = Covered(
            int(rows[0][0]) if before is None else before.since_ms,
            max(int(rows[-1][0]), 0 if before is None else before.until_ms),
            str(rows[-1][1]) if self._stream is Stream.TRADES else None,
            self._levels,
        )
        self.rows += len(rows)
        self._keep(covered)

    def miss(self, gap: Gap) -> None:
        """Record that something is missing."""
        append_line(self._folder / f"{self._stream}-gaps.jsonl", asdict(gap))

    def sync(self) -> None:
        """Bring what was appended to the disk, so that a power cut does not lose it."""
        if self._open is not None:
            self._open.sync()

    def rotate(self) -> None:
        """Close the open segment; the next rows begin another one.

        Raises
        ------
        PlimsollError
            When the closed one cannot be written; the open one stands then, and is read.
        """
        if self._open is not None:
            file = self._open.file
            self.close()
            _close(file)
            if self.covered is not None:
                self._miss_what_was_lost(self.covered)

    def close(self) -> None:
        """Leave the open segment as it is; the next recorder turns it into a feather file."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _begin(self, first_ms: int) -> Appending:
        while (file := self._folder / f"{self._stream}-{first_ms}{OPEN}").exists() or (
            file.with_suffix(CLOSED).exists()
        ):
            first_ms += 1
        segment = Appending.begun(file, self._schema.serialize().to_pybytes())
        self._open = segment
        append_line(self._folder / f"{self._stream}-files.jsonl", {"first_ms": first_ms})
        return segment

    def _keep(self, covered: Covered) -> None:
        replace_file(self._folder / f"{self._stream}.json", orjson.dumps(asdict(covered)))


def read_covered(folder: Path, stream: Stream) -> Covered | None:
    """Return from when to when a stream was recorded; ``None`` when it never was.

    Rows that a kill let in after the record was last written are not counted: they are there, and
    what is missing after them begins a little earlier.

    Raises
    ------
    PlimsollError
        When the record is damaged.
    """
    file = folder / f"{stream}.json"
    if not file.exists():
        return None
    try:
        found = Covered(**orjson.loads(file.read_bytes()))
        if not (_are_times(found.since_ms, found.until_ms) and found.since_ms <= found.until_ms):
            raise ValueError("no times in it")
    except (ValueError, TypeError, OSError) as error:
        raise PlimsollError(
            f"expected what was recorded in {file}, found {error}; move it away: what was recorded "
            "before is then read, and no longer counts as whole"
        ) from error
    return found


def read_gaps(folder: Path, stream: Stream) -> list[Gap]:
    """Return what is missing of a stream, as it was found, then files that are not there.

    A line cut off by a kill is left out: the next recorder notes the gap anew. A damaged one is a
    `PlimsollError`: something is missing, and nobody knows what.
    """
    file, gaps = folder / f"{stream}-gaps.jsonl", []
    for line in whole_lines(file):
        try:
            gap = Gap(**orjson.loads(line))
            if not _are_times(gap.from_ms, gap.to_ms):
                raise ValueError("no times in it")
        except (ValueError, TypeError) as error:
            said = f"expected a gap in each line of {file}, found {error}"
            raise PlimsollError(f"{said}; restore it, or move its folder away") from error
        gaps.append(gap)
    return gaps + _of_files(folder, stream)


def _of_files(folder: Path, stream: Stream) -> list[Gap]:
    """Return what is missing because a file of it was moved away or deleted."""
    begun = set()  # read first: a file that is begun meanwhile is no missing one
    for line in whole_lines(folder / f"{stream}-files.jsonl"):
        with contextlib.suppress(ValueError, TypeError, KeyError):
            begun.add(int(orjson.loads(line)["first_ms"]))
    covered, there = read_covered(folder, stream), set(_starts(segments(folder, stream)))
    if covered is None:
        return []
    starts = [*sorted(begun | there), covered.until_ms + 1]
    spans = [(one, other) for one, other in pairwise(starts) if one not in there and one < other]
    return [Gap(start - 1, end, NO_FILE) for start, end in spans]


def _starts(files: Sequence[Path]) -> list[int]:
    return [int(file.stem.rpartition("-")[2]) for file in files]


def _are_times(*values: object) -> bool:
    return all(type(value) is int and value >= 0 for value in values)


def segments(folder: Path, stream: Stream) -> list[Path]:
    """Return the files of a stream, oldest first; a closed segment stands for its open one."""
    files: dict[int, Path] = {}
    for suffix in (OPEN, CLOSED):
        for file in folder.glob(f"{stream}-*{suffix}"):
            number = file.stem.rpartition("-")[2]
            if number.isdigit():
                files[int(number)] = file
    return [file for _, file in sorted(files.items())]


def read_segment(file: Path, stream: Stream) -> pd.DataFrame:
    """Read one file; of an open segment whatever was appended whole.

    Returns
    -------
    pandas.DataFrame
        With the columns of `SCHEMAS`, ``timestamp`` in epoch ms, as appended.
    """
    if file.suffix == CLOSED:
        try:
            return pd.read_feather(file)
        except (OSError, ValueError) as error:
            raise PlimsollError(f"{file} cannot be read ({error}); move it away") from error
    batches: list[pa.RecordBatch] = []
    try:
        handle = file.open("rb")
    except FileNotFoundError:  # closed since it was listed
        return read_segment(file.with_suffix(CLOSED), stream)
    with contextlib.suppress(pa.ArrowException, OSError, StopIteration), handle:
        reader = pa.ipc.open_stream(handle)
        while True:
            (batch := reader.read_next_batch()).validate(full=True)
            batches.append(batch)
    rows: pd.DataFrame = pa.Table.from_batches(batches, schema=SCHEMAS[stream]).to_pandas()
    return rows


def read_recorded(
    datadir: Path, pair: str, stream: Stream, *, since_ms: int = 0, until_ms: int | None = None
) -> pd.DataFrame:
    """Return what was recorded of a pair, ascending by time.

    ``since_ms`` and ``until_ms`` are epoch ms, the second one exclusive; all when left out.

    Returns
    -------
    pandas.DataFrame
        With the columns of `SCHEMAS`.
    """
    folder = pair_folder(datadir, pair)
    files = segments(folder, stream)
    starts = _starts(files)
    wanted = [
        file
        for place, file in enumerate(files)
        if (until_ms is None or starts[place] < until_ms)
        and (place + 1 == len(files) or starts[place + 1] >= since_ms)
    ]
    parts = [read_segment(file, stream) for file in wanted]
    rows = pd.concat(parts) if parts else SCHEMAS[stream].empty_table().to_pandas()
    kept = rows[(rows["timestamp"] >= since_ms)]
    kept = kept if until_ms is None else kept[kept["timestamp"] < until_ms]
    return kept.sort_values("timestamp", kind="stable").reset_index(drop=True)


def numbered_levels(rows: pd.DataFrame) -> pd.DataFrame:
    """Return recorded depth with a column for each level, the best one first.

    Returns
    -------
    pandas.DataFrame
        ``timestamp``, ``bid_price_1``, ``bid_price_2`` …, ``bid_amount_1`` …, ``ask_price_1`` …,
        ``ask_amount_1`` …; NaN where the book had fewer levels.
    """
    levels = {
        f"{side[:-1]}_{place}": np.array(level, dtype="float64")
        for side in SIDES
        for place, level in enumerate(zip_longest(*rows[side], fillvalue=np.nan), start=1)
    }
    return pd.DataFrame({"timestamp": rows["timestamp"], **levels}, index=rows.index)


def _close(segment: Path) -> None:
    """Write an open segment as a feather file and remove it; a kill in between does no harm."""
    stream = Stream(segment.name.partition("-")[0])
    whole = segment.with_suffix(CLOSED)
    if not whole.exists() and not (rows := read_segment(segment, stream)).empty:
        write_frame(whole, rows)
    segment.unlink(missing_ok=True)
