"""An assistant for a pump house: it answers from a table of readings and records what people think.

python examples/assistant.py http://localhost:8100
"""

import os
import sys
import time

from ratchet_client import Ratchet

READINGS = {
    "pump 1": {"equipment": "pump 1", "metric": "power", "value": 42.0, "unit": "kW"},
    "pump 2": {"equipment": "pump 2", "metric": "power", "value": 38.5, "unit": "kW"},
    "tank 7": {"equipment": "tank 7", "metric": "level", "value": 71.0, "unit": "%"},
}


def answer(question: str) -> tuple[str, list[dict[str, object]]]:
    """The answer, and the readings it states."""
    named = [name for name in READINGS if name in question.lower()]
    if not named:
        return "I have readings of pump 1, pump 2 and tank 7.", []
    readings = [READINGS[name] for name in named]
    stated = [
        f"The {r['metric']} of {r['equipment']} is {r['value']} {r['unit']}." for r in readings
    ]
    return " ".join(stated), readings


def main(url: str) -> None:
    with Ratchet(url, os.environ.get("RATCHET_API_KEY")) as ratchet:
        while question := input("Question: ").strip():
            began = time.monotonic()
            spoken, readings = answer(question)
            query_id = ratchet.record(
                user_id=os.environ.get("USER"),
                transcript=question,
                voice_response=spoken,
                available_data_summary={"readings": readings},
                processing_time_ms=(time.monotonic() - began) * 1000,
            )
            thumb = input(f"{spoken}\nGood answer? [y/n] ").strip().lower()
            if thumb in ("y", "n"):
                ratchet.feedback(query_id, "up" if thumb == "y" else "down")


if __name__ == "__main__":
    main(sys.argv[1])
