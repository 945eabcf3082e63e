"""Measures the scoring of one experience, compared with a straightforward implementation.

Run: python benchmarks/scoring.py [--before CHECKOUT]

The straightforward version (benchmarks/baseline) reads dicts and whole texts with plain regular
expressions; Ratchet reads at most the first 2,000 characters of a text. All times are CPU times.
`--before` adds the times of an earlier checkout of Ratchet on the same answers.
"""

import gc
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import takewhile
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

from rich.console import Console
from rich.table import Table

from ratchet.contract import Experience, Feedback
from ratchet.measures import READ_LIMIT, rule_quality
from reward.domain.answers.reaction import AnswerReaction, statements_of
from reward.domain.answers.recorded_answer import RecordedAnswer, recorded_answer
from reward.domain.scoring.score import score_answer
from reward.domain.scoring.weights import RewardWeights
from simulator import Turn, simulate

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.baseline.reward import reward
from benchmarks.baseline.text_quality import quality
from benchmarks.scoring_before import beside, round_us

QUESTIONS = 3_000
ANSWERS = 3
CHARACTERS = range(100, 201)
ROUNDS = 5
SOME = 300
BAR_US = 40
BAR_HOSTILE_MS = 5
GIVE_UP_S = 2.0
FRESH = 7
WEIGHTS = RewardWeights()
LENGTH = 100_000
QUESTION = "What is the power of pump 001?"


def score_one(answer: RecordedAnswer, reaction: AnswerReaction) -> float:
    """Text quality and reward; the quality in `answer` is computed again."""
    if answer.voice:
        rule_quality(answer.voice, answer.transcript)
    return score_answer(answer, reaction, WEIGHTS).total


Case = tuple[RecordedAnswer, AnswerReaction, dict[str, Any]]
HOSTILE = {
    "digits": "7" * LENGTH,
    "spaces": " " * LENGTH,
    "dots": "." * LENGTH,
    "parentheses": "(" * (LENGTH // 2) + ")" * (LENGTH // 2),
    "a1 a1 a1": "a1 " * (LENGTH // 3),
    "1,1.1:1,": "1,1.1:" * (LENGTH // 6),
    "markdown": "**`[#|](" * (LENGTH // 8),
    "one word": "a" * LENGTH,
    "near-units": "5 kilowat " * (LENGTH // 10),
    "near-links": "https:/" * (LENGTH // 7),
}
HOSTILE |= {
    what: (piece * LENGTH)[:LENGTH]
    for what, piece in (
        ("groups", "1,234"),
        ("apostrophes", "1'234'"),
        ("narrow spaces", "1\u202f234 "),
        ("lakhs", "12,34,"),
        ("fractions", "2 1/2 "),
        ("powers", "1.2×10³ "),
        ("signs", "- 5 –5 "),
        ("number words", "forty-five and a half "),
        ("German number words", "zweitausendfünfhundert "),
        ("Chinese numerals", "四十五万"),
        ("mixed numerals", "1万2千"),
        ("digits beside letters", "泵2"),
        ("digits of many scripts", "1٢३４"),
        ("combining marks", "5\u0301"),
    )
}


def case_of(turn: Turn) -> Case:
    """One answer with all its feedback, as Ratchet's type and as a plain row."""
    row, words = dict(turn.experience), dict[str, Any]()
    for reaction in turn.feedback:
        words |= statements_of(Feedback.model_validate(reaction.body))
        row |= reaction.body
    row |= {"user_rating": row.get("rating"), "widget_interactions": row.get("interactions")}
    answer = recorded_answer(Experience.model_validate(turn.experience))
    return answer, AnswerReaction.model_validate(words), row


def compare_us(
    ours: Callable[..., object],
    ours_on: list[tuple[Any, ...]],
    plain: Callable[..., object],
    plain_on: list[tuple[Any, ...]],
) -> tuple[float, float]:
    """The median of the rounds' medians for both, in alternating rounds."""
    rounds = [(round_us(ours, ours_on), round_us(plain, plain_on)) for _ in range(ROUNDS)]
    return median(first for first, _ in rounds), median(second for _, second in rounds)


def hostile_ms(measure: Callable[[str, str], object], text: str) -> float | None:
    """The median of several fresh processes' first reading of the text, in milliseconds.

    None if a process needs more than 2 s.
    """
    times = list(takewhile(bool, (first_ms(measure, text) for _ in range(FRESH))))
    return median(times) if len(times) == FRESH else None


def first_ms(measure: Callable[[str, str], object], text: str) -> float | None:
    """Milliseconds of the first reading, in a process of its own; None after 2 s."""
    here, there = Pipe(duplex=False)
    child = get_context("fork").Process(target=report_ms, args=(measure, text, there))
    child.start()
    answer = here.recv() if here.poll(GIVE_UP_S) else None
    child.kill()
    child.join()
    return answer


def report_ms(measure: Callable[[str, str], object], text: str, to: Connection) -> None:
    began = thread_time()
    measure(text, QUESTION)
    to.send(1000 * (thread_time() - began))


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    before = parser.parse_args().before
    turns = simulate(1, QUESTIONS, ANSWERS, start=datetime(2026, 1, 5, tzinfo=UTC))
    realistic = [turn for turn in turns if len(turn.experience["voice_response"]) in CHARACTERS]
    cases = [case_of(turn) for turn in realistic]
    for answer, _, _ in cases:
        assert answer.voice and answer.quality == rule_quality(answer.voice, answer.transcript)
    near = sum(
        abs(score_one(answer, reaction) - reward(row)) <= 0.05 for answer, reaction, row in cases
    )
    texts = [(answer.voice or "", answer.transcript) for answer, _, _ in cases]
    text_near = sum(
        abs(rule_quality(*each).total - quality(*each)["total"]) <= 0.05 for each in texts
    )
    table = Table(
        "", "Ratchet", "straightforward", "faster", "bar", title="scoring, medians of one process"
    )
    measured = {
        "score one experience, µs": compare_us(
            score_one, [case[:2] for case in cases], reward, [case[2:] for case in cases]
        ),
        "its text quality alone, µs": compare_us(rule_quality, texts, quality, texts),
    }
    for (what, (ours, plain)), bar in zip(measured.items(), (f"< {BAR_US}", ""), strict=True):
        table.add_row(what, f"{ours:.1f}", f"{plain:.1f}", f"{plain / ours:.1f} x", bar)
    table.add_section()
    # A collection of garbage would copy the pages of all experiences above into the new process.
    gc.freeze()
    for what, text in HOSTILE.items():
        mine, other = hostile_ms(rule_quality, text), hostile_ms(quality, text)
        shown = [f"> {1000 * GIVE_UP_S:.0f}" if ms is None else f"{ms:.2f}" for ms in (mine, other)]
        table.add_row(f"100 kB {what}, ms", *shown, "", f"< {BAR_HOSTILE_MS}")
    console = Console()
    console.print(table)
    if before:
        some = [(turn.experience, [one.body for one in turn.feedback]) for turn in realistic]
        console.print(beside(before, some[:SOME]))
    console.print(
        f"{ROUNDS} rounds of {len(cases):,} experiences each, "
        f"answers of {CHARACTERS[0]} to {CHARACTERS[-1]} characters\n"
        f"within 0.05 of each other: {near / len(cases):.1%} of the rewards, "
        f"{text_near / len(cases):.1%} of the text qualities\n"
        f"Ratchet reads the first {READ_LIMIT:,} characters, the straightforward version all"
    )


if __name__ == "__main__":
    main()
