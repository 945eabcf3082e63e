"""The license of the base model, as served with the model."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.ollama_api import OllamaApi
from exporter.domain.registry.modelfile import Modelfile, Sampling
from exporter.export.build_inputs import license_of

CARD = "---\nlanguage: en\nlicense: apache-2.0\ntags: [chat]\n---\n# A model\n"


def test_a_license_file_is_used_whole(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("All of it.\n")
    (tmp_path / "README.md").write_text(CARD)

    assert license_of(tmp_path) == "All of it.\n"


@pytest.mark.parametrize(
    ("card", "named"), [(CARD, "apache-2.0"), ("# A model\nlicense: mine\n", None), ("", None)]
)
def test_the_header_of_a_model_card_has_the_license(tmp_path: Path, card: str, named: str) -> None:
    (tmp_path / "README.md").write_text(card)

    assert license_of(tmp_path) == named


def test_a_directory_without_a_license_has_none(tmp_path: Path) -> None:
    assert license_of(tmp_path) is None


@pytest.mark.parametrize("named", ["apache-2.0", None])
async def test_a_license_is_sent_to_ollama(
    ollama: Any, record: Any, gguf: Path, named: str | None
) -> None:
    digest = f"sha256:{record('v1').export.gguf.sha256}"
    modelfile = Modelfile(sampling=Sampling(), template=None, license=named)
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(base_url="http://stand-in", transport=transport) as client:
        api = OllamaApi(client)
        await api.upload(digest, gguf)
        await api.create("m:v1", {"model.gguf": digest}, modelfile)
        shown = await api.show("m:v1")

    assert shown is not None
    assert shown.get("license") == named
    assert ("LICENSE" in modelfile.text("./model.gguf")) is (named is not None)
