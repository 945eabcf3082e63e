"""The prompts of served calls that the shadow may ask again."""

from collections.abc import Collection, Sequence

from pydantic import TypeAdapter

from ratchet.contract import CallServed, ChatMessage, Value, derived_id, prompt_of
from ratchet.measures import situation_of_chat
from ratchet_text import was_cut_off
from ratchet_truth import JudgedSituation

_BUCKETS = 2**32
_LONGEST = 20_000
"""Characters. A longer prompt is joined to no example either."""


class CapturedPrompt(Value):
    """The messages of one call; `query_id` is empty if the application named none."""

    call_id: str
    query_id: str = ""
    messages: tuple[ChatMessage, ...]


CAPTURED_PROMPTS: TypeAdapter[tuple[CapturedPrompt, ...]] = TypeAdapter(tuple[CapturedPrompt, ...])
"""The prompts of a run as its child process reads them."""


def is_sampled(call_id: str, share: float) -> bool:
    """Whether the call is in the `share` (0..1), by a hash of its id: a replay draws the same.

    The gateway draws by another hash, so that a share of its share is left.
    """
    return int(derived_id("shadow", call_id)[:8], 16) < share * _BUCKETS


def asked_situation(messages: Sequence[ChatMessage]) -> JudgedSituation | None:
    """The situation of a prompt whose answers can be judged as those to held-out questions.

    None without readings, or if the question names no device and metric.
    """
    situation = situation_of_chat(messages)
    return situation if situation is not None and situation.asked else None


def captured_prompt(call: CallServed) -> CapturedPrompt | None:
    """The prompt of `call`; None if it does not teach, or if an answer to it cannot be judged."""
    whole = call.teaches and call.is_prose and not was_cut_off(call.finish_reason)
    if not whole or not call.messages or call.messages[-1].role != "user":
        return None
    if len(call.prompt) > _LONGEST or asked_situation(call.messages) is None:
        return None
    return CapturedPrompt(
        call_id=call.call_id, query_id=call.query_id or "", messages=call.messages
    )


def untaught(
    captured: Sequence[CapturedPrompt],
    taught_prompts: Collection[str],
    taught_queries: Collection[str],
) -> tuple[CapturedPrompt, ...]:
    """The prompts, each once, that belong to no example of a run's training side.

    `taught_prompts` are the prompts of its examples and `taught_queries` the ids of the questions
    that they come from: the id of a call may be one.
    """
    first: dict[str, CapturedPrompt] = {}
    for prompt in captured:
        text = prompt_of(prompt.messages)
        ids = {prompt.call_id, prompt.query_id}
        if text not in taught_prompts and ids.isdisjoint(taught_queries):
            first.setdefault(text, prompt)
    return tuple(first.values())
