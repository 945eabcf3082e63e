"""A file reads the chats that the trained model has answered."""

from exporter.backends.gguf.llama import Scorer
from exporter.domain.parity.fault import Fault
from exporter.domain.parity.quantization import Limits, Quantization
from exporter.domain.parity.verdict import Agreement, Failed, compare, verdict
from ratchet.contract import FormatTried, Parity
from ratchet.measures import plan_validity
from ratchet.models import Chat, References

PLAN_TOKENS = 160


def context(references: References, *, plans: bool) -> int:
    """Tokens: the longest chat to compare on, and with `plans` the longest question for one."""
    due = references.chats if plans else [chat for chat, _ in references.compared]
    return max(len(c.asked) + (PLAN_TOKENS if c.plan else len(c.said)) for c in due)


def judged(
    scorer: Scorer, references: References, kind: Quantization, limits: Limits, every: int = 1
) -> FormatTried:
    """Whether the file reads chats as the trained model does, and finds the same words likely.

    Of the chats to compare on, one in `every` is read. Those that begin alike come in a row, with
    their logits from the same position on: what they have in common is read once.
    """
    fault = _read_otherwise(scorer, references)
    if fault is not None:
        return FormatTried(format=kind, passed=False, reason=str(fault))
    read = sorted(references.compared[::every], key=lambda told: told[0].tokens)
    begin = min(len(chat.tokens) - len(due) for chat, due in read)
    exported = Agreement()
    for chat, due in read:
        logits = scorer.logits(chat.tokens, len(chat.tokens) - begin)
        exported += compare(due, logits[-len(due) :])
    decision = verdict(exported, references.training_kl, limits)
    return FormatTried(
        format=kind,
        passed=not isinstance(decision, Failed),
        reason=decision.reason,
        parity=Parity(
            top1=exported.top1,
            kl=exported.kl,
            kl_p99=exported.kl_p99,
            tokens=exported.tokens,
            template_equal=True,
        ),
    )


def lost_plan(scorer: Scorer, references: References) -> Fault | None:
    """Plans that the trained model writes as the dashboard can show them, and this file not."""
    due = [c for c in references.chats if c.plan and plan_validity(scorer.text(c.said)).valid]
    lost = [chat for chat in due if not _plans(scorer, chat)]
    if not lost:
        return None
    said = f"{len(lost)} of {len(due)} widget plans are no longer valid"
    return Fault(name="lost plan", said=said)


def _plans(scorer: Scorer, chat: Chat) -> bool:
    """The file's own greedy plan: read along with the trained model's, for as long as it is."""
    said = scorer.continued(chat.asked, chat.said, PLAN_TOKENS)
    return plan_validity(scorer.text(said)).valid


def _read_otherwise(scorer: Scorer, references: References) -> Fault | None:
    """Why chats mean something else to the file than to the trained model."""
    if scorer.chat_template != references.chat_template:
        return Fault(name="wrong template", said="the file renders chats by another template")
    for chat in references.chats:
        if scorer.render([{"role": "user", "content": chat.user}]) != chat.rendered:
            return Fault(name="wrong template", said=f"{chat.user[-60:]!r} is rendered otherwise")
        if scorer.tokens(chat.rendered) != list(chat.asked):
            said = f"it splits {chat.user[-60:]!r} differently"
            return Fault(name="wrong tokenizer", said=said)
    if scorer.end_of_turn != references.end_of_turn:
        said = f"it ends turns by token {scorer.end_of_turn} and not by {references.end_of_turn}"
        return Fault(name="wrong stop token", said=said)
    return None
