"""The tokens of a chat as the base model's tokenizer reads it."""

from typing import Any

from jinja2 import TemplateError

from ratchet_text import control_token
from trainer.backends.language_model.chat_format import Turns, completion, conversation

_ROLES = frozenset(("system", "user", "assistant"))


class TokenizedChats:
    """`ChatTokens` of a `PreTrainedTokenizerBase`.

    A chat template is text, and a tokenizer turns every control token that it finds in the
    rendered text into one, whoever wrote it. A few bases mark turns by plain text such as [INST].
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        template = str(tokenizer.chat_template)
        marks = {
            at
            for at, one in tokenizer.added_tokens_decoder.items()
            if one.special or control_token(one.content) or _is_mark(one.content, template)
        }
        # A tokenizer that knows no bytes reads a rare character as the unknown token.
        self.control = frozenset(marks | set(tokenizer.all_special_ids)) - {tokenizer.unk_token_id}

    def has_control_token(self, text: str) -> bool:
        ids = self._tokenizer(text, add_special_tokens=False).input_ids
        return not self.control.isdisjoint(ids) or control_token(text) is not None

    def takes(self, turns: Turns) -> bool:
        """Whether the chat template renders these messages, of which the user's is the last."""
        roles = [turn.role for turn in turns]
        if not _ROLES.issuperset(roles) or roles[-1:] != ["user"]:
            return False
        try:
            self.ids(turns)
        except TemplateError:
            return False
        return True

    def length(self, turns: Turns, answer: str | None = None) -> int:
        return len(self.ids(turns, answer))

    def ids(self, turns: Turns, answer: str | None = None) -> list[int]:
        """The ids that training reads."""
        chat = self._tokenizer.apply_chat_template(
            [*conversation(turns), *(() if answer is None else completion(answer))],
            add_generation_prompt=answer is None,
            return_dict=True,
        )
        return list(chat["input_ids"])


def _is_mark(content: str, template: str) -> bool:
    """Whether a token that was added to the vocabulary marks a part of the chat, and is no word."""
    return content in template and not content.isspace() and not content.isalnum()
