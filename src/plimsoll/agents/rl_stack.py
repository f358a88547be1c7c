"""The libraries that only training needs."""

from types import ModuleType
from typing import NamedTuple

from plimsoll.core import PlimsollError


class Stack(NamedTuple):
    """PyTorch, stable-baselines3 and sb3-contrib."""

    torch: ModuleType
    stable_baselines3: ModuleType
    sb3_contrib: ModuleType

    def versions(self) -> dict[str, str]:
        """Return the version of each by its name."""
        return {name: str(getattr(self, name).__version__) for name in self._fields}


def rl_stack() -> Stack:
    """Import what trains agents, on one thread.

    Raises
    ------
    PlimsollError
        When it is not installed.
    """
    try:
        import sb3_contrib
        import stable_baselines3
        import torch
    except ImportError as error:
        raise PlimsollError(
            f"training an agent needs {error.name}, which is not installed; "
            "pip install 'freqtrade-plimsoll[rl]' (running a trained one does not need it)"
        ) from None
    torch.set_num_threads(1)
    return Stack(torch, stable_baselines3, sb3_contrib)
