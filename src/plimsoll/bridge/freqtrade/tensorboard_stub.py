"""FreqAI without TensorBoard, Torch and XGBoost."""

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

LOGGER_MODULE = "freqtrade.freqai.tensorboard.base_tensorboard"


class QuietLogger:
    """Takes what FreqAI would tell TensorBoard, and drops it."""

    def __init__(self, logdir: Any = None, activate: bool = True) -> None:  # noqa: FBT001, FBT002
        pass

    def log_scalar(self, tag: str, scalar_value: Any, step: int) -> None:
        """Log nothing."""

    def close(self) -> None:
        """Close nothing."""


def provide_quiet_logger() -> None:
    """Let FreqAI train where XGBoost is not installed.

    It makes a logger for every training, also with ``activate_tensorboard`` false. Its logger
    that logs nothing lies in a module that imports XGBoost, for a callback of XGBoost's models
    only: without XGBoost no model of any kind can be trained (freqtrade 2026.9,
    `freqai/utils.py:get_tb_logger`).
    """
    if LOGGER_MODULE in sys.modules or find_spec("xgboost") is not None:
        return
    module = ModuleType(LOGGER_MODULE, "Put here by plimsoll: XGBoost is not installed.")
    module.BaseTensorboardLogger = QuietLogger  # type: ignore[attr-defined]
    module.BaseTensorBoardCallback = QuietLogger  # type: ignore[attr-defined]
    sys.modules[LOGGER_MODULE] = module
