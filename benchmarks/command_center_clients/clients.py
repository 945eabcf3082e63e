"""Builds and runs the unchanged clients out of the folder of the Command Center."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ratchet_testing.browser import seen

_HERE = Path(__file__).parent
_AGENT = Path("ai rl agent/ai-rl-agent/src/rl-runner.ts")
_PAGE = Path("frontend/src/app/rl/page.tsx")
_CLIENT = Path("frontend/src/lib/layer2/client.ts")
_LIBRARIES = ("esbuild@0.25", "react@19", "react-dom@19", "recharts@3")
_HTML = """<!doctype html><title>page</title><div id="root" style="width:1200px"></div>
<pre id="result">{}</pre><script src="page.js"></script>"""


@dataclass(frozen=True)
class Clients:
    """`folder` is a checkout of the Command Center, `built` is for libraries and what is built."""

    folder: Path
    built: Path

    def prepare(self) -> None:
        """Install the libraries of the page with npm, unless they are there."""
        self.built.mkdir(parents=True, exist_ok=True)
        if not (self.built / "node_modules/recharts").is_dir():
            options = ("--no-audit", "--no-fund", "--silent", "--prefix", str(self.built))
            subprocess.run(["npm", "install", *options, *_LIBRARIES], check=True)

    def page(self, site: Path, origin: str, api: str, profile: Path) -> dict[str, str]:
        """The texts that the page shows, by the filter that was chosen."""
        (site / "index.html").write_text(_HTML)
        self._bundle(_HERE / "page.jsx", site / "page.js", f"PAGE={self.folder / _PAGE}", api)
        shown: Any = seen(f"{origin}/index.html", profile)
        return dict(shown)

    def thumb(self, query_id: str, api: str) -> bool:
        """Whether the frontend's client took its thumb for received."""
        program = self.built / "thumb.mjs"
        self._bundle(_HERE / "thumb.mjs", program, f"CLIENT={self.folder / _CLIENT}", api)
        return self._node(program, QUERY_ID=query_id).returncode == 0

    def evaluator(self, api: str, mode: str) -> str:
        """What the evaluator prints in a mode that needs no browser."""
        program, nothing = self.built / "evaluator.mjs", self.built / "nothing.mjs"
        nothing.write_text("export const chromium = null;")
        self._bundle(self.folder / _AGENT, program, f"@playwright/test={nothing}", api)
        return self._node(program, "--mode", mode, RL_API_BASE_URL=api).stdout

    def _bundle(self, entry: Path, to: Path, alias: str, api: str) -> None:
        node = to.suffix == ".mjs"
        subprocess.run(
            [
                str(self.built / "node_modules/.bin/esbuild"),
                str(entry),
                "--bundle",
                f"--platform={'node' if node else 'browser'}",
                f"--format={'esm' if node else 'iife'}",
                "--jsx=automatic",
                "--log-level=error",
                f"--alias:{alias}",
                f'--define:process.env.NEXT_PUBLIC_API_URL="{api}"',
                f"--outfile={to}",
            ],
            check=True,
            env={**os.environ, "NODE_PATH": str(self.built / "node_modules")},
        )

    def _node(
        self, program: Path, *options: str, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["node", str(program), *options],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **variables},
        )


def after(text: str, label: str) -> str:
    """The number or word that follows `label` in `text`, "" if there is none."""
    found = re.search(re.escape(label) + r"\s*([^\s]+)", text)
    return found[1] if found else ""
