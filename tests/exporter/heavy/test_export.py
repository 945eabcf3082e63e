"""A whole export: the file is near the trained model and runs in plain llama.cpp."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from exporter.domain.export_messages import Exported, StageDone
from exporter.export.child_processes import ExportProcesses
from exporter.settings import ExporterSettings
from ratchet.storage import ArtifactStore

pytestmark = pytest.mark.heavy

PLAIN_ANSWER = """
import sys, pathlib, exporter.backends.gguf.llama
model = exporter.backends.gguf.llama.load(pathlib.Path(sys.argv[1]))
answer = model.create_chat_completion([{"role": "user", "content": "Hello!"}], max_tokens=8)
print(answer["choices"][0]["message"]["content"])
"""


async def test_the_exported_file_is_near_the_model_and_answers_anywhere(
    cache_dir: Path, tmp_path: Path, train: Any
) -> None:
    artifacts = ArtifactStore(tmp_path / "artifacts")
    stages: list[StageDone] = []
    settings = ExporterSettings(data_dir=tmp_path, cache_dir=cache_dir)
    export = ExportProcesses(settings, stages.append)
    manifest = await asyncio.to_thread(train, "smollm2-135m-instruct", artifacts)

    outcome = await export.export("v1", manifest)

    assert isinstance(outcome, Exported), outcome
    made = outcome.export
    assert made.quantization == "q8_0"
    assert made.assembly == "spliced"
    assert made.parity.top1 >= 0.95
    assert made.parity.kl <= min(0.01, made.training_kl)
    assert made.parity.tokens >= 300
    assert made.parity.template_equal
    assert made.modelfile.template is not None
    assert made.modelfile.template.family == "chatml"
    assert {done.stage for done in stages} == made.seconds.keys()
    assert os.listdir(tmp_path / "work") == []  # noqa: PTH208 -- no pathlib in async code
    plain = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PLAIN_ANSWER,
        artifacts.path(made.gguf),
        stdout=asyncio.subprocess.PIPE,
    )
    answer, _ = await plain.communicate()
    assert plain.returncode == 0
    assert answer.strip()
