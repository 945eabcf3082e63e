"""A deployment introduces its own assistant to the model, by the site file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ratchet.contract import Reading
from ratchet.measures import voice_prompt, widget_prompt
from ratchet_text import Assistant, active_assistant, use_assistant, use_site_file

READINGS = [Reading(equipment="pump 1", metric="power", value=4.5, unit="kW")]


@pytest.fixture(autouse=True)
def _assistant() -> Iterator[None]:
    before = active_assistant()
    yield
    use_assistant(before)


def use(folder: Path, text: str) -> None:
    path = folder / "site.toml"
    path.write_text(text)
    use_site_file(path)


def test_without_a_site_file_every_prompt_is_that_of_the_first_release():
    """Ids of stored examples are derived from these texts."""
    assert voice_prompt("How much?", READINGS) == (
        "You are Command Center, the voice assistant of an industrial plant. Answer in two or "
        "three short spoken sentences, using only the readings below.\n"
        "Readings:\n- pump 1 power: 4.5 kW\nUser question: How much?\nResponse:"
    )
    assert voice_prompt("How much?", []) == (
        "You are Command Center, the voice assistant of an industrial plant. Answer in two or "
        "three short spoken sentences.\nUser question: How much?\nResponse:"
    )
    assert widget_prompt("How much?").startswith(
        "You are Command Center, the dashboard of an industrial plant. Choose the widgets that "
        "answer the question. Reply with one JSON object only, such as "
    )


def test_a_name_replaces_the_products_in_every_prompt(tmp_path: Path):
    use(tmp_path, '[assistant]\nname = "Hugo"\n')
    for prompt in (voice_prompt("?", READINGS), voice_prompt("?", []), widget_prompt("?")):
        assert prompt.startswith("You are Hugo, ")
        assert "Command Center" not in prompt


def test_a_text_replaces_the_task_and_the_rest_of_the_prompt_remains(tmp_path: Path):
    texts = 'voice = "Du bist {name}. Nur diese Werte:"\nvoice_without_readings = "Du bist {name}."'
    use(tmp_path, f'[assistant]\nname = "Hugo"\n{texts}\nwidgets = "Wähle Widgets."\n')
    assert voice_prompt("Wie viel?", READINGS) == (
        "Du bist Hugo. Nur diese Werte:\nReadings:\n- pump 1 power: 4.5 kW\n"
        "User question: Wie viel?\nResponse:"
    )
    assert voice_prompt("Wie viel?", []).startswith("Du bist Hugo.\nUser question:")
    assert widget_prompt("?").startswith("Wähle Widgets. Reply with one JSON object only")


def test_prompts_of_the_default_assistant_are_retold_and_others_stay():
    hugo = Assistant(name="Hugo")
    prompts = [voice_prompt("?", READINGS), voice_prompt("?", []), widget_prompt("?")]
    use_assistant(hugo)
    assert [hugo.retold(one) for one in prompts] == [
        voice_prompt("?", READINGS),
        voice_prompt("?", []),
        widget_prompt("?"),
    ]
    assert hugo.retold("You are somebody else.") == "You are somebody else."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('assistant = "Hugo"', "assistant: must be a table"),
        ('[assistant]\nvoices = "x"', "assistant.voices: is not known; use name, voice,"),
        ("[assistant]\nname = 7", "assistant.name: must be a text"),
        ('[assistant]\nname = " "', "assistant.name: must be a text"),
    ],
)
def test_a_wrong_table_is_refused_with_its_key(text: str, message: str, tmp_path: Path):
    with pytest.raises(ValueError, match=message):
        use(tmp_path, text)
