"""A hook stands before a strategy's own answer, and the class does not show it."""

import pytest

from plimsoll.bridge.wrapping.hooks import GUARD, Hook


class Answers:
    """A guard that answers for itself."""

    passed_by: frozenset[str] = frozenset()
    strategy = None

    def leverage(self) -> str:
        return "guard"


class Base:
    def leverage(self) -> str:
        return "base"


class Own(Base):
    def leverage(self) -> str:
        return f"own before {super().leverage()}"


class Inherits(Base):
    pass


def hooked(kind: type) -> object:
    """A strategy of a class of its own, with a hook and a guard."""
    made = type(kind.__name__, (kind,), {})
    made.leverage = Hook(made, "leverage")
    strategy = made()
    vars(strategy)[GUARD] = Answers()
    return strategy


@pytest.mark.parametrize(("kind", "own"), [(Own, "own before base"), (Inherits, "base")])
def test_the_guard_answers_and_knows_the_own_answer(kind: type, own: str) -> None:
    strategy = hooked(kind)
    assert strategy.leverage() == "guard"
    assert vars(type(strategy))["leverage"].own(strategy)() == own


@pytest.mark.parametrize("kind", [Own, Inherits])
def test_the_class_shows_its_own_function(kind: type) -> None:
    assert type(hooked(kind)).leverage is kind.leverage


def test_a_function_of_the_class_itself_is_kept_and_shown() -> None:
    class Leaf(Base):
        def leverage(self) -> str:
            return "leaf"

    own = Leaf.leverage
    Leaf.leverage = Hook(Leaf, "leverage")
    strategy = Leaf()
    assert Leaf.leverage is own
    assert strategy.leverage() == "leaf"  # nobody guards it yet
    vars(strategy)[GUARD] = Answers()
    assert strategy.leverage() == "guard"


def test_what_is_assigned_to_the_object_is_its_own_answer_and_never_the_guards() -> None:
    strategy = hooked(Own)
    strategy.leverage = lambda: "assigned"
    assert strategy.leverage() == "guard"
    assert vars(type(strategy))["leverage"].own(strategy)() == "assigned"
    del strategy.leverage
    assert vars(type(strategy))["leverage"].own(strategy)() == "own before base"
    with pytest.raises(AttributeError):
        del strategy.leverage


def test_what_the_guard_passes_by_is_the_strategys_answer() -> None:
    strategy = hooked(Own)
    vars(strategy)[GUARD].passed_by = frozenset({"leverage"})
    assert strategy.leverage() == "own before base"


def test_a_class_derived_from_a_hooked_one_finds_the_own_answer_behind_it() -> None:
    parent = type(hooked(Own))
    child = type("Child", (parent,), {})
    child.leverage = Hook(child, "leverage")
    strategy = child()
    vars(strategy)[GUARD] = Answers()
    assert vars(child)["leverage"].own(strategy)() == "own before base"


def test_a_plain_value_is_a_value() -> None:
    class Leaf:
        leverage = 3

    Leaf.leverage = Hook(Leaf, "leverage")
    assert (Leaf.leverage, Leaf().leverage) == (3, 3)
