"""What an agent sees, does, pays and is rewarded for: the rules of reinforcement learning, pure.

The same functions train an agent, backtest it and run it in a bot; neither PyTorch nor gymnasium
is needed for any of it. `plimsoll.agents` trains agents and keeps them in files.
"""

from plimsoll.learning.account import Accounts, Parts, Terms, new_accounts
from plimsoll.learning.actions import Action
from plimsoll.learning.market import SIGNALS, Market, joined, market_of
from plimsoll.learning.play import Play, Played, play_out
from plimsoll.learning.policy import Masking, Network, Policy, RandomChoice, hold
from plimsoll.learning.reward import PARTS, Reward, Weights
from plimsoll.learning.signals import Inputs, rise_probability, with_signals
from plimsoll.learning.state import STATE, observed, states_of

__all__ = [
    "PARTS",
    "SIGNALS",
    "STATE",
    "Accounts",
    "Action",
    "Inputs",
    "Market",
    "Masking",
    "Network",
    "Parts",
    "Play",
    "Played",
    "Policy",
    "RandomChoice",
    "Reward",
    "Terms",
    "Weights",
    "hold",
    "joined",
    "market_of",
    "new_accounts",
    "observed",
    "play_out",
    "rise_probability",
    "states_of",
    "with_signals",
]
