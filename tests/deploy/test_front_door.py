"""nginx and Caddy as configured: four paths go to Ratchet, everything else to the backend."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ratchet_testing.asgi_server import serving
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

FOLDER = Path(__file__).parents[2] / "deploy" / "front-door"
RATCHETS = ("feedback/", "feedback", "rl-status/", "rl-history/", "approve-training/")
BACKENDS = ("/api/layer2/orchestrate/", "/api/actions/", "/", "/v1/experiences", "/api/layer2/x/")
KEY = "THE-KEY-OF-THE-PAGE"


def nginx(folder: Path, config: str) -> list[str]:
    places = " ".join(
        f"{name}_temp_path {folder};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "front.conf").write_text(config)
    whole = (
        f"daemon off; pid {folder}/nginx.pid; error_log stderr;\nevents {{}}\n"
        f"http {{ access_log off; {places} include {folder}/front.conf; }}\n"
    )
    (folder / "nginx.conf").write_text(whole)
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, config: str) -> list[str]:
    options = "{\n\tadmin off\n\tauto_https off\n}\n"
    (folder / "Caddyfile").write_text(options + config)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


Command = Callable[[Path, str], list[str]]
PROXIES: list[tuple[Command, str]] = [(nginx, "nginx.conf"), (caddy, "Caddyfile")]
FIRST_BLOCK = re.compile(
    r"^(    |\t)(location ~|handle @ratchet) .*?^\1}\n", re.MULTILINE | re.DOTALL
)
"""What docs/front-door.md removes to go back."""


class Seen:
    """A server that shows its name and what it gets."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.go_on = asyncio.Event()
        methods = ["GET", "POST"]
        self.app = Starlette(
            routes=[
                Route("/slow", self.slow),
                Route("/{path:path}", self.show, methods=methods),
            ]
        )

    async def show(self, request: Request) -> Response:
        body = await request.body()
        headers = dict(request.headers)
        return JSONResponse({"server": self.name, "headers": headers, "body": len(body)})

    async def slow(self, _: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first"
            await self.go_on.wait()
            yield b" second"

        return StreamingResponse(parts())


@asynccontextmanager
async def front(
    proxy: Command, file: str, folder: Path, gone_back: bool = False
) -> AsyncIterator[tuple[str, Seen, int]]:
    if shutil.which(proxy.__name__) is None:
        pytest.skip(f"{proxy.__name__} is not installed")
    ratchet, backend = Seen("ratchet"), Seen("backend")
    ports = {"8100": free_port(), "8110": free_port(), "8101": free_port()}
    config = (FOLDER / file).read_text()
    if gone_back:
        config, removed = FIRST_BLOCK.subn("", config, count=1)
        assert removed
    for written, free in ports.items():
        config = config.replace(f"listen {written};", f"listen 127.0.0.1:{free};")
        config = config.replace(f":{written}", f":{free}")
    url = f"http://127.0.0.1:{ports['8100']}"
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    async with serving(ratchet.app, ports["8110"]), serving(backend.app, ports["8101"]):
        process = subprocess.Popen(proxy(folder, config), env=home)  # noqa: ASYNC220
        try:

            async def answers() -> bool:
                async with httpx.AsyncClient() as client:
                    try:
                        return (await client.get(url)).status_code == 200
                    except httpx.TransportError:
                        return False

            assert await eventually(answers, 15)
            yield url, backend, ports["8101"]
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 10)


@pytest.mark.parametrize(("proxy", "file"), PROXIES)
async def test_four_paths_go_to_ratchet_and_the_others_to_the_backend(
    proxy: Command, file: str, tmp_path: Path
):
    async with (
        front(proxy, file, tmp_path) as (url, backend, _),
        httpx.AsyncClient(base_url=url) as client,
    ):
        for path in RATCHETS:
            shown = (await client.get(f"/api/layer2/{path}")).json()
            assert shown["server"] == "ratchet", path
            assert shown["headers"]["x-feedback-key"] == KEY
            assert shown["headers"]["x-forwarded-for"] == "127.0.0.1"
            assert shown["headers"]["host"] == url.removeprefix("http://")
        for path in BACKENDS:
            answer = await client.get(path, headers={"X-Forwarded-For": "10.9.9.9"})
            shown = answer.json()
            assert shown["server"] == "backend", path
            assert "x-feedback-key" not in shown["headers"]
            assert shown["headers"]["x-forwarded-for"] == "127.0.0.1"
        own = {"X-Feedback-Key": "the-evaluators-own"}
        shown = (await client.post("/api/layer2/feedback/", json={}, headers=own)).json()
        assert shown["headers"]["x-feedback-key"] == "the-evaluators-own"
        large = await client.post("/upload", content=b"x" * 20_000_000, timeout=60)
        assert large.json()["body"] == 20_000_000
        async with client.stream("GET", "/slow") as answer:
            chunks = answer.aiter_raw()
            assert await anext(chunks) == b"first"
            backend.go_on.set()
            assert b"".join([chunk async for chunk in chunks]) == b" second"


@pytest.mark.parametrize(("proxy", "file"), PROXIES)
async def test_without_its_first_block_every_path_goes_to_the_backend(
    proxy: Command, file: str, tmp_path: Path
):
    async with (
        front(proxy, file, tmp_path, gone_back=True) as (url, _, _),
        httpx.AsyncClient(base_url=url) as client,
    ):
        for path in (*(f"/api/layer2/{one}" for one in RATCHETS), *BACKENDS):
            shown = (await client.get(path)).json()
            assert shown["server"] == "backend", path
            assert "x-feedback-key" not in shown["headers"]


@pytest.mark.parametrize(("proxy", "file"), PROXIES)
async def test_a_websocket_reaches_the_backend(proxy: Command, file: str, tmp_path: Path):
    client = pytest.importorskip("websockets.asyncio.client")
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocket

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())

    async with front(proxy, file, tmp_path) as (url, backend, _):
        backend.app.router.routes.insert(0, WebSocketRoute("/ws", echo))
        async with client.connect(url.replace("http", "ws") + "/ws") as socket:
            await socket.send("grüße")
            assert await socket.recv() == "grüße"
