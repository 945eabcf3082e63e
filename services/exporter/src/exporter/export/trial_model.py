"""`python -m exporter.export.trial_model`: a small model of the base's architecture, for a trial.

Reads a `TrialRequest` on stdin. The model has the base's tokenizer and chat template, an adapter
and reference answers, so an export takes it like a trained one.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from exporter.domain.export_messages import ANOTHER_BASE
from exporter.domain.trial import TrialMessage, TrialModel, TrialRefused, TrialRequest
from ratchet.contract import Scores
from ratchet.measures import voice_prompt
from ratchet.processes import Report, serve_parent
from ratchet.storage import ArtifactStore
from ratchet_models import AdapterManifest, References, divergence, likeliest
from ratchet_models.base_models import PACKAGED, BaseModelMissing, materialize, weights_sha256
from ratchet_models.references_file import references_bytes
from ratchet_text import UnusableTemplate, takes_system_message, usable_template

_TEMPLATE_FILE = "RATCHET_TRAINER_CHAT_TEMPLATE_FILE"
_IF_MISSING = (
    f"set RATCHET_TRAINER_BASE_MODEL to the model's variant for chats, or {_TEMPLATE_FILE} to a "
    "file with the template that it was trained with"
)
_IF_UNUSABLE = f"set {_TEMPLATE_FILE} to a file with a template that can"
_QUESTIONS = tuple(
    f"{question} of {device}?"
    for question in ("What is the power", "How warm is the bearing", "Is the vibration normal")
    for device in ("pump 3", "fan 12")
)
_TOKENS = 16
_SCORES = Scores(preference_accuracy=None, text_quality=None, grounded_accuracy=None)


def make(request: TrialRequest) -> TrialMessage:
    from exporter.backends import small_model
    from exporter.backends.gguf.converter import unknown_model

    spec, base = request.base_model, request.work_dir / "base"
    try:
        source = str(materialize(spec, request.cache_dir)) if spec in PACKAGED else spec
        small_model.copy_files(source, request.cache_dir, base)
    except (small_model.FilesMissing, BaseModelMissing) as error:
        return TrialRefused(
            reason=f"{spec}: {error}",
            remedy="copy the model's directory here and set RATCHET_TRAINER_BASE_MODEL to it, or "
            "give this machine access to the hub",
        )
    try:
        parameters = small_model.parameters_of(base)
        tokenizer = small_model.open_tokenizer(base)
    except (ValueError, OSError, KeyError, AttributeError, ImportError) as error:
        return TrialRefused(
            reason=f"{spec} cannot be read: {error}",
            remedy="set RATCHET_TRAINER_BASE_MODEL to a model that transformers supports",
        )
    render = partial(_render, tokenizer)
    try:
        template = usable_template(request.chat_template or tokenizer.chat_template, render)
    except UnusableTemplate as error:
        remedy = _IF_MISSING if error.missing else _IF_UNUSABLE
        return TrialRefused(reason=str(error), remedy=remedy, parameters=parameters)
    if reason := unknown_model(base):
        reason = f"llama.cpp's converter: {reason}"
        return TrialRefused(reason=reason, remedy=ANOTHER_BASE, parameters=parameters)
    tokenizer.chat_template = template
    small_model.set_chat_template(base, template)
    model = small_model.write_small_model(base, request.work_dir / "adapter", tokenizer)
    return TrialModel(
        manifest=_manifest(request, _references(model)),
        parameters=parameters,
        architecture=str(model.base.config.model_type),
        takes_system=takes_system_message(template, render),
    )


def _render(tokenizer: Any, template: str, chat: list[dict[str, str]]) -> str:
    text = tokenizer.apply_chat_template(
        chat, chat_template=template, tokenize=False, add_generation_prompt=True
    )
    return str(text)


def _references(model: Any) -> References:
    chats = tuple(model.answered([voice_prompt(one, ()) for one in _QUESTIONS], _TOKENS))
    last = [len(chat.said) + 1 for chat in chats]
    pairs = list(zip(chats, last, strict=True))
    references = References(
        chat_template=str(model.tokenizer.chat_template),
        end_of_turn=int(model.tokenizer.eos_token_id),
        training_kl=0.0,
        chats=chats,
        likeliest=tuple(likeliest(model.logits(chat.tokens, count)) for chat, count in pairs),
    )
    kls = [
        divergence(one, model.logits(chat.tokens, len(one), trained=False))
        for chat, one in references.compared
    ]
    return replace(references, training_kl=float(np.mean(np.concatenate(kls))))


def _manifest(request: TrialRequest, references: References) -> AdapterManifest:
    base, adapter = request.work_dir / "base", request.work_dir / "adapter"
    artifacts = ArtifactStore(request.artifacts_dir)
    answers = request.work_dir / "references.safetensors"
    answers.write_bytes(references_bytes(references))
    return AdapterManifest(
        run_id="trial",
        method="dpo",
        base_model=str(base),
        base_sha256=weights_sha256(base),
        settings={},
        dataset_sha256="0" * 64,
        example_ids=(),
        files={path.name: artifacts.put(path) for path in sorted(adapter.iterdir())},
        before=_SCORES,
        after=_SCORES,
        versions={},
        references=artifacts.put(answers),
    )


def work(request: TrialRequest, report: Report) -> None:
    report(make(request))


if __name__ == "__main__":
    serve_parent(TrialRequest, work)
