"""A review from end to end: a bot's traces, the gates' evidence, and a decision on record."""

import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.cli import review_run
from plimsoll.cli.bot_run import Wanted
from plimsoll.cli.digest_run import Asked
from plimsoll.cli.gate_run import Asked as GateAsked
from plimsoll.cli.gate_run import run_gate
from plimsoll.cli.review_run import Reviewed, Wish, reviewed
from plimsoll.control.reviews import reviews_folder, reviews_of
from plimsoll.core import PlimsollError, UsageError
from plimsoll.gates.bundle import read_bundle
from plimsoll.gates.criterion import Gate
from plimsoll.gates.places import bundle_file
from plimsoll.gates.scaling import Decision
from plimsoll.performance.calendar_periods import Length
from tests.unit.cli.bots import make_database, usual_trades
from tests.unit.cli.gates import LAYERS, LIVE_LAYERS, STRATEGY, layers, whole_folder
from tests.unit.performance.frames import utc

WISH = Wish(Decision.KEEP, "Ada", "two weeks are too few")
Run = Callable[..., Reviewed]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all evidence, every gate passed, and a bot's database."""
    folder = tmp_path_factory.mktemp("whole")
    userdir = folder / "user_data"
    whole_folder(userdir)
    for gate in (Gate.SANDBOX, Gate.LAB, Gate.PAPER, Gate.LIVE):
        names = LIVE_LAYERS if gate is Gate.LIVE else LAYERS
        asked = GateAsked(strategy=STRATEGY, userdir=userdir, config=tuple(layers(userdir, names)))
        if gate is Gate.LIVE:
            asked = GateAsked(
                strategy=STRATEGY, userdir=userdir, config=asked.config, attest="Ada: I can lose it"
            )
        assert run_gate(gate, asked).record["verdict"] == "go"
    trades = usual_trades()
    for one in trades:
        one.strategy = STRATEGY
    make_database(folder / "bot.sqlite", trades)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(whole, tmp_path / "bot")
    monkeypatch.chdir(tmp_path / "bot")
    return tmp_path / "bot"


@pytest.fixture
def run(folder: Path) -> Run:
    def look(wish: Wish | None = None, layer_names: tuple[str, ...] = LIVE_LAYERS) -> Reviewed:
        userdir = folder / "user_data"
        wanted = Wanted(
            userdir=userdir,
            config=tuple(layers(userdir, layer_names)),
            db_url=f"sqlite:///{folder / 'bot.sqlite'}",
            strategy=STRATEGY,
            starting_balance=10_000.0,
        )
        asked = Asked(wanted=wanted, length=Length.MONTHLY, day=utc("2025-03-02"))
        return reviewed(asked, wish, None)

    return look


def capital(folder: Path) -> tuple[str, float | None]:
    file = bundle_file(folder / "user_data", STRATEGY, Gate.SCALE)
    bundle = read_bundle(file)
    return bundle.record["review"]["decision"], bundle.capital_usd


def test_a_look_decides_nothing_and_shows_period_and_criteria(run: Run, folder: Path) -> None:
    shown = run()
    assert shown.record is None
    assert shown.capital_usd == 500.0
    names = {one.criterion.name for one in shown.judged}
    assert {"step_days", "step_profit", "live_difference", "position_breaks"} <= names
    assert shown.of_period["step_days"] == 31.0
    assert shown.of_period["step_profit"] == pytest.approx(178.557)
    assert not bundle_file(folder / "user_data", STRATEGY, Gate.SCALE).exists()
    assert not reviews_folder(StateFolder(folder / "user_data/plimsoll")).exists()


def test_a_decision_is_in_the_log_and_in_the_gates_verdict_and_once(run: Run, folder: Path) -> None:
    first = run(WISH)
    assert first.is_new
    again = run(WISH)
    assert not again.is_new
    [record] = reviews_of(StateFolder(folder / "user_data/plimsoll"))
    assert (record["decision"], record["by"], record["period"]) == ("keep", "Ada", "2025-03")
    assert record["reason"] == "two weeks are too few"
    assert (record["from_usd"], record["to_usd"]) == (500.0, 500.0)
    assert record["figures"]["trades"]["closed"] == 4
    assert capital(folder) == ("keep", 500.0)
    with pytest.raises(PlimsollError, match="2025-03 is reviewed: keep by Ada"):
        run(Wish(Decision.WITHDRAW, "Ada", "changed my mind"))


def test_an_increase_is_refused_and_leaves_nothing(run: Run, folder: Path) -> None:
    with pytest.raises(PlimsollError, match=r"no increase: .*step_days"):
        run(Wish(Decision.INCREASE, "Ada", "it went well"))
    assert not bundle_file(folder / "user_data", STRATEGY, Gate.SCALE).exists()
    assert reviews_of(StateFolder(folder / "user_data/plimsoll")) == ()


def test_a_crash_between_verdict_and_log_is_made_good(run: Run, folder: Path) -> None:
    run(Wish(Decision.WITHDRAW, "Ada", "no more"))
    shutil.rmtree(reviews_folder(StateFolder(folder / "user_data/plimsoll")))
    made_at = read_bundle(bundle_file(folder / "user_data", STRATEGY, Gate.SCALE)).made_at
    again = run(Wish(Decision.WITHDRAW, "Ada", "no more"))
    assert again.is_new
    assert again.record is not None
    assert (again.record["from_usd"], again.record["to_usd"]) == (500.0, 0.0)
    assert read_bundle(bundle_file(folder / "user_data", STRATEGY, Gate.SCALE)).made_at == made_at


def test_a_paper_bot_is_reviewed_without_capital(run: Run, folder: Path) -> None:
    for gate in (Gate.LIVE, Gate.SCALE):
        bundle_file(folder / "user_data", STRATEGY, gate).unlink(missing_ok=True)
    with pytest.raises(PlimsollError, match="expected a verdict that gives capital"):
        run(Wish(Decision.INCREASE, "Ada", "more"), LAYERS)
    made = run(WISH, LAYERS)
    assert made.record is not None
    assert (made.record["from_usd"], made.record["to_usd"]) == (None, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("more", "Ada", "why"), "expected --decide to be increase, keep"),
        (("keep", "", "why"), "who decides, and why"),
        (("keep", "Ada", " "), "who decides, and why"),
        (("keep", "Ada: Lovelace", "why"), "without a colon"),
    ],
)
def test_a_wish_has_a_decision_a_name_and_a_reason(words: tuple[str, str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Wish.of(*words)


def test_of_two_at_once_the_later_decides_nothing_by_what_was_before(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw no review; the later verdict would have given back what the first withdrew."""
    began, go_on = threading.Event(), threading.Event()
    whole = review_run._decided

    def slow(*given: Any) -> Reviewed:
        if given[1].by == "Ben":
            began.set()
            go_on.wait(20)
        return whole(*given)

    monkeypatch.setattr(review_run, "_decided", slow)
    said: list[str] = []

    def later() -> None:
        try:
            run(Wish(Decision.KEEP, "Ada", "as it is"))
        except PlimsollError as error:
            said.append(str(error))

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(run, Wish(Decision.WITHDRAW, "Ben", "no more"))
        assert began.wait(60)
        second = threads.submit(later)
        time.sleep(0.5)
        go_on.set()
        first.result()
        second.result()
    assert capital(folder) == ("withdraw", 0.0)
    assert "2025-03 is reviewed: withdraw by Ben" in said[0]
