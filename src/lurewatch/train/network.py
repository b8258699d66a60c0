"""The network: one encoder, a head for the stance and a head for the services."""

from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as binary_cross_entropy
from torch.nn.functional import cross_entropy

from lurewatch.finding import LURING, Service, Stance
from lurewatch.train.compact import load_encoder

STANCES: Final = tuple(Stance)
SERVICES: Final = tuple(Service)
SERVICE_WEIGHT: Final = 10.0  # the mean over ten mostly absent services is small beside the stance
LURING_AT: Final = [STANCES.index(stance) for stance in STANCES if stance in LURING]


class LureNetwork(nn.Module):
    """Token ids and mask in, stance and service logits out."""

    def __init__(self, encoder: nn.Module, hidden: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.drop = nn.Dropout(0.1)
        self.stance = nn.Linear(hidden, len(STANCES))
        self.services = nn.Linear(hidden, len(SERVICES))

    @classmethod
    def from_base(cls, base: str | Path) -> "LureNetwork":
        """The network on a pretrained encoder: whatever `load_encoder` takes."""
        encoder = load_encoder(base)
        return cls(encoder, encoder.config.hidden_size)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Mean of the token states, then both heads."""
        states = self.encoder(input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.unsqueeze(-1).to(states.dtype)
        pooled = self.drop((states * weights).sum(1) / weights.sum(1))
        return self.stance(pooled), self.services(pooled)


def loss_of(
    stance: Tensor, services: Tensor, wanted: Tensor, offered: Tensor, weight: Tensor
) -> Tensor:
    """
    Cross-entropy of the stance plus, of lures, that of each service.

    *wanted* is -1 where only "no lure" is known: there the probability of luring is the loss. What
    is no lure teaches no service: which one is meant is asked only once a post lures.
    """
    known = wanted >= 0
    logs = stance.log_softmax(-1)
    total = services.new_zeros(())
    if known.any():
        total = total + cross_entropy(
            stance[known], wanted[known], weight=weight, label_smoothing=0.05
        )
    if (~known).any():
        luring = logs[~known][:, LURING_AT].logsumexp(-1).exp().clamp(max=1 - 1e-6)
        total = total - torch.log1p(-luring).mean() * (~known).float().mean()
    lures = offered.any(-1)
    if lures.any():
        total = total + SERVICE_WEIGHT * lures.float().mean() * binary_cross_entropy(
            services[lures], offered[lures]
        )
    return total
