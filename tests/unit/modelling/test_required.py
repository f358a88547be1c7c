"""Libraries of an extra: one that is missing is named with it."""

import sys
from typing import Any

import pytest

from plimsoll.core import PlimsollError
from plimsoll.modelling.required import required


@pytest.mark.parametrize("library", ["xgboost", "catboost", "skops", "torch"])
def test_a_library_that_is_missing_is_named_with_its_extra(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, library, raising=False)

    class Missing:
        def find_spec(self, name: str, *_: Any) -> None:
            if name.split(".")[0] == library:
                raise ModuleNotFoundError(f"No module named {library!r}", name=library)

    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with pytest.raises(PlimsollError) as caught:
        required(library, extra="own")
    assert str(caught.value) == (
        f"expected {library} to be installed: pip install 'freqtrade-plimsoll[own]'"
    )
