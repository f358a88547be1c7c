"""``plimsoll log``: exit statuses, lines for people, JSON for programs."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from plimsoll.journal.kind import Kind
from plimsoll.lab.processes import child_environment, command
from tests.conftest import ROOT
from tests.unit.cli.commands import Run
from tests.unit.journal.decisions import BTC, Bot


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    """A start, two candles, a trade in a third and a denial in a fourth."""
    bot = Bot(tmp_path / "plimsoll/decisions")
    bot.candles(2)
    bot.trade(1)
    bot.candle("long", locked="cooldown until 14:40")
    bot.write(
        "denial",
        pair=BTC,
        side="long",
        rule="cooldown",
        reason="closed 300 s ago, wait 900 s",
        value=300.0,
        limit=900.0,
    )
    bot.log.close()
    return tmp_path


def file_of(userdir: Path) -> Path:
    return userdir / "plimsoll/decisions/2026-11-20.jsonl"


# verify


def test_verify_counts_and_names_the_head(run: Run, userdir: Path) -> None:
    ran = run("log", "verify", "--userdir", str(userdir))
    head = json.loads(file_of(userdir).read_text().splitlines()[-1])["hash"]
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        f"whole: 10 records in 1 file, 2026-11-20 14:00:02 to 2026-11-20 14:20:02\nhead: {head}\n"
    )
    assert run("log", "verify", "--userdir", str(userdir), "--head", head).status == 0


def test_verify_names_file_line_and_fault_of_a_changed_byte(run: Run, userdir: Path) -> None:
    file = file_of(userdir)
    file.write_bytes(file.read_bytes().replace(b'"stake_usd":100.0', b'"stake_usd":900.0'))
    ran = run("log", "verify", "--userdir", str(userdir))
    assert ran.status == 1
    assert ran.out == (
        "not whole: 2026-11-20.jsonl, line 6: the record was changed: its bytes do not give its "
        "hash (5 records before it)\n"
    )


def test_verify_as_json(run: Run, userdir: Path) -> None:
    folder = userdir / "plimsoll/decisions"
    told = json.loads(run("log", "verify", "--folder", str(folder), "--json").out)
    assert (told["whole"], told["records"], told["fault"]) == (True, 10, None)
    with file_of(userdir).open("ab") as handle:
        handle.write(b"{")
    ran = run("log", "verify", "--folder", str(folder), "--json")
    assert ran.status == 1
    assert json.loads(ran.out)["fault"]["line"] == 11


def test_a_cut_end_shows_by_the_head(run: Run, userdir: Path) -> None:
    head = json.loads(run("log", "verify", "--userdir", str(userdir), "--json").out)["head"]
    lines = file_of(userdir).read_bytes().splitlines(keepends=True)
    file_of(userdir).write_bytes(b"".join(lines[:-1]))
    assert run("log", "verify", "--userdir", str(userdir)).status == 0
    ran = run("log", "verify", "--userdir", str(userdir), "--head", head)
    assert ran.status == 1
    assert "the end of the log is missing" in ran.out


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "--head", "not-a-hash"),
        ("tail", "--kind", "rumour"),
        ("why", "DOGE"),
        ("why", "BTC", "--at", "soon"),
    ],
    ids=" ".join,
)
def test_wrong_words_are_one_line_and_two(run: Run, userdir: Path, words: tuple[str, ...]) -> None:
    ran = run("log", words[0], "--userdir", str(userdir), *words[1:])
    assert ran.status == 2
    assert ran.err.startswith("plimsoll: expected ")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("words", [("verify",), ("tail",), ("why", "BTC")], ids=" ".join)
def test_no_log_is_one_line_and_two(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = run("log", *words, "--userdir", str(tmp_path))
    assert ran.status == 2
    assert "--userdir" in ran.err
    assert ran.err.count("\n") == 1


# tail


def test_a_relative_folder_is_named_in_full(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("log", "verify", "--userdir", "mine")
    assert ran.status == 2
    assert f"expected a decision log at {tmp_path}/mine/plimsoll/decisions" in ran.err


def test_tail_is_readable(run: Run, userdir: Path) -> None:
    ran = run("log", "tail", "--userdir", str(userdir))
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert len(lines) == 10
    assert lines[0] == "2026-11-20 14:00:02  start     -                 TrendFollow, in dry_run"
    assert lines[1] == "2026-11-20 14:05:02  candle    -                 14:05: 2 without signal"
    assert lines[5].endswith("long order of 100 USD at 42,000, leverage 3, trend")
    assert lines[7].endswith(
        "14:20: BTC/USDT:USDT long, locked: cooldown until 14:40; 1 without signal"
    )
    assert lines[9] == (
        f"2026-11-20 14:20:02  denial    {BTC}     long denied by cooldown: closed 300 s ago, "
        "wait 900 s (value 300, limit 900)"
    )


def test_tail_takes_the_newest_of_a_kind_and_a_pair(run: Run, userdir: Path) -> None:
    ran = run("log", "tail", "--userdir", str(userdir), "-n", "1", "--kind", "signal")
    assert ran.out.startswith("2026-11-20 14:20:02  signal")
    ran = run("log", "tail", "--userdir", str(userdir), "--pair", "eth")
    assert ran.out.count("\n") == 4
    assert ran.out.splitlines()[-1].endswith("ETH/USDT:USDT     14:20: no signal")
    assert run("log", "tail", "--userdir", str(userdir), "-n", "0").out == ""


def test_tail_as_json_is_the_records(run: Run, userdir: Path) -> None:
    ran = run("log", "tail", "--userdir", str(userdir), "-n", "10", "--json")
    assert ran.out.encode() != b""
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert told == [json.loads(line) for line in file_of(userdir).read_text().splitlines()]


def test_tail_spells_out_what_would_steer_a_terminal(run: Run, tmp_path: Path) -> None:
    bot = Bot(tmp_path / "plimsoll/decisions")
    bot.write("error", where="exchange", message="\x1b[2Jgone\nplimsoll: all is well")
    bot.log.close()
    ran = run("log", "tail", "--userdir", str(tmp_path), "-n", "1")
    assert ran.out.endswith("exchange: \\x1b[2Jgone\\nplimsoll: all is well\n")


def test_tail_says_what_changed_since_the_previous_start(run: Run, tmp_path: Path) -> None:
    bot = Bot(tmp_path / "plimsoll/decisions")
    bot.write(
        "start",
        mode="live",
        strategy="TrendFollow",
        profile={"max_leverage": 3},
        config_fingerprint="c0ffee",
        changed={"max_open_trades": {"before": 3, "after": 4}, "fee": {"after": 0.0007}},
    )
    bot.log.close()
    ran = run("log", "tail", "--userdir", str(tmp_path), "-n", "1")
    assert ran.out.rstrip().endswith(
        "TrendFollow, in live, config c0ffee; changed: fee unset → 0.0007, max_open_trades 3 → 4"
    )


def test_tail_tells_of_a_record_without_its_fields(run: Run, tmp_path: Path) -> None:
    bot = Bot(tmp_path / "plimsoll/decisions")
    for kind in ("candle", "denial", "order", "fill", "exit", "verdict", "halt", "rearm", "own"):
        bot.write(kind)
    bot.write("start", changed=["odd"], profile={"max_leverage": 3})
    bot.write("verdict", until="odd", pairs=7, candle="odd")
    bot.log.close()
    ran = run("log", "tail", "--userdir", str(tmp_path))
    assert (ran.status, ran.out.count("\n")) == (0, 12)


def test_tail_follows_over_midnight(userdir: Path) -> None:
    folder = userdir / "plimsoll/decisions"
    words = [command("plimsoll"), "log", "tail", "--follow", "-n", "1", "--folder", str(folder)]
    with subprocess.Popen(words, env=child_environment(), stdout=subprocess.PIPE) as tail:
        assert tail.stdout is not None
        try:
            assert b"denial" in _line(tail)
            bot = Bot(folder)
            assert b"start" in _line(tail)
            bot.candles(2)
            bot.candles(120)  # ten hours: over midnight
            lines = [_line(tail) for _ in range(122)]
            assert b"2026-11-20 14:05:02  candle" in lines[0]
            assert b"2026-11-21 00:10:02  candle" in lines[-1]
            bot.log.close()
        finally:
            tail.terminate()


def _line(process: "subprocess.Popen[bytes]") -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()


# why


def test_why_is_a_sentence(run: Run, userdir: Path) -> None:
    ran = run("log", "why", "BTC", "--userdir", str(userdir))
    assert ran.status == 0
    assert ran.out == (
        f"{BTC} at 2026-11-20 14:20:02: the long signal was denied by cooldown: closed 300 s ago, "
        "wait 900 s (value 300, limit 900), at 2026-11-20 14:20:02.\n"
    )


def test_why_as_json_has_the_records_it_rests_on(run: Run, userdir: Path) -> None:
    ran = run("log", "why", "btc/usdt", "--at", "14:15", "--userdir", str(userdir), "--json")
    told = json.loads(ran.out)
    assert (told["pair"], told["cause"]) == (BTC, "ordered")
    assert [record["kind"] for record in told["records"]] == ["order", "fill"]


# The page


def test_the_page_names_every_kind_and_every_cause() -> None:
    page = (ROOT / "docs/decision-log.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"\w+", row)}
    source = (ROOT / "src/plimsoll/journal/why.py").read_text(encoding="utf-8")
    causes = set(re.findall(r'Answer\("(\w+)"', source))
    assert len(causes) > 10
    assert named == {"cause", "kind", *Kind, *causes}
