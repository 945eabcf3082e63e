"""The composition scorer as a torch module; its tensors are named as in the artifact."""

import torch
from torch import Tensor, nn

from ratchet_ranking import COMPOSITION_WIDTH, HIDDEN, OTHER_SCENARIO, TEXT


class CompositionNet(nn.Module):
    """69,041 parameters: the text and a learned vector per shown scenario -> 64 -> 1."""

    def __init__(self) -> None:
        super().__init__()
        self.scenarios = nn.Embedding(OTHER_SCENARIO, COMPOSITION_WIDTH)
        self.hidden = nn.Linear(TEXT.stop + OTHER_SCENARIO * COMPOSITION_WIDTH, HIDDEN)
        self.out = nn.Linear(HIDDEN, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, texts: Tensor, shown: Tensor) -> Tensor:
        """The scores (n,) of scaled embeddings (n, 768) and scenario presences (n, 19)."""
        placed = (shown[:, :, None] * self.scenarios.weight).flatten(1)
        inputs = torch.cat([texts, placed], dim=1)
        return torch.tanh(self.out(torch.relu(self.hidden(inputs)))).squeeze(1)
