"""What the clients must show of an imported file, counted from the file alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
_SHOWN = 500
_JUDGED = ("evaluation_confidence", "per_widget_feedback", "missing_widgets")
_STATED = ("user_rating", "follow_up_type", "widget_interactions", "correction_text", *_JUDGED)


def of_status(rows: Sequence[Row]) -> dict[str, int]:
    ratings = Counter(row.get("user_rating") or "none" for row in rows)
    stated = sum(any(row.get(name) not in (None, [], "") for name in _STATED) for row in rows)
    return {
        "total": len(rows),
        "with feedback": stated,
        "without feedback": len(rows) - stated,
        **{name: ratings[name] for name in ("up", "down", "none")},
    }


def of_table(rows: Sequence[Row]) -> dict[str, int]:
    """The counts of the page's table: it requests the newest 500 rows."""
    newest = sorted(rows, key=lambda row: str(row["timestamp"]))[-_SHOWN:]
    ratings = Counter(row.get("user_rating") or "none" for row in newest)
    judged = sum(row.get("evaluation_confidence") is not None for row in newest)
    return {"rows": len(newest), "evaluated": judged, **ratings}
