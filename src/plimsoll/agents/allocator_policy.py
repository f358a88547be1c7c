"""One network for every sleeve, as a policy of stable-baselines3."""

from typing import Any

import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import nn

SMALL = 0.01
"""Gain of the last layer's first weights: it begins with next to equal shares."""


class SharedExtractor(nn.Module):
    """Scores each sleeve, and says a number a day: of observations that are sleeves × numbers."""

    def __init__(self, sleeves: int, seen: int, width: int) -> None:
        super().__init__()
        self.seen = seen
        self.latent_dim_pi, self.latent_dim_vf = sleeves, width
        self.policy_net = nn.Sequential(*_layers(seen, width), nn.Linear(width, 1))
        self.value_net = nn.Sequential(*_layers(seen, width))

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the scores, and what a value is made of."""
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: torch.Tensor) -> torch.Tensor:
        """Return a score a sleeve."""
        scores: torch.Tensor = self.policy_net(self._each(features))
        return scores.squeeze(-1)

    def forward_critic(self, features: torch.Tensor) -> torch.Tensor:
        """Return the mean over the sleeves."""
        said: torch.Tensor = self.value_net(self._each(features))
        return said.mean(dim=1)

    def _each(self, features: torch.Tensor) -> torch.Tensor:
        return features.reshape(len(features), -1, self.seen)


class SharedPolicy(ActorCriticPolicy):
    """Draws each sleeve's score around what `SharedExtractor` says."""

    optimizer: Any

    def __init__(self, *args: Any, width: int, seen: int, **kwargs: Any) -> None:
        self._width, self._numbers = width, seen
        super().__init__(*args, **kwargs)
        self.action_net = nn.Identity()  # the extractor's scores are the means
        nn.init.orthogonal_(self.mlp_extractor.policy_net[-1].weight, gain=SMALL)
        rate = self.optimizer.param_groups[0]["lr"]
        self.optimizer = self.optimizer_class(self.parameters(), lr=rate, **self.optimizer_kwargs)

    def _build_mlp_extractor(self) -> None:
        sleeves = self.action_space.shape[0]
        self.mlp_extractor = SharedExtractor(sleeves, self._numbers, self._width)


def _layers(seen: int, width: int) -> list[nn.Module]:
    return [nn.Linear(seen, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh()]
