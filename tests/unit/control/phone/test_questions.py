"""A question is worth one answer, of who was asked, in time by both clocks."""

from dataclasses import dataclass

import pytest

from plimsoll.control.phone.commands import Command, Verb
from plimsoll.control.phone.questions import Question, Questions, Refused

RESUME = Command(Verb.RESUME, "looked at it")


@dataclass
class Clocks:
    monotonic: float = 1000.0
    wall: float = 5000.0

    def questions(self) -> Questions:
        return Questions(120, clock=lambda: self.monotonic, wall=lambda: self.wall)


def asked(questions: Questions) -> Question:
    question = questions.ask(RESUME, "anna", "anna", ("mode HALTED",))
    questions.sent(question, 7)
    return question


def test_yes_counts_once() -> None:
    questions = Clocks().questions()
    question = asked(questions)
    assert len(f"yes:{question.nonce}".encode()) <= 64
    answer = questions.answer(f"yes:{question.nonce}", "anna", "anna", 7)
    assert not isinstance(answer, Refused)
    assert (answer[0].command, answer[1]) == (RESUME, True)
    assert isinstance(questions.answer(f"yes:{question.nonce}", "anna", "anna", 7), Refused)


@pytest.mark.parametrize(
    ("data", "who", "chat", "message", "said"),
    [
        ("yes:guessed", "anna", "anna", 7, "not open any more"),
        ("maybe:{}", "anna", "anna", 7, "not open any more"),
        ("{}", "anna", "anna", 7, "not open any more"),
        ("", "anna", "anna", 7, "not open any more"),
        ("yes:{}", "ben", "anna", 7, "anna was asked, not ben"),
        ("yes:{}", "anna", "desk", 7, "not the buttons"),
        ("yes:{}", "anna", "anna", 8, "not the buttons"),
    ],
)
def test_an_answer_of_another_kind_is_refused_and_leaves_the_question_open(
    data: str, who: str, chat: str, message: int, said: str
) -> None:
    questions = Clocks().questions()
    question = asked(questions)
    answer = questions.answer(data.format(question.nonce), who, chat, message)
    assert isinstance(answer, Refused)
    assert said in answer.why
    right = questions.answer(f"no:{question.nonce}", "anna", "anna", 7)
    assert not isinstance(right, Refused)
    assert right[1] is False


@pytest.mark.parametrize(
    ("monotonic", "wall", "counts"),
    [
        (120, 120, True),
        (121, 121, False),
        (121, 0, False),  # the clock was stopped, or set back
        (1, 121, False),  # the machine slept, and its monotonic clock with it
        (1, -5, True),
        (1, -3600, False),
    ],
)
def test_either_clock_ends_a_question(monotonic: float, wall: float, counts: bool) -> None:
    clocks = Clocks()
    questions = clocks.questions()
    question = asked(questions)
    clocks.monotonic += monotonic
    clocks.wall += wall
    answer = questions.answer(f"yes:{question.nonce}", "anna", "anna", 7)
    assert isinstance(answer, Refused) is not counts


def test_a_later_question_withdraws_the_earlier_one_of_that_person_alone() -> None:
    questions = Clocks().questions()
    first, others = asked(questions), questions.ask(RESUME, "ben", "ben", ())
    questions.sent(others, 8)
    second = asked(questions)
    assert isinstance(questions.answer(f"yes:{first.nonce}", "anna", "anna", 7), Refused)
    assert not isinstance(questions.answer(f"yes:{others.nonce}", "ben", "ben", 8), Refused)
    assert not isinstance(questions.answer(f"yes:{second.nonce}", "anna", "anna", 7), Refused)


def test_another_process_knows_no_question_of_this_one() -> None:
    question = asked(Clocks().questions())
    answer = Clocks().questions().answer(f"yes:{question.nonce}", "anna", "anna", 7)
    assert isinstance(answer, Refused)


def test_one_that_nobody_answers_is_told_once() -> None:
    clocks = Clocks()
    questions = clocks.questions()
    question = asked(questions)
    assert questions.late() == []
    clocks.monotonic += 121
    assert [one.nonce for one in questions.late()] == [question.nonce]
    assert questions.late() == []


def test_one_that_was_not_sent_has_no_buttons() -> None:
    questions = Clocks().questions()
    question = questions.ask(RESUME, "anna", "anna", ())
    assert isinstance(questions.answer(f"yes:{question.nonce}", "anna", "anna", 7), Refused)
    questions.withdraw(question)
    questions.sent(question, 7)
    assert isinstance(questions.answer(f"yes:{question.nonce}", "anna", "anna", 7), Refused)


def test_the_questions_of_one_command_are_withdrawn_together() -> None:
    questions = Clocks().questions()
    resume = asked(questions)
    stays = questions.ask(Command(Verb.HALT), "ben", "ben", ())
    questions.sent(stays, 8)
    questions.withdraw_of(Verb.RESUME)
    assert isinstance(questions.answer(f"yes:{resume.nonce}", "anna", "anna", 7), Refused)
    assert not isinstance(questions.answer(f"yes:{stays.nonce}", "ben", "ben", 8), Refused)
