"""FreqAI trains where XGBoost is not installed."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from plimsoll.bridge.freqtrade.tensorboard_stub import provide_quiet_logger


@pytest.mark.skipif(find_spec("xgboost") is not None, reason="XGBoost is installed")
def test_freqai_cannot_log_nothing_without_xgboost() -> None:
    wanted = "import freqtrade.freqai.tensorboard.base_tensorboard"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", wanted], capture_output=True, text=True
    )
    assert "No module named 'xgboost'" in done.stderr  # else quiet_logger is not needed any more


def test_with_the_quiet_logger_freqai_has_one(tmp_path: Path) -> None:
    provide_quiet_logger()
    from freqtrade.freqai.utils import get_tb_logger

    logger = get_tb_logger("joblib", tmp_path, activate=False)
    logger.log_scalar("loss", 0.5, 1)
    logger.close()
