"""One joined row gives the states of all rows of a batch."""

import pytest
import torch

from .tiny_model import tiny_config

pytestmark = pytest.mark.heavy


@pytest.fixture
def backbone():
    from transformers import LlamaModel

    torch.manual_seed(0)
    return LlamaModel(tiny_config()).eval()


def rows(*texts: list[int]):
    width = max(map(len, texts))
    ids = torch.tensor([text + [0] * (width - len(text)) for text in texts])
    mask = torch.tensor([[1] * len(text) + [0] * (width - len(text)) for text in texts])
    return ids, mask


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        ([[1, 2, 3, 4, 5], [6, 7, 8]], [[1, 2, 3, 9], [6, 7, 10, 11, 12, 13]]),
        ([[1, 2, 3, 4, 5]], [[20, 21]]),
        ([[1, 2, 3]], [[1, 2, 3, 4, 5]]),
        ([[1, 2, 3, 4], [1, 2, 5]], [[1, 2, 3, 6], [1, 2, 5, 7, 8]]),
    ],
    ids=[
        "common beginnings of two lengths",
        "nothing in common",
        "one begins the other",
        "two questions about the same readings",
    ],
)
def test_states_and_gradients_are_those_of_separate_rows(backbone, chosen, rejected):
    from trainer.backends.language_model.shared_prompt import shared_prompts

    ids, mask = rows(*chosen, *rejected)
    seen = mask.bool()
    result = []
    for joined in (False, True):
        backbone.zero_grad()
        if joined:
            with shared_prompts(backbone):
                states = backbone(input_ids=ids, attention_mask=mask).last_hidden_state
        else:
            states = backbone(input_ids=ids, attention_mask=mask).last_hidden_state
        states[seen].pow(2).sum().backward()
        gradient = backbone.layers[0].mlp.up_proj.weight.grad.clone()
        result.append((states[seen].detach(), gradient))
    (plain, plain_gradient), (shared, shared_gradient) = result
    assert torch.allclose(plain, shared, atol=1e-5)
    assert torch.allclose(plain_gradient, shared_gradient, rtol=1e-3, atol=1e-4)


def test_a_common_beginning_is_computed_once(backbone):
    from trainer.backends.language_model.shared_prompt import shared_prompts

    computed = []
    backbone.embed_tokens.register_forward_hook(lambda _, given, __: computed.append(given[0]))
    ids, mask = rows([1, 2, 3, 4], [1, 2, 5], [1, 2, 3, 6], [1, 2, 5, 7, 8])
    with shared_prompts(backbone):
        backbone(input_ids=ids, attention_mask=mask)
    assert computed[0].tolist() == [[1, 2, 3, 4, 6, 5, 7, 8]]
