"""The lane is compiled before any of its tests."""

import pytest

from tests.support.compiled_lane import compile_lane


@pytest.fixture(scope="session", autouse=True)
def compiled_lane() -> None:
    compile_lane()
