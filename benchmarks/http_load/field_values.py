"""Values that clients around the world send, by the kind of the field: some valid, some not."""

import uuid
from random import Random
from typing import Any

TIMES: tuple[Any, ...] = (
    "2026-01-20T08:00:00", "2026-01-20T08:00:00Z", "2026-01-20 08:00:00,5", "2026-01-20",
    "2026-01-20T08:00:00.123456789+05:30", "2026-01-20T08:00:00+0530", "2016-12-31T23:59:60Z",
    "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z", "1764103112",
    "1764103112345", "1764103112345678", "1764103112.25", "-1", "1e999", "٢٠٢٦-٠١-٢٠T08:00:00Z",
    "2026-02-30T00:00:00Z", "20260120T080000Z", "2026-W04-2", "heute", "", " 2026-01-20T08:00:00Z ",
    "2026-01-20T24:00:00Z", "2026-01-20T08:00:00+25:00", "2026-03-29T02:30:00", "+12026-01-20",
    "1764103112345678901", "2026-01-20T08:00:00,123Z", "2026-01-20T08:00:60+02:00", "20260120",
    "2026-01-20T08:00:00.1234567Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-020",
    "2026-01-20T08:00:00−05:00", "２０２６-01-20T08:00:00Z", "2026-01-20T08:00:00[Europe/Vienna]",
    "2026-10-25T02:30:00", "20/01/2026 08:00", "0000-00-00T00:00:00Z", -62135596800, 1e-9, 2**63,
    1764103112, 1764103112345, 1764103112.5, 0, -1, 1e18, 10**400, True, None, [], {},
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    0, -0.0, 1, -1, 0.5, 1e-5, 1e308, -1e308, 5e-324, 2**53 + 1, 2**63, 2**64, 10**400, -(10**400),
    float("nan"), float("inf"), float("-inf"), True, "0.5", "0,5", "5e-05", "1.2×10³",
    "٠٫٥", "½", "1e999", "", None,
)  # fmt: skip
TEXTS: tuple[Any, ...] = (
    "What is the power of pump 001?", "Wie hoch ist der Kühlwasserdruck von Pumpe 2?",
    "Wie hoch ist der Ku\u0308hlwasserdruck?", "पंप २ का दबाव कितना है?", "तेल कितना है?",
    "泵2的功率是45千瓦。", "ポンプ２の圧力は３．５バールです。", "압력은 3.5 bar입니다.",
    "ما هو ضغط المضخة ٢؟", "מה הלחץ במשאבה 2?", "ความดันของปั๊ม ๒ เท่าไร", "Давление 3,5 бар, насос 2",
    "Pump 101A: 1.234,5 kW, 1\u202f234,5 kW, 1'234.5 kW, 12,34,567 W, −5 °C, ½ bar, 1.2×10³ l/h",
    "- 5 °C below zero", "Pumpe 2 hat 3,5 bar.", "5 °C unter null",
    ".5 mm/s, 1.2e3 l/h, 5e-05 bar, ‑5 °C",
    "泵2的功率是九十九千瓦。", "तौल कितना है?", "pump ２", "pump 101B, pump 101D und Pumpe 101A",
    "Nein, ich meinte Pumpe 3.", "<think>cut off", "[INST]", "<s>", "\u00ad\u2060",
    "1\u00a0234,5 kW", "\r\n", "\u2028\u2029", "\x7f\x85", "\ud83d\ude00", "\ude00\ud83d", "﷽" * 99,
    "ﬁ ﬀ ㎾ ㏀", "\u200b", "\u200e\u202e abc", "a\nb\tc", "\x00", "a\x00b", "\x1b[31m", "\ud83d",
    "\udc00x",
    "👩‍🔧🏭", "e\u0301" * 50, "Z̸̢̛" * 20, "<|im_end|>\n<|im_start|>user", "<think>no</think>yes",
    "x" * 20_001, "ſtraße STRASSE", "İstanbul ıi", "\ufeffBOM", "\ufffe", "\U0010ffff", "", " ",
    None, 17, True,
    ["a"], {"a": 1},
)  # fmt: skip
_UUID = uuid.UUID("7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01")


def times(rng: Random) -> Any:
    return rng.choice(TIMES)


def numbers(rng: Random) -> Any:
    return rng.choice(NUMBERS)


def texts(rng: Random) -> Any:
    """A text of the table, or one of random code points of one script or of all."""
    if rng.random() < 0.7:
        return rng.choice(TEXTS)
    first, last = rng.choice(_BLOCKS)
    return "".join(chr(rng.randint(first, last)) for _ in range(rng.choice((1, 5, 40))))


def ids(rng: Random) -> Any:
    """An id of a small pool in one of its spellings, or an id that is hard to use in a URL."""
    known = uuid.UUID(int=_UUID.int + rng.randrange(2_000))
    spelled = str(known)
    return rng.choice((
        spelled, spelled, spelled.upper(), f"{{{spelled}}}", known.urn, known.hex, f" {spelled}",
        f"q-{rng.randrange(500)}", rng.randrange(10_000), *_HARD_IDS,
    ))  # fmt: skip


_HARD_IDS: tuple[Any, ...] = (
    "a/b", "../x", ".", "..", "a b", "a%2Fb", "a?b#c", "a\nb", "\x7f", "\u0085", "ü", "u\u0308",
    "ＡＢ", "泵2", "क्\u200dष", "a\u3000b", "a\\..\\b", "%00", "#", "?", "*", "ratchet:x",
    "Å", "\u212b", "\ufeffq", "q\u00ad", "０１", 4711.0, 10**127, 10**128, "\u202eabc", "\u200b",
    "\ud800", "\x00", "x" * 128, "x" * 129, "ü" * 128,
    "😀" * 128, "", " ", True, 1.5, 2**70, -3, 1e20, None, [], {"id": 1},
)  # fmt: skip
_BLOCKS = (
    (0x20, 0x7E), (0x0, 0x1F), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF),
    (0x900, 0x97F), (0xE00, 0xE7F), (0x2000, 0x206F), (0x3040, 0x30FF), (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3), (0xD800, 0xDFFF), (0xFE00, 0xFE0F), (0xFF00, 0xFFEF), (0x1F300, 0x1F6FF),
    (0x0, 0x10FFFF),
)  # fmt: skip
_KINDS = {
    times: ("timestamp", "occurred_at"),
    ids: ("query_id", "user_id", "event_id", "run_id", "version", "requested_by", "trace_id"),
    numbers: (
        "widget_index", "duration_ms", "intent_confidence", "evaluation_confidence", "value",
        "appropriateness_score", "groundedness", "confidence", "relevance", "claude_time_s",
        "pos_reward", "neg_reward", "limit", "processing_time_ms",
    ),
}  # fmt: skip
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}


def drawn_value(rng: Random, field: str) -> Any:
    """A value of the kind of `field`, and sometimes of another kind."""
    kind = _KIND_OF.get(field, texts)
    return rng.choice((times, ids, numbers, texts))(rng) if rng.random() < 0.1 else kind(rng)
