"""The examples do what their first lines promise."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from http_load.process import INTAKE, server
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES, FEEDBACK
from ratchet_testing.browser import BROWSER
from ratchet_testing.browser_session import PageServer, browsing, posting_pages
from ratchet_testing.eventually import eventually
from ratchet_testing.running_intake import events

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
JS = ROOT / "clients" / "js"
TOOLS = JS / "node_modules" / ".bin"
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
needs_tools = pytest.mark.skipif(
    not (TOOLS / "tsc").exists(), reason="no clients/js/node_modules: `make setup` needs npm for it"
)


async def facts(redis: Redis, many: int = 1) -> tuple[list[Any], list[Any]]:
    """The recorded experiences and feedback, once there are `many` of each."""

    async def found() -> tuple[list[Any], list[Any]] | None:
        experiences = [event.experience for event in await events(redis, EXPERIENCES)]
        feedback = [event.feedback for event in await events(redis, FEEDBACK)]
        enough = len(experiences) >= many and len(feedback) >= many
        return (experiences, feedback) if enough else None

    return await eventually(found, 40) or ([], [])


async def test_the_assistant_records_its_answers_and_their_thumbs(
    intake: str, redis: Redis, tmp_path: Path
):
    told = "What is the power of pump 1?\ny\nAnd of pump 9?\nn\n\n"
    command = [sys.executable, str(EXAMPLES / "assistant.py"), intake]
    environment = {
        "XDG_STATE_HOME": str(tmp_path),
        "USER": "maria",
        "PYTHONPATH": ":".join(sys.path),
    }
    run = await asyncio.to_thread(
        subprocess.run,
        command,
        input=told,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "The power of pump 1 is 42.0 kW." in run.stdout
    (first, second), ratings = await facts(redis, 2)
    assert first.voice_response == "The power of pump 1 is 42.0 kW."
    assert first.available_data_summary["readings"][0]["value"] == 42.0
    assert (first.user_id, second.available_data_summary["readings"]) == ("maria", [])
    assert [(each.query_id, each.rating) for each in ratings] == [
        (first.query_id, "up"),
        (second.query_id, "down"),
    ]


def test_the_assistant_is_short():
    lines = (EXAMPLES / "assistant.py").read_text().splitlines()
    assert sum(bool(line.strip()) for line in lines) <= 45


@dataclass
class StoredExperience:
    """As the backend's own class: `to_dict` is what it writes to its file."""

    query_id: str
    timestamp: datetime
    transcript: str
    user_id: str = ""
    parsed_intent: dict[str, Any] = field(default_factory=dict)
    widget_plan: dict[str, Any] = field(default_factory=dict)
    user_rating: str | None = None
    widget_interactions: list[Any] = field(default_factory=list)
    voice_response: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "timestamp": self.timestamp.isoformat()}


ORCHESTRATED = {
    "query_id": "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01",
    "transcript": "What is the power of pump 1?",
    "user_id": "default_user",
    "parsed_intent": {"type": "query", "entities": {"devices": ["pump-1"]}, "confidence": 0.9},
    "widget_plan": {"heading": "Pump 1", "widgets": [{"scenario": "kpi", "size": "hero"}]},
    "fixtures": {"kpi": "kpi-live"},
    "processing_time_ms": 812,
    "user_history": ["kpi"],
    "voice_response": "Pump 1 draws 42 kW.",
    "prompt_version": "v4",
}


def loaded(path: Path) -> Any:
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_the_command_centers_orchestrator_records_in_ratchet(
    intake: str, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    hook = loaded(EXAMPLES / "command_center.py")
    continuous = ModuleType("continuous")
    recorder = hook.install(continuous, intake)
    learning = continuous.get_rl_system()  # type: ignore[attr-defined]
    assert learning.running
    learning.record_experience(**ORCHESTRATED)
    stored = StoredExperience(
        "q-2", datetime.fromisoformat("2026-02-08T03:15:00"), "Any alarms?", voice_response="None."
    )
    recorder.ratchet.record(stored.to_dict())
    recorder.ratchet.feedback("q-2", "up")
    await asyncio.to_thread(recorder.ratchet.close)
    assert recorder.ratchet.counts.dropped == {}
    (first, second), _ = await facts(redis)
    assert (first.query_id, first.user_id) == (ORCHESTRATED["query_id"], "default_user")
    assert first.widget_plan.widgets[0].scenario == "kpi"
    assert first.processing_time_ms == 812
    assert second.timestamp.isoformat() == "2026-02-08T03:15:00+00:00"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[PageServer]:
    folder = tmp_path / "pages"
    shutil.copytree(EXAMPLES / "page", folder)
    shutil.copy(JS / "ratchet.js", folder)
    with posting_pages(folder) as served:
        yield served


CLICKED = """<!doctype html><iframe src="FRAME"></iframe><script>
document.querySelector("iframe").onload = async ({target}) => {
  const button = () => target.contentDocument.querySelector("[aria-label='good answer']");
  const isReady = () => button()?.onclick || target.contentWindow.ready;
  while (!isReady()) await new Promise(requestAnimationFrame);
  button().click();
};
</script>"""


async def rated(
    redis: Redis, valkey_url: str, tmp_path: Path, pages: PageServer, page: str
) -> None:
    """Click the thumb of the page; the answer and its rating must arrive."""
    with server(INTAKE, valkey_url, tmp_path, INGEST_CORS_ORIGINS=pages.origin) as intake:
        frame = f"{page}?ratchet={intake.url}"
        (tmp_path / "pages" / "clicked.html").write_text(CLICKED.replace("FRAME", frame))
        with browsing(f"{pages.origin}/clicked.html", tmp_path / "profile"):
            (experience, *_), (feedback, *_) = await facts(redis)
    assert (feedback.query_id, feedback.rating) == (experience.query_id, "up")
    assert experience.voice_response == "Pump 1 draws 42 kW."


@needs_browser
async def test_the_thumb_of_the_page_rates_its_answer(
    redis: Redis, valkey_url: str, tmp_path: Path, pages: PageServer
):
    await rated(redis, valkey_url, tmp_path, pages, "index.html")


REACT_PAGE = """
import { createRoot } from "react-dom/client";
import { Ratchet } from "ratchet-client";
import { Thumb } from "THUMB";
const url = new URLSearchParams(location.search).get("ratchet")!;
const ratchet = new Ratchet({ url });
const queryId = ratchet.record({ transcript: "power?", voice_response: "Pump 1 draws 42 kW." });
createRoot(document.body).render(<Thumb ratchet={ratchet} queryId={queryId} />);
window.ready = true;
"""


@needs_browser
@needs_tools
async def test_the_react_thumb_rates_its_answer(
    redis: Redis, valkey_url: str, tmp_path: Path, pages: PageServer
):
    entry = tmp_path / "entry.tsx"
    entry.write_text(REACT_PAGE.replace("THUMB", str(EXAMPLES / "react" / "Thumb.tsx")))
    bundle = [
        str(TOOLS / "esbuild"),
        str(entry),
        "--bundle",
        "--jsx=automatic",
        f"--alias:ratchet-client={JS / 'ratchet.js'}",
        '--define:process.env.NODE_ENV="production"',
        f"--outfile={tmp_path / 'pages' / 'react.js'}",
    ]
    environment = {"NODE_PATH": str(JS / "node_modules")}
    await asyncio.to_thread(subprocess.run, bundle, env=environment, check=True)
    page = '<!doctype html><body></body><script src="react.js"></script>'
    (tmp_path / "pages" / "react.html").write_text(page)
    await rated(redis, valkey_url, tmp_path, pages, "react.html")


def type_errors(folder: Path, *files: Path) -> str:
    """What TypeScript reports about the files."""
    modules = {
        "ratchet-client": [str(JS / "ratchet.d.ts")],
        "*": [str(JS / "node_modules" / "@types" / "*"), str(JS / "node_modules" / "*")],
    }
    options = {
        "strict": True,
        "noEmit": True,
        "skipLibCheck": True,
        "jsx": "react-jsx",
        "module": "esnext",
        "target": "es2022",
        "moduleResolution": "bundler",
        "types": [],
        "paths": modules,
    }
    config = folder / "tsconfig.json"
    config.write_text(json.dumps({"compilerOptions": options, "files": [str(f) for f in files]}))
    run = subprocess.run([TOOLS / "tsc", "-p", config], capture_output=True, text=True, check=False)
    return run.stdout


@needs_tools
def test_the_types_describe_the_module(tmp_path: Path):
    assert type_errors(tmp_path, EXAMPLES / "react" / "Thumb.tsx") == ""
    wrong = tmp_path / "wrong.ts"
    wrong.write_text(
        'import { Ratchet } from "ratchet-client";\n'
        'const ratchet = new Ratchet({ url: "http://server" });\n'
        'ratchet.feedback("q-1", "splendid");\n'
        "ratchet.record({ transcript: 7 });\n"
        "const settled: boolean = await ratchet.flush();\nexport { settled };\n"
    )
    found = type_errors(tmp_path, wrong)
    assert found.count("error TS") == 2
    assert "wrong.ts(3," in found
    assert "wrong.ts(4," in found


@needs_tools
def test_the_types_name_every_call_of_the_module():
    declared = (JS / "ratchet.d.ts").read_text().partition("export class Ratchet {")[2]
    listed = "import('%s').then(({Ratchet}) => console.log(JSON.stringify(" % (JS / "ratchet.js")
    listed += "Object.getOwnPropertyNames(Ratchet.prototype))))"
    node = shutil.which("node")
    assert node is not None
    run = subprocess.run([node, "-e", listed], capture_output=True, text=True, check=True)
    names = set(json.loads(run.stdout))
    assert {name for name in names if f"{name}(" in declared or f"{name}:" in declared} == names
