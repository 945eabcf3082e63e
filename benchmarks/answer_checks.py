"""The processor time that one judgment takes in the gateway: `python benchmarks/answer_checks.py`.

A call on a checked path waits for it, between the model's answer and the application.
"""

import statistics
import time

from gateway.domain.checks.judged_text import judged, situation_of
from ratchet.contract import ChatMessage
from ratchet.measures import voice_prompt
from ratchet_truth import RequestedReading

ROUNDS = 200
ANSWER = "Pump 002 draws 47 kW, which is below its limit."
PROSE = "Answer in short sentences; be brief and polite.\n" * 600


def milliseconds(readings: int, prose: str) -> tuple[float, float]:
    """The median and the 99th percentile of processor time for a prompt with so many readings."""
    rows = [
        RequestedReading(f"pump {number:03d}", "power", 45.0 + number % 30, "kW")
        for number in range(readings)
    ]
    prompt = prose + voice_prompt("What is the power of pump 002?", rows)
    messages = (ChatMessage(role="user", content=prompt),)
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        assert judged(ANSWER, situation_of(messages)).outcome == "true"
        times.append(1e3 * (time.process_time() - began))
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def main() -> None:
    print("readings  prompt   p50 ms   p99 ms")
    for readings in (3, 20, 60, 200):
        for size, prose in (("short", ""), ("29 kB", PROSE)):
            median, p99 = milliseconds(readings, prose)
            print(f"{readings:>8}  {size:<6} {median:>8.2f} {p99:>8.2f}")


if __name__ == "__main__":
    main()
