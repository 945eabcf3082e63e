"""The judgment of answers against labels that people gave, and its time.

    python benchmarks/truth_table.py

Prints how many labelled answers get which verdict, those that get another than their label, and
the median times of one judgment with its situation, and of one `POST /v1/check` without the
server around it. The answers lie in `tests/truth/labelled`.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from ingest.domain.answer_check import CheckRequest, checked
from ratchet_truth import JudgedSituation, RequestedReading, Topic, Verdict, judge

LABELLED = Path(__file__).parents[1] / "tests" / "truth" / "labelled"
PARTS = ("development", "held_out")
_SHORT = {verdict: verdict.value.replace("_", " ") for verdict in Verdict}
_REPEATS = 20


class JudgedAnswer(NamedTuple):
    """One labelled answer with the verdict that it got."""

    answer: str
    label: Verdict
    verdict: Verdict
    milliseconds: float


def judged_answers(part: str, repeats: int = 1) -> list[JudgedAnswer]:
    """The answers of a part; the time is the least of `repeats`, the situation's parts included."""
    judged: list[JudgedAnswer] = []
    for situation, label, answer in labelled_answers(part):
        times = []
        for _ in range(repeats):
            begun = time.process_time()
            fresh = JudgedSituation(situation.readings, situation.asked, situation.question)
            verdict = judge(answer, fresh).verdict
            times.append(1_000 * (time.process_time() - begun))
        judged.append(JudgedAnswer(answer, label, verdict, min(times)))
    return judged


def labelled_answers(part: str) -> Iterator[tuple[JudgedSituation, Verdict, str]]:
    """The answers of a part with their situations and labels."""
    for row in json.loads((LABELLED / f"{part}.json").read_text()):
        readings = tuple(RequestedReading(**reading) for reading in row["readings"])
        asked = tuple(Topic(*topic) for topic in row["asked"])
        situation = JudgedSituation(readings, asked, row["question"])
        for label, answer in row["answers"]:
            yield situation, Verdict(label), answer


def table() -> str:
    """The confusion table of both parts, in Markdown."""
    lines = [
        "| label | answers | same verdict | others | held out | same verdict | others |",
        "|---|---|---|---|---|---|---|",
    ]
    parts = [judged_answers(part) for part in PARTS]
    for label in Verdict:
        cells = [_SHORT[label]]
        for judged in parts:
            same = [one for one in judged if one.label is label]
            others = Counter(one.verdict for one in same if one.verdict is not label)
            named = ", ".join(f"{_SHORT[verdict]} {n}" for verdict, n in others.items())
            cells += [str(len(same)), str(len(same) - others.total()), named]
        lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |"))
    return "\n".join(lines)


def check_milliseconds() -> list[float]:
    """The time of each labelled answer from the JSON of a request to that of the response."""
    times = []
    for part in PARTS:
        for row in json.loads((LABELLED / f"{part}.json").read_text()):
            for _, answer in row["answers"]:
                sent = {"answer": answer, "readings": row["readings"], "question": row["question"]}
                text = json.dumps(sent)
                begun = time.process_time()
                checked(CheckRequest.model_validate_json(text)).model_dump_json()
                times.append(1_000 * (time.process_time() - begun))
    return times


def main() -> None:
    print(table())
    print(f"\nPOST /v1/check without the server: median {median(check_milliseconds()):.2f} ms")
    for part in PARTS:
        judged = judged_answers(part, _REPEATS)
        right = sum(one.label is one.verdict for one in judged)
        untrue = [one for one in judged if one.label is not Verdict.TRUE]
        passed = sum(one.verdict is Verdict.TRUE for one in untrue)
        print(
            f"\n{part}: {right} of {len(judged)} as labelled, "
            f"{passed} of {len(untrue)} untrue ones pass as true, "
            f"median {median(one.milliseconds for one in judged):.2f} ms, "
            f"slowest {max(one.milliseconds for one in judged):.2f} ms"
        )
        for one in judged:
            if one.label is not one.verdict:
                print(f"  {_SHORT[one.label]} -> {_SHORT[one.verdict]}: {one.answer}")


if __name__ == "__main__":
    main()
