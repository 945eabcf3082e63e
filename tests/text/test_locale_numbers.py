"""Readings that the rules of 30 locales (CLDR) write are found again in a sentence."""

from random import Random

import pytest
from babel.numbers import format_decimal, format_percent, get_minus_sign_symbol

from ratchet_truth import Judgment, RequestedReading, Verdict, judge, readings_in, situation_of

SEED = 20_250_711
READINGS = 100
SENTENCES = {
    "en": "The power of pump 2 is {} right now.",
    "en_IN": "Pump 2 is drawing {} at the moment.",
    "hi": "अभी पंप 2 की शक्ति {} है।",
    "de": "Die Leistung von Pumpe 2 beträgt {} im Moment.",
    "de_CH": "Pumpe 2 liegt gerade bei {}.",
    "de_AT": "Pumpe 2 läuft mit {}, alles in Ordnung.",
    "fr": "La puissance est de {} en ce moment.",
    "fr_CH": "Actuellement, on mesure {}.",
    "es": "La bomba 2 consume {} ahora.",
    "es_MX": "La potencia es de {} ahora mismo.",
    "it": "La potenza è di {} in questo momento.",
    "pt": "A potência é de {} neste momento.",
    "pt_BR": "A potência está em {} agora.",
    "nl": "Het vermogen is {} op dit moment.",
    "pl": "Moc wynosi teraz {}.",
    "cs": "Výkon je právě {}.",
    "sv": "Effekten är {} just nu.",
    "nb": "Effekten er {} akkurat nå.",
    "da": "Effekten er {} lige nu.",
    "fi": "Teho on nyt {}.",
    "ru": "Мощность сейчас {}.",
    "uk": "Потужність зараз {}.",
    "tr": "Güç şu anda {}.",
    "ar_EG": "القدرة الآن {}.",
    "fa": "توان اکنون {} است.",
    "bn": "এখন শক্তি {}।",
    "th": "กำลังไฟฟ้าอยู่ที่ {}",
    "zh": "泵2的功率现在是{}。",
    "ja": "現在の出力は{}です。",
    "ko": "현재 전력은 {}입니다.",
}
UNITS = ("kW", "bar", "°C", "m³/h", "mm/s")


def readings(locale: str, unit: str) -> list[float]:
    """Values of realistic sizes with up to three decimals; temperatures may be negative."""
    rng = Random(f"{SEED} {locale} {unit}")
    values = []
    for _ in range(READINGS):
        size = 10 ** rng.uniform(-1, 6)
        sign = -1 if unit == "°C" and rng.random() < 0.5 else 1
        values.append(sign * round(rng.uniform(0.1, 1) * size, rng.randint(0, 3)) or 0.5)
    return values


def written(value: float, locale: str) -> str:
    text = format_decimal(
        value, locale=locale, numbering_system="default", decimal_quantization=False
    )
    sign = get_minus_sign_symbol(locale, numbering_system="default")
    return str(text).replace("-", sign)


def judged(answer: str, prompt: str, asked: RequestedReading) -> Judgment:
    return judge(answer, situation_of(readings_in(prompt), asked, ""))


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("locale", SENTENCES)
def test_a_reading_in_the_notation_of_a_locale_is_stated(locale: str, unit: str):
    for value in readings(locale, unit):
        answer = SENTENCES[locale].format(f"{written(value, locale)} {unit}")
        asked = RequestedReading("pump 2", "power", value, unit)
        prompt = f"- pump 2 power: {value:.10g} {unit}"
        assert judged(answer, prompt, asked).is_true, answer


@pytest.mark.parametrize("locale", SENTENCES)
def test_another_value_in_the_notation_of_a_locale_is_invented(locale: str):
    for value in readings(locale, "kW"):
        answer = SENTENCES[locale].format(f"{written(value * 3, locale)} kW")
        asked = RequestedReading("pump 2", "power", value, "kW")
        result = judged(answer, f"- pump 2 power: {value:.10g} kW", asked)
        assert result.verdict is Verdict.WRONG_VALUE, answer
        assert result.invents, answer


@pytest.mark.parametrize("locale", SENTENCES)
def test_a_share_in_the_notation_of_a_locale_is_stated(locale: str):
    for percent in (4, 45, 62.5, 100):
        share = format_percent(
            percent / 100, locale=locale, numbering_system="default", decimal_quantization=False
        )
        answer = SENTENCES[locale].format(share)
        asked = RequestedReading("pump 2", "power", percent, "%")
        assert judged(answer, f"- pump 2 power: {percent:.10g} %", asked).is_true, answer
