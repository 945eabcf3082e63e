"""What the templates of an answer are filled with."""

from simulator.situations import Situation


def written(value: float, unit: str) -> str:
    """A value as the readings and the assistant write it: `45 kW`, `62%`."""
    return f"{value:.10g}{'' if unit == '%' else ' '}{unit}"


def capitalized(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[0].upper() + text[1:]


def values_of(situation: Situation, *, spoken: bool) -> dict[str, str]:
    """The fields of templates that the situation has; with `spoken`, units are words.

    Names, digits and symbols are written exactly as the readings write them.
    """
    tables, rows, metric = situation.tables, situation.rows, situation.metric
    fields = {
        "name": situation.here.text,
        "other": situation.there.text,
        "metric": tables.metrics[metric.name],
        "slug": situation.device,
        **tables.articles_of(metric.name),
    }
    for own, device in (("name", situation.here), ("other", situation.there)):
        for key, form in tables.devices.get(device.gender, {}).items():
            if f"{{{own}}}" in form:
                fields[key] = form.format(**{own: device.text})
    shown = {
        "value": rows.requested,
        "average": rows.average,
        "limit": rows.limit,
        "earlier": rows.earlier,
        "other_value": rows.elsewhere,
    }
    for key, row in shown.items():
        if row is not None:
            is_usual = row.unit in metric.units
            unit = tables.spoken[metric.unit] if spoken and is_usual else row.unit
            fields[key] = written(row.value, unit)
    if rows.known is not None:
        word = tables.metrics[rows.known_metric]
        form = tables.articles_of(rows.known_metric).get("known", "{metric}")
        fields["known_metric"] = form.format(metric=word)
        fields["known_value"] = written(rows.known.value, rows.known.unit)
    return fields
