"""Records the trained model's answers to some chats with the logits behind them."""

from dataclasses import replace

import numpy as np

from ratchet.storage import write_whole
from ratchet_models import Chat, References, divergence, likeliest
from ratchet_models.base_models import materialize
from ratchet_models.references_file import references_bytes
from trainer.backends.language_model.reference_model import ReferenceModel
from trainer.backends.machine.device import choose_device, use_all_cores
from trainer.domain.evaluation.reference_chats import ReferenceRequest

_SPOKEN_TOKENS, _PLAN_TOKENS = 24, 160
_POSITIONS = 48
"""The last positions of a spoken chat: its whole answer and the end of the question."""


def record(request: ReferenceRequest) -> None:
    """Raises `BaseModelMissing`, `OSError`, and `ValueError` for a request without prompts."""
    if not request.spoken and not request.plans:
        raise ValueError("no case was answered by both models, so there are no reference chats")
    use_all_cores()
    base = materialize(request.base_model, request.cache_dir)
    device = choose_device(request.device)
    model = ReferenceModel(base, request.adapter, device, request.chat_template)
    chats = [
        *model.answered(request.spoken, _SPOKEN_TOKENS),
        *model.answered(request.plans, _PLAN_TOKENS, plan=True),
    ]
    references = References(
        chat_template=model.chat_template,
        end_of_turn=model.end_of_turn,
        training_kl=0.0,
        chats=tuple(chats),
        likeliest=tuple(likeliest(model.logits(chat.tokens, _last(chat))) for chat in chats),
    )
    divergences = [
        divergence(one, model.base_logits(chat.tokens, len(one)))
        for chat, one in references.compared
    ]
    references = replace(references, training_kl=float(np.mean(np.concatenate(divergences))))
    write_whole(request.target, references_bytes(references))


def _last(chat: Chat) -> int:
    return len(chat.said) + 1 if chat.plan else _POSITIONS
