"""What a training leaves on disk after each round, so that one that was killed goes on."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plimsoll.agents.rl_stack import Stack
from plimsoll.core import PlimsollError

STEPS_FILE = "progress.json"
BUFFER = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def keep(stack: Stack, learner: Any, file: Path) -> None:
    """Write weights, optimiser and experience: tensors and numbers, nothing that runs."""
    held: dict[str, Any] = {
        "policy": learner.policy.state_dict(),
        "optimizer": learner.policy.optimizer.state_dict(),
    }
    buffer = getattr(learner, "replay_buffer", None)
    if buffer is not None:
        size = buffer.buffer_size if buffer.full else buffer.pos
        held["buffer"] = {
            name: stack.torch.from_numpy(getattr(buffer, name)[:size].copy()) for name in BUFFER
        }
        held["position"], held["full"] = int(buffer.pos), bool(buffer.full)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.half")
    stack.torch.save(held, half)
    os.replace(half, file)  # noqa: PTH105 - replaces across an existing file on every system


def restore(stack: Stack, learner: Any, file: Path) -> None:
    """Read what `keep` wrote.

    Raises
    ------
    PlimsollError
        When it is not of this training.
    """
    try:
        held = stack.torch.load(file, weights_only=True)
        learner.policy.load_state_dict(held["policy"])
        learner.policy.optimizer.load_state_dict(held["optimizer"])
    except Exception as error:  # noqa: BLE001 - torch raises many kinds for a file that is not its
        raise PlimsollError(
            f"expected the weights of this training in {file}, found: "
            f"{str(error).splitlines()[0] if str(error) else type(error).__name__}; "
            "remove the folder to begin again"
        ) from None
    if "buffer" in held:
        buffer = learner.replay_buffer
        for name, values in held["buffer"].items():
            getattr(buffer, name)[: len(values)] = values.numpy()
        buffer.pos, buffer.full = held["position"], held["full"]


def progress(folder: Path, subject: str) -> list[Mapping[str, float]]:
    """Return the rounds that are done.

    Raises
    ------
    PlimsollError
        When the folder has another training, or something else.
    """
    file = folder / STEPS_FILE
    if not file.exists():
        return []
    try:
        told = json.loads(file.read_bytes())
        is_same, rounds = told["subject"] == subject, list(told["rounds"])
    except (ValueError, KeyError, TypeError) as error:
        raise PlimsollError(f"expected a training in {file}, found: {error}") from None
    if not is_same:
        raise PlimsollError(
            f"{folder} has a training of another market, terms, weights or plan; "
            "name another folder, or remove it"
        )
    return rounds


def write_progress(folder: Path, subject: str, rounds: Sequence[Mapping[str, float]]) -> None:
    """Write the rounds that are done, and drop the weights of before the last of them."""
    file = folder / STEPS_FILE
    half = file.with_name(f".{file.name}.half")
    half.write_bytes(json.dumps({"subject": subject, "rounds": list(rounds)}).encode())
    os.replace(half, file)  # noqa: PTH105 - replaces across an existing file on every system
    weights_file(folder, len(rounds) - 1).unlink(missing_ok=True)


def weights_file(folder: Path, rounds: int) -> Path:
    """Return the file of the weights after some rounds; the last one is kept until it is whole."""
    return folder / f"weights-{rounds}.pt"
