"""A model that differs from its base as after training, with its reference answers."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2.sandbox import ImmutableSandboxedEnvironment

from exporter.domain.parity.answers import AnswerToken, ReferenceAnswer
from exporter.domain.registry.chat_template import ChatTemplate, recognize
from exporter.domain.registry.modelfile import Modelfile, Sampling
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.turn_format import Message
from ratchet.contract import ArtifactRef
from ratchet_models.gguf_file import GgufFile
from ratchet_testing.ollama_server.llama_answers import LlamaAnswers

PROMPTS = (
    "Is pump 3 running?",
    "Which device draws the most power?",
    "What does a chiller do?",
    "What is a heat exchanger?",
    "How warm is it in the server room?",
)
_TOKENS = 20


@dataclass(frozen=True)
class TrainedModel:
    """`base` is the GGUF of the base model, `gguf` that of the trained one."""

    base: Path
    gguf: Path
    template: ChatTemplate
    references: tuple[ReferenceAnswer, ...]

    def record_of(self, record: ModelRecord, template: ChatTemplate | None = None) -> ModelRecord:
        """`record` with the file and the answers of this model, and with `template`."""
        content = self.gguf.read_bytes()
        gguf = ArtifactRef(
            sha256=hashlib.sha256(content).hexdigest(), size=len(content), name="model.gguf"
        )
        modelfile = Modelfile(sampling=Sampling(), template=template or self.template)
        change = {"gguf": gguf, "modelfile": modelfile, "references": self.references}
        return record.model_copy(update={"export": record.export.model_copy(update=change)})


def trained_model(base: Path, directory: Path) -> TrainedModel:
    """Disturb the last norm of `base` by a fifth: it writes other words, but still sentences."""
    gguf = directory / "trained.gguf"
    shutil.copyfile(base, gguf)
    tensors = GgufFile(gguf).tensors
    [norm] = [tensor for tensor in tensors if tensor.name == "output_norm.weight"]
    noise = np.random.default_rng(0).normal(1.0, 0.2, norm.data.shape)
    with gguf.open("r+b") as file:
        file.seek(norm.data_offset)
        file.write((norm.data * noise.astype(np.float32)).tobytes())
    llama = LlamaAnswers()
    compiled = ImmutableSandboxedEnvironment().from_string(llama.chat_template(gguf))

    def render(messages: list[Message]) -> str:
        return compiled.render(messages=messages, add_generation_prompt=True)

    template = recognize(render)
    assert template is not None
    chats = [render([{"role": "user", "content": prompt}]) for prompt in PROMPTS]
    references = _references(llama, gguf, chats)
    llama.close()
    return TrainedModel(base, gguf, template, references)


def _references(
    llama: LlamaAnswers, gguf: Path, chats: Sequence[str]
) -> tuple[ReferenceAnswer, ...]:
    references = []
    for prompt, chat in zip(PROMPTS, chats, strict=True):
        answer = llama.answer(gguf, chat, _TOKENS, (), 20)
        tokens = tuple(
            AnswerToken(text=token.text, logprob=token.logprob, top=token.top)
            for token in answer.tokens
        )
        references.append(
            ReferenceAnswer(prompt=prompt, rendered=chat, tokens=tokens, ended=answer.ended)
        )
    return tuple(references)
