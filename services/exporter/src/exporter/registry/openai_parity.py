"""Judges an OpenAI-compatible server by the questions that the trained model has answered."""

from collections.abc import Mapping, Sequence

from exporter.backends.registries.openai_server import OpenAIServer
from exporter.domain.parity.answers import ServerAnswer
from exporter.domain.parity.served import ExpectedAnswers, compare_answers, nearer, template_fault
from exporter.ports import RegistryError
from ratchet.contract import ChatMessage, ServedFault, ServedParity


async def openai_parity(
    server: OpenAIServer,
    target: str,
    expected: ExpectedAnswers,
    others: Mapping[str, ExpectedAnswers] | None = None,
) -> ServedParity:
    """How the server's answers agree with `expected`; raises `RegistryError`.

    `others` are those of other versions: it is a fault if the answers agree better with theirs.
    """
    renderings = await server.renderings([chat.messages for chat in expected.read])
    answers = await server.answers(expected.prompts, expected.answer_limit)
    fault = template_fault(expected, renderings)
    if fault is None and not renderings and compare_answers(target, expected, answers).faults:
        fault = await _template_by_continuation(server, target, expected)
    parity = compare_answers(target, expected, answers, fault, rendered=bool(renderings))
    if parity.faults:
        return parity
    known = dict(zip(expected.prompts, answers, strict=True))
    for name, other in (others or {}).items():
        theirs = [known.get(one) or await _answer(server, one, other) for one in other.prompts]
        if nearer(compare_answers(target, other, theirs), parity):
            reason = f"the answers agree better with those of {name}"
            fault = ServedFault(name="version", reason=reason)
            return parity.model_copy(update={"faults": (fault,)})
    return parity


async def _template_by_continuation(
    server: OpenAIServer, target: str, expected: ExpectedAnswers
) -> ServedFault | None:
    """A fault if the model is right where no chat template changes what it reads."""
    texts = [one.rendered.removeprefix(expected.start) for one in expected.references]
    try:
        answers = await server.continuations(texts, expected.answer_limit)
    except RegistryError:
        return None
    if compare_answers(target, expected, answers).faults:
        return None
    reason = "the server continues the texts of the chats rightly, but not the chats themselves"
    return ServedFault(name="template", reason=reason)


async def _answer(
    server: OpenAIServer, prompt: Sequence[ChatMessage], expected: ExpectedAnswers
) -> ServerAnswer:
    [answer] = await server.answers([prompt], expected.answer_limit)
    return answer
