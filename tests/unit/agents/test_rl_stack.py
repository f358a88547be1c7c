"""The extra that only training needs."""

import sys

import pytest

from plimsoll.agents.rl_stack import rl_stack
from plimsoll.core import PlimsollError


@pytest.mark.parametrize("name", ["torch", "sb3_contrib", "stable_baselines3"])
def test_without_it_one_line_names_the_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(PlimsollError, match=r"pip install 'freqtrade-plimsoll\[rl\]'") as error:
        rl_stack()
    assert "\n" not in str(error.value)
