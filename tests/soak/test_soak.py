"""What a soak reckons from its samples, and the limits that it sets; the soak itself: make soak."""

import json
import math
import os
from pathlib import Path

import pytest

from tests.soak.__main__ import BLOCK, OURS, PAGE, PLAIN, kept, main, soaked, table
from tests.soak.limits import limited
from tests.soak.sampling import Sample, loops, slope, usage


def samples(hours: int = 4, *, segment: int = 1, growth: float = 0.5) -> list[Sample]:
    return [
        Sample(segment, float(hour), who, 400 + growth * hour, 50.0 * hour, 10 * hour, 3.0)
        for hour in range(hours + 1)
        for who in (*OURS, PLAIN)
    ]


def test_growth_is_that_after_the_first_hour() -> None:
    found = usage(samples(), "bot")
    assert found.growth_mb_an_hour == pytest.approx(0.5)
    assert found.processor_seconds_an_hour == pytest.approx(50.0)
    assert found.peak_mb == 402.0
    begun = [Sample(1, 0.0, "bot", 100.0, 0.0, 0, 1.0), *samples()[4:]]
    assert usage(begun, "bot").growth_mb_an_hour == pytest.approx(0.5)


def test_too_few_looks_give_no_growth_and_none_is_refused() -> None:
    assert math.isnan(usage(samples(hours=2), "bot").growth_mb_an_hour)
    assert math.isnan(slope([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match="expected two looks at bot"):
        usage([], "bot")


def test_segments_add_up_and_are_not_mixed() -> None:
    both = [*samples(hours=4), *samples(hours=6, segment=2, growth=1.0)]
    assert soaked(both) == 10.0
    assert usage(both, "bot").hours == 6.0
    assert usage(both, "bot").growth_mb_an_hour == pytest.approx(1.0)


def test_the_table_says_what_was_not_run() -> None:
    text = table(samples(), wanted=72.0, limits="none", peak_mb=None)
    assert "68 of 72 hours were not run." in text
    assert "took 1206 MB at their peaks" in text
    assert "1.00 times the plain one's" in text
    assert "not run" not in table(samples(), wanted=4.0, limits="none", peak_mb=500.0)


def test_a_line_half_written_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    whole = json.dumps(samples()[0].as_record())
    file.write_text(f'{whole}\n{{"segment": 1, "ho\n[1]\n{{"other": 1}}\n')
    assert kept(file) == samples()[:1]
    assert kept(tmp_path / "absent") == []


def test_loops_are_read_from_the_log(tmp_path: Path) -> None:
    log = tmp_path / "bot.log"
    log.write_text("freqtrade.worker - DEBUG - Throttling …, last iteration took 1.25 s.\nother\n")
    assert loops(log) == [1.25]
    assert loops(tmp_path / "absent") == []


def test_limits_of_version_2_are_written(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    (tmp_path / "own").mkdir()
    membership = tmp_path / "membership"
    membership.write_text("9:name=systemd:/other\n0::/own\n")
    with limited(tmp_path, membership) as limits:
        [folder] = limits.folders
        assert (folder / "memory.max").read_text() == str(2 << 30)
        assert (folder / "cpu.max").read_text() == "200000 100000"
        with limits.held():
            assert (folder / "cgroup.procs").read_text() == str(os.getpid())
            assert not (tmp_path / "own/cgroup.procs").exists()
        assert (tmp_path / "own/cgroup.procs").read_text() == str(os.getpid())


def test_of_version_1_memory_is_limited(tmp_path: Path) -> None:
    (tmp_path / "memory/own").mkdir(parents=True)
    membership = tmp_path / "membership"
    membership.write_text("4:cpu,memory:/own\n0::/other\n")
    with limited(tmp_path, membership) as limits:
        [folder] = limits.folders
        assert (folder / "memory.limit_in_bytes").read_text() == str(2 << 30)
        with limits.held():
            pass
        assert (tmp_path / "memory/own/cgroup.procs").read_text() == str(os.getpid())


def test_without_controllers_or_rights_there_are_none_and_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("hugetlb\n")
    with limited(tmp_path) as limits:
        assert limits.says.startswith("none")
        with limits.held():
            assert limits.peak_mb() is None
    with limited(tmp_path / "absent") as limits:
        assert limits.says.startswith("none: no cgroup can be made here")


@pytest.mark.parametrize("words", [["--hours", "0"], ["--hours", "nan"], ["--minutes", "-1"]])
def test_hours_that_are_none_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)


def test_the_page_has_a_block_for_the_figures() -> None:
    assert BLOCK.search(PAGE.read_text(encoding="utf-8")) is not None
