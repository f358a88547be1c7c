"""``plimsoll agents``: what is asked for, and what is shown."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from plimsoll.agents import write_agent, write_allocator
from plimsoll.agents.allocator_training import TrainedAllocator
from plimsoll.agents.training import Algorithm, Trained
from plimsoll.cli import app
from plimsoll.core import PlimsollError
from plimsoll.lab import agent_training, allocator_training
from plimsoll.lab.agent_training import Lesson, Taught
from plimsoll.lab.allocator_training import AllocatorLesson, TaughtAllocator
from plimsoll.learning.allocation_judgement import AllocationJudgement
from plimsoll.learning.judgement import Interval, Judgement
from tests.unit.agents.agents import agent, follower
from tests.unit.agents.allocators import allocator, signal_network

GOOD = Interval(0.03, 0.01, 0.05)
FOUND = Judgement(GOOD, GOOD, Interval(-0.1, -0.12, -0.08), 0.0, 4.0, np.zeros(3))
ASKED = ["--pair", "BTC/USDT:USDT", "--begin", "2022-01-01", "--until", "2024-01-01"]


@pytest.fixture
def lessons(monkeypatch: pytest.MonkeyPatch) -> list[Lesson]:
    """What the machinery is asked for."""
    asked: list[Lesson] = []

    def answer(lesson: Lesson, folder: Path, **_: object) -> Taught:
        asked.append(lesson)
        judged = FOUND if lesson.plan.seed == 1 else None
        return Taught(agent(), folder / "one.npz", Trained(follower(), [], 10), judged)

    monkeypatch.setattr(agent_training, "teach", answer)
    return asked


def run(*words: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["agents", *words])
    return found.exit_code, found.output


def test_a_training_is_asked_for_and_judged(lessons: list[Lesson]) -> None:
    status, said = run("train", *ASKED, "--algorithm", "dqn", "--steps", "5000", "--interest")
    assert status == 0
    lesson = lessons[0]
    assert (lesson.plan.algorithm, lesson.plan.steps) == (Algorithm.DQN, 5000)
    assert lesson.inputs.interest
    assert not lesson.inputs.forecast
    run("train", *ASKED, "--forecasts", "said")
    assert lessons[1].inputs.forecast
    assert lessons[1].forecasts == Path("said")
    assert lesson.inputs.funding
    assert (str(lesson.begin), str(lesson.until)) == (
        "2022-01-01 00:00:00+00:00",
        "2024-01-01 00:00:00+00:00",
    )
    assert "better than holding nothing and chance on the months after: +3.00% a month" in said


def test_what_was_not_judged_says_so(lessons: list[Lesson]) -> None:
    assert "not judged: fewer than five months" in run("train", *ASKED, "--seed", "2")[1]
    told = json.loads(run("train", *ASKED, "--json")[1])
    assert told["judgement"]["agent"] == [0.03, 0.01, 0.05]
    assert told["judgement"]["is_better"]


@pytest.mark.parametrize("wrong", [["--algorithm", "sac"], ["--begin", "soon"]])
def test_wrong_words_are_refused(lessons: list[Lesson], wrong: list[str]) -> None:
    found = CliRunner().invoke(app, ["agents", "train", *ASKED, *wrong])
    assert isinstance(found.exception, PlimsollError)
    assert lessons == []


def test_agents_are_shown_and_one_that_must_not_be_asked_fails(tmp_path: Path) -> None:
    assert f"no agent in {tmp_path}" in run("show", "--folder", str(tmp_path))[1]
    write_agent(agent(), tmp_path / "one.npz")
    said = run("show", "--folder", str(tmp_path))[1]
    assert said == "one.npz: 1h, 2022-01-01 to 2023-12-31, BTC/USDT:USDT\n"
    told = json.loads(run("show", "--folder", str(tmp_path), "--json")[1])
    assert told["one.npz"]["algorithm"] == "ppo"
    (tmp_path / "two.npz").write_bytes(b"?")
    found = CliRunner().invoke(app, ["agents", "show", "--folder", str(tmp_path)])
    assert isinstance(found.exception, PlimsollError)


SHARES = AllocationJudgement(GOOD, GOOD, GOOD, 0.02, 0.03, 0.1, 8)


@pytest.fixture
def allocations(monkeypatch: pytest.MonkeyPatch) -> list[AllocatorLesson]:
    """What the machinery of allocators is asked for."""
    asked: list[AllocatorLesson] = []

    def answer(lesson: AllocatorLesson, folder: Path, **_: object) -> TaughtAllocator:
        asked.append(lesson)
        judged = SHARES if lesson.plan.seed == 1 else None
        done = TrainedAllocator(signal_network(), [], 10)
        return TaughtAllocator(allocator(), folder / "one.npz", done, judged)

    monkeypatch.setattr(allocator_training, "teach_allocator", answer)
    return asked


def test_an_allocator_is_asked_for_and_judged(allocations: list[AllocatorLesson]) -> None:
    status, said = run("allocate", *ASKED, "--steps", "5000")
    assert status == 0
    [lesson] = allocations
    assert (lesson.plan.steps, lesson.pairs) == (5000, ("BTC/USDT:USDT",))
    assert lesson.until == pd.Timestamp("2024-01-01", tz="UTC")
    assert "RLAllocator/one.npz: 1,000 days" in said
    assert "better than equal shares on 8 quarters after: +3.00% a quarter" in said
    assert "not judged: fewer than five quarters" in run("allocate", *ASKED, "--seed", "2")[1]
    told = json.loads(run("allocate", *ASKED, "--json")[1])
    assert told["judgement"]["difference"] == [0.03, 0.01, 0.05]
    assert told["judgement"]["is_better"]
    found = CliRunner().invoke(app, ["agents", "allocate", *ASKED, "--begin", "soon"])
    assert isinstance(found.exception, PlimsollError)


def test_an_allocator_is_shown(tmp_path: Path) -> None:
    write_allocator(allocator(), tmp_path / "one.npz")
    said = run("show", "--folder", str(tmp_path))[1]
    assert said == "one.npz: 1d, 2021-01-01 to 2023-12-20, trend, carry, cross, follow\n"
    told = json.loads(run("show", "--folder", str(tmp_path), "--json")[1])
    assert told["one.npz"]["kind"] == "allocator"
