"""Let the trained model answer some chats, and keep how likely it finds what it says."""

from dataclasses import replace

import numpy as np

from ratchet.models import Chat, References, divergence, likeliest
from ratchet.models.base_models import materialise
from ratchet.models.references_file import references_bytes
from ratchet.storage import write_whole
from trainer.backends.language_model.reference_model import Exact
from trainer.backends.machine.device import choose_device, use_all_cores
from trainer.domain.evaluation.reference_chats import ReferenceRequest

_SPOKEN_TOKENS, _PLAN_TOKENS = 24, 160
_POSITIONS = 48
"""At the end of a spoken answer: all of it and the last of the question."""


def record(request: ReferenceRequest) -> None:
    """Raises `BaseModelMissing`, `OSError`, and `ValueError` where nothing is asked."""
    if not request.spoken and not request.plans:
        raise ValueError("no question was asked of both models: there is nothing to refer to")
    use_all_cores()
    base = materialise(request.base_model, request.cache_dir)
    model = Exact(base, request.adapter, choose_device(request.device))
    chats = [
        *model.answered(request.spoken, _SPOKEN_TOKENS),
        *model.answered(request.plans, _PLAN_TOKENS, plan=True),
    ]
    told = References(
        chat_template=model.chat_template,
        end_of_turn=model.end_of_turn,
        training_kl=0.0,
        chats=tuple(chats),
        likeliest=tuple(likeliest(model.logits(chat.tokens, _last(chat))) for chat in chats),
    )
    moved = [
        divergence(one, model.base_logits(chat.tokens, len(one))) for chat, one in told.compared
    ]
    references = replace(told, training_kl=float(np.mean(np.concatenate(moved))))
    write_whole(request.target, references_bytes(references))


def _last(chat: Chat) -> int:
    return len(chat.said) + 1 if chat.plan else _POSITIONS
