"""Evaluates a file on the chats that the trained model has answered."""

from collections.abc import Callable

from exporter.backends.gguf.llama import LlamaModel
from exporter.domain.parity.answers import AnswerToken, ReferenceAnswer
from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.parity.verdict import LogitAgreement, ParityFailed, compare, verdict
from exporter.domain.parity.weights import ParityFault
from ratchet.contract import FormatTried, Parity
from ratchet.measures import plan_validity
from ratchet_models import Chat, Likeliest, References

PLAN_TOKENS = 160
_LIKELIEST = 20


def context_tokens(references: References, *, plans: bool) -> int:
    """The context size: the longest compared chat or, with `plans`, the longest generated plan."""
    chats = references.chats if plans else [chat for chat, _ in references.compared]
    return max(len(c.asked) + (PLAN_TOKENS if c.plan else len(c.said)) for c in chats)


def evaluate_chats(
    model: LlamaModel,
    references: References,
    kind: Quantization,
    limits: ParityLimits,
    every: int = 1,
) -> FormatTried:
    """Whether the file formats chats as the trained model does and predicts the same tokens.

    One in `every` of the compared chats is read.
    """
    fault = _chat_format_fault(model, references)
    if fault is not None:
        return FormatTried(format=kind, passed=False, reason=str(fault))
    # Sorted, chats that begin alike follow each other, and all logits begin at one position: the
    # model's cache then reads each common beginning once.
    compared = sorted(references.compared[::every], key=lambda pair: pair[0].tokens)
    begin = min(len(chat.tokens) - len(likeliest) for chat, likeliest in compared)
    exported = LogitAgreement()
    for chat, likeliest in compared:
        logits = model.logits(chat.tokens, len(chat.tokens) - begin)
        exported += compare(likeliest, logits[-len(likeliest) :])
    decision = verdict(exported, references.training_kl, limits)
    return FormatTried(
        format=kind,
        passed=not isinstance(decision, ParityFailed),
        reason=decision.reason,
        parity=Parity(
            top1=exported.top1,
            kl=exported.kl,
            kl_p99=exported.kl_p99,
            tokens=exported.tokens,
            template_equal=True,
        ),
    )


def find_lost_plan(model: LlamaModel, references: References) -> ParityFault | None:
    """The fault of a file that writes invalid plans where the trained model writes valid ones."""
    valid = [c for c in references.chats if c.plan and plan_validity(model.text(c.said)).valid]
    lost = [chat for chat in valid if not _plan_is_valid(model, chat)]
    if not lost:
        return None
    detail = f"{len(lost)} of {len(valid)} widget plans are no longer valid"
    return ParityFault(name="lost plan", detail=detail)


def _plan_is_valid(model: LlamaModel, chat: Chat) -> bool:
    """Whether the file's own greedy plan is valid."""
    plan = model.greedy(chat.asked, draft=chat.said, limit=PLAN_TOKENS)
    return plan_validity(model.text(plan)).valid


def _chat_format_fault(model: LlamaModel, references: References) -> ParityFault | None:
    """Why the file renders or splits chats differently than the trained model."""
    if model.chat_template != references.chat_template:
        return ParityFault(name="wrong template", detail="the file has another chat template")
    for chat in references.chats:
        if not model.renders(chat.turns, chat.rendered):
            return ParityFault(
                name="wrong template", detail=f"{chat.user[-60:]!r} is rendered differently"
            )
        if model.tokens(chat.rendered) != list(chat.asked):
            detail = f"it splits {chat.user[-60:]!r} differently"
            return ParityFault(name="wrong tokenizer", detail=detail)
    if model.end_of_turn != references.end_of_turn:
        detail = f"it ends turns with token {model.end_of_turn}, not {references.end_of_turn}"
        return ParityFault(name="wrong stop token", detail=detail)
    return None


def reference_answer(
    chat: Chat, likeliest: Likeliest, spell: Callable[[int], str]
) -> ReferenceAnswer:
    """The trained model's greedy answer to `chat.turns`; `spell` gives the text of a token.

    Ends at the first position where the recorded token is not the likeliest: a greedy server
    would differ from there on.
    """
    answer = slice(len(likeliest) - len(chat.said) - 1, None)
    ids, logprobs = likeliest.ids[answer, :_LIKELIEST], likeliest.logprobs[answer, :_LIKELIEST]
    tokens: list[AnswerToken] = []
    for recorded, best, shares in zip(chat.said, ids.tolist(), logprobs.tolist(), strict=False):
        top = tuple((spell(token), logprob) for token, logprob in zip(best, shares, strict=True))
        tokens.append(AnswerToken(text=top[0][0], logprob=top[0][1], top=top))
        if best[0] != recorded:
            break
    return ReferenceAnswer(
        prompt=chat.user,
        messages=chat.messages,
        rendered=chat.rendered,
        plan=chat.plan,
        tokens=tuple(tokens),
        ended=chat.ended and len(tokens) == len(chat.said),
    )
