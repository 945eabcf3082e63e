"""Let the trained model answer some chats, and keep how likely it finds what it says."""

import numpy as np

from ratchet.base_models import materialise
from ratchet.durable import write_whole
from ratchet.references import References, divergence, likeliest
from ratchet.references_file import references_bytes
from trainer.backends.device import choose_device, use_all_cores
from trainer.backends.exact import Exact
from trainer.domain.reference import ReferenceRequest

_SPOKEN_TOKENS, _PLAN_TOKENS = 24, 160
_POSITIONS = 48
"""At the end of a spoken answer: all of it and the last of the question."""


def record(request: ReferenceRequest) -> None:
    """Raises `BaseModelMissing` and `OSError`."""
    use_all_cores()
    base = materialise(request.base_model, request.cache_dir)
    model = Exact(base, request.adapter, choose_device(request.device))
    chats = [
        *model.answered(request.spoken, _SPOKEN_TOKENS),
        *model.answered(request.plans, _PLAN_TOKENS, plan=True),
    ]
    told, moved = [], []
    for chat in chats:
        last = len(chat.said) + 1 if chat.plan else _POSITIONS
        one = likeliest(model.logits(chat.tokens, last))
        told.append(one)
        if not chat.plan:
            moved.append(divergence(one, model.base_logits(chat.tokens, last)))
    references = References(
        chat_template=model.chat_template,
        end_of_turn=model.end_of_turn,
        training_kl=float(np.mean(np.concatenate(moved))),
        chats=tuple(chats),
        likeliest=tuple(told),
    )
    write_whole(request.target, references_bytes(references))
