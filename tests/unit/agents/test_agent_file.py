"""Agents in files: what is read is what was written, and all else is refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from plimsoll.agents import AgentError, agent_file, probe, read_agent, write_agent
from plimsoll.learning import Inputs, Terms, account, state
from tests.unit.agents.agents import agent


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_agent(agent(), tmp_path / "one.npz")
    return tmp_path / "one.npz"


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    written = agent(
        inputs=Inputs(forecast=True, interest=True),
        terms=Terms(leverage=2.0, fee_bps=3.0),
        pairs=("BTC/USDT:USDT", "ETH/USDT:USDT"),
    )
    write_agent(written, tmp_path / "a" / "one.npz")
    found = read_agent(tmp_path / "a" / "one.npz")
    for name in ("inputs", "terms", "pairs", "trained_from", "trained_until", "seed", "steps"):
        assert getattr(found, name) == getattr(written, name)
    seen = np.random.default_rng(1).normal(size=(50, 12)).astype(np.float32)
    assert np.array_equal(found.policy.network(seen), written.policy.network(seen))
    assert found.policy.masking is written.policy.masking
    assert found.name == "ppo-20231231-1"
    assert [one.name for one in (tmp_path / "a").iterdir()] == ["one.npz"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="found no file; train one"):
        read_agent(tmp_path / "none.npz")


def test_a_foreign_file_is_refused_and_never_run(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "was-run",))  # type: ignore[return-value]

    for content in (pickle.dumps(Evil()), b"", b"no agent at all"):
        (tmp_path / "evil.npz").write_bytes(content)
        with pytest.raises(AgentError, match="expected an agent of Plimsoll"):
            read_agent(tmp_path / "evil.npz")
    np.savez(tmp_path / "evil.npz", metadata=np.array([Evil()], dtype=object))
    with pytest.raises(AgentError, match="expected an agent of Plimsoll"):
        read_agent(tmp_path / "evil.npz")
    np.savez(tmp_path / "evil.npz", numbers=np.arange(3))
    with pytest.raises(AgentError, match="found another archive"):
        read_agent(tmp_path / "evil.npz")
    assert not (tmp_path / "was-run").exists()


def test_a_damaged_file_is_refused(file: Path) -> None:
    with np.load(file) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["weights_0"] = arrays["weights_0"] + np.float32(1e-3)
    np.savez(file, **arrays)
    with pytest.raises(AgentError, match="damaged"):
        read_agent(file)
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(AgentError, match="expected an agent of Plimsoll"):
        read_agent(file)


def test_an_agent_is_refused_when_a_feature_means_something_else(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = state.SCALES.copy()
    changed[4] *= 1.01
    monkeypatch.setattr(state, "SCALES", changed)
    with pytest.raises(AgentError, match="learned from another state"):
        read_agent(file)


def test_an_agent_is_refused_when_the_account_pays_otherwise(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = account._filled

    def dearer(accounts: object, traded: object, price: np.ndarray, *others: object) -> object:
        return true(accounts, traded, price * 1.01, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(account, "_filled", dearer)
    with pytest.raises(AgentError, match="learned from another state"):
        read_agent(file)


def test_an_agent_of_another_state_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_file, "STATE", ("mood", *state.STATE[1:]))
    with pytest.raises(AgentError, match="another state: "):
        read_agent(file)


def test_the_probe_is_the_same_every_time_and_tells_terms_apart() -> None:
    first = probe.probe(Inputs(), Terms())
    assert np.array_equal(first, probe.probe(Inputs(), Terms()))
    assert np.isfinite(first).all()
    assert not probe.agrees(first, Inputs(), Terms(fee_bps=5.0))
    assert not probe.agrees(first, Inputs(interest=True), Terms())
    assert not probe.agrees(first[:-1], Inputs(), Terms())
