"""Small random models of a base's architecture, with its tokenizer, for trials; loads torch."""

import copy
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig
from transformers.utils.hub import cached_file

from ratchet_models import Chat, Logits

_FILES = (
    *("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"),
    *("tokenizer.model", "special_tokens_map.json", "added_tokens.json", "vocab.json"),
    *("merges.txt", "chat_template.jinja"),
)
_LAYERS, _BLOCK = 2, 256
"""Formats below 8 bits quantize blocks of 256 numbers, so rows are a multiple of it."""
_RANK, _ALPHA = 8, 16
_SPREAD = 5.0
"""Standard deviation of the logits, in nats: enough for clear favorites among random tokens."""

_WEAK = 0.1


class FilesMissing(LookupError):
    """The base's configuration or tokenizer is neither here nor can it be downloaded."""


def copy_files(spec: str, cache_dir: Path, target: Path) -> None:
    """Copy configuration and tokenizer of a directory or a hub's id; downloads no weights.

    Raises `FilesMissing`.
    """
    target.mkdir(parents=True)
    options = {"cache_dir": cache_dir / "hub", "_raise_exceptions_for_missing_entries": False}
    for name in _FILES:
        try:
            found: Any = cached_file(spec, name, **options)
        except (OSError, ValueError) as error:
            raise FilesMissing(str(error).splitlines()[0]) from error
        if found is not None:
            shutil.copyfile(found, target / name)
        elif name == "config.json":
            raise FilesMissing(f"{spec} has no config.json")


def set_chat_template(directory: Path, template: str) -> None:
    """Make `template` the only one of the tokenizer in `directory`."""
    (directory / "chat_template.jinja").write_text(template, encoding="utf-8")
    path = directory / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    settings.pop("chat_template", None)
    path.write_text(json.dumps(settings), encoding="utf-8")


def open_tokenizer(directory: Path) -> Any:
    """A `PreTrainedTokenizerBase`; raises what the library raises for unusable files."""
    return AutoTokenizer.from_pretrained(directory)


def parameters_of(directory: Path) -> int:
    """The parameters of the model that `config.json` describes; allocates none of them."""
    with torch.device("meta"):
        return int(_model(AutoConfig.from_pretrained(directory)).num_parameters())


@dataclass
class SmallModel:
    """`base` and `trained` are the weights without and with the adapter, in float32."""

    tokenizer: Any
    base: Any
    trained: Any

    def answered(self, prompts: Sequence[str], limit: int) -> list[Chat]:
        """Each prompt with the trained model's greedy answer of at most `limit` tokens."""
        chats = []
        for prompt in prompts:
            turn = [{"role": "user", "content": prompt}]
            text = self.tokenizer.apply_chat_template(
                turn, tokenize=False, add_generation_prompt=True
            )
            asked = self.tokenizer(text, add_special_tokens=False)["input_ids"]
            said = self._greedy(asked, limit)
            ended = said[-1:] == [self.tokenizer.eos_token_id]
            chats.append(
                Chat(
                    user=prompt,
                    rendered=text,
                    asked=tuple(asked),
                    said=tuple(said[: len(said) - ended]),
                    ended=ended,
                )
            )
        return chats

    def logits(self, tokens: Sequence[int], last: int, *, trained: bool = True) -> Logits:
        """The logits after each of the `last` tokens."""
        return _logits(self.trained if trained else self.base, tokens)[-last:]

    @torch.inference_mode()
    def _greedy(self, asked: Sequence[int], limit: int) -> list[int]:
        end = self.tokenizer.eos_token_id
        config = GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=limit, do_sample=False, eos_token_id=end, pad_token_id=end
        )
        tokens = torch.tensor([list(asked)])
        said = self.trained.generate(
            input_ids=tokens, attention_mask=torch.ones_like(tokens), generation_config=config
        )
        return list(said[0, len(asked) :].tolist())


def write_small_model(directory: Path, adapter: Path, tokenizer: Any) -> SmallModel:
    """Replace the configuration in `directory` by a small one, and write weights and adapter."""
    torch.manual_seed(7)
    config = _shrunk(AutoConfig.from_pretrained(directory))
    base = _model(config).float().eval()
    _weaken_tokens_without_text(base, tokenizer)
    _spread_logits(base, len(tokenizer))
    # Both models have the weights that are stored, after their rounding.
    base.to(torch.bfloat16).save_pretrained(directory)
    base.float()
    trained = copy.deepcopy(base)
    adapter.mkdir()
    save_file(_adapt(trained), adapter / "adapter_model.safetensors")
    settings = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": _RANK, "lora_alpha": _ALPHA}
    (adapter / "adapter_config.json").write_text(json.dumps({**settings, "bias": "none"}))
    return SmallModel(tokenizer, base, trained)


def _model(config: Any) -> Any:
    return AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]


def _shrunk(config: Any) -> Any:
    """Fewer and narrower layers; the size of a head and the vocabulary are the base's own."""
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    groups = config.num_attention_heads // (config.num_key_value_heads or 1)
    heads = next(count for count in range(2, _BLOCK + 1) if head * count % _BLOCK == 0)
    config.num_attention_heads = heads
    config.num_key_value_heads = max(1, heads // groups)
    config.hidden_size = head * heads
    config.intermediate_size = 2 * _BLOCK
    config.num_hidden_layers = _LAYERS
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:_LAYERS]
    return config


@torch.inference_mode()
def _weaken_tokens_without_text(model: Any, tokenizer: Any) -> None:
    """A trained model does not answer with control tokens, or with rows that only pad the table.

    Where the table is the input's too, a smaller row is the same input after the first norm.
    """
    table = model.get_output_embeddings().weight
    table[len(tokenizer) :] *= _WEAK
    table[sorted(tokenizer.added_tokens_decoder)] *= _WEAK


@torch.inference_mode()
def _spread_logits(model: Any, vocabulary: int) -> None:
    """Scale the last norm until the logits of some tokens have the standard deviation `_SPREAD`."""
    norm = model.get_decoder().norm.weight
    added = 0.0 if norm.mean() > 0.5 else 1.0  # Gemma's norms multiply by 1 + weight.
    tokens = torch.arange(0, vocabulary, max(1, vocabulary // 64)).tolist()
    for _ in range(2):  # Twice, because some architectures cap their logits.
        scale = _SPREAD / float(_logits(model, tokens).std())
        norm.copy_((norm + added) * scale - added)


def _adapt(model: Any) -> dict[str, torch.Tensor]:
    """Add a random low-rank change to every linear layer; returns it under PEFT's names."""
    tensors: dict[str, torch.Tensor] = {}
    for name, layer in model.named_modules():
        if not isinstance(layer, torch.nn.Linear) or ".layers." not in name:
            continue
        a = torch.randn(_RANK, layer.in_features) / layer.in_features**0.5
        b = torch.randn(layer.out_features, _RANK) * 0.02
        layer.weight.data += _ALPHA / _RANK * (b @ a)
        tensors |= {f"base_model.model.{name}.lora_A.weight": a.contiguous()}
        tensors |= {f"base_model.model.{name}.lora_B.weight": b.contiguous()}
    return tensors


@torch.inference_mode()
def _logits(model: Any, tokens: Sequence[int]) -> Logits:
    output = model(input_ids=torch.tensor([list(tokens)]))
    logits: Logits = output.logits[0].float().numpy()
    return logits
