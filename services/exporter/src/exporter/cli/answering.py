"""`python -m exporter answer`: what a model file answers, and what would be spoken."""

from collections.abc import Sequence
from pathlib import Path

from exporter.backends.gguf.llama import UnreadableGguf, open_model
from ratchet.command_line import Failed, print_json, say
from ratchet.measures import voice_prompt
from ratchet_truth import JudgedSituation, asked_in, judge, readings_in, true_answer

_CONTEXT = 2048
_MOST_TOKENS = 128


def answer_once(gguf: Path, question: str, lines: Sequence[str], *, as_json: bool) -> None:
    """Print the answer, its judgment, and the sentence to speak where it is not true.

    `lines` are readings such as "pump 001 power: 45 kW". Raises `Failed` if one is none, and if
    the file cannot be read.
    """
    readings = readings_in("\n".join(lines))
    if len(readings) < len(lines):
        raise Failed("A --reading is not like 'pump 001 power: 45 kW'.")
    try:
        answer = _answer(gguf, voice_prompt(question, readings))
    except UnreadableGguf as error:
        raise Failed(str(error)) from error
    situation = JudgedSituation(readings, asked_in(question, readings), question)
    judgment = judge(answer, situation)
    spoken = answer if judgment.is_true else true_answer(situation)
    if as_json:
        print_json({"answer": answer, "verdict": judgment.verdict, "spoken": spoken})
        return
    say(f"answer:  {answer}")
    say(f"verdict: {judgment.verdict.replace('_', ' ')}")
    if spoken != answer:
        say(f"instead: {spoken or 'the question names no reading'}")


def _answer(gguf: Path, prompt: str) -> str:
    with open_model(gguf, _CONTEXT) as model:
        tokens = model.tokens(model.render([{"role": "user", "content": prompt}]))
        if len(tokens) > _CONTEXT - _MOST_TOKENS:
            raise Failed(f"{len(tokens)} tokens of question and readings are too many.")
        return model.text(model.greedy(tokens, draft=(), limit=_MOST_TOKENS)).strip()
