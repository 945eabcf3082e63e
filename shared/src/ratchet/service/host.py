"""The ASGI host of a service: health, metrics, status and the AsyncAPI document."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import typer
import uvicorn
from faststream.asgi import AsgiFastStream, AsgiResponse, AsyncAPIRoute, get
from faststream.asgi.response import JSONResponse
from faststream.redis import RedisBroker
from faststream.specification import AsyncAPI
from faststream.specification.base import SpecificationFactory
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratchet.command_line import create_private_files
from ratchet.service.endings import ending_with_its_start
from ratchet.service.hosts import LOOPBACK, Guard, known_hosts
from ratchet.service.service import Service
from ratchet.settings import CommonSettings, read_settings
from ratchet.telemetry import configure_logs
from ratchet_text import asyncapi_page

_PING_TIMEOUT_S = 1.0
S = TypeVar("S", bound=CommonSettings)


class _Host(AsgiFastStream):
    """Its start is complete when `service` reads; FastStream's is before that."""

    def __init__(self, service: Service, *brokers: RedisBroker, **options: Any) -> None:
        super().__init__(*brokers, **options)
        self._service = service

    @asynccontextmanager
    async def start_lifespan_context(
        self, run_extra_options: dict[str, Any] | None = None
    ) -> AsyncGenerator[None]:
        async with self._service.running():
            yield

    def exit(self) -> None:
        """FastStream calls this when a reader gives up, because its group is gone."""
        self._service.end("a consumer's group is gone: the next start creates it")


class _Page(AsyncAPIRoute):
    """The AsyncAPI document as a page; FastStream's own loads its scripts from another host."""

    def __call__(self, schema: SpecificationFactory) -> Any:
        @get
        async def page(scope: Any) -> AsgiResponse:
            html = asyncapi_page(schema.to_specification().to_jsonable(), "asyncapi.json")
            return AsgiResponse(html.encode(), 200, {"Content-Type": "text/html; charset=utf-8"})

        return page


def create_host(service: Service) -> AsgiFastStream:
    """The ASGI application with `/livez /readyz /metrics /status /asyncapi`.

    `/livez` fails when the process needs a restart, `/readyz` when the service cannot work now.
    """

    hide = service.settings.secrets.hide

    @get
    async def livez(scope: Any) -> AsgiResponse:
        # A stopped consumer is a problem that a restart does not solve, so the process is alive:
        # each restart would move as many messages to the dead letters again as the limit allows.
        stuck = service.stuck()
        problem = stuck or "; ".join(service.stopped().values()) or None
        return JSONResponse({"alive": stuck is None, "problem": problem}, 503 if stuck else 200)

    @get
    async def readyz(scope: Any) -> AsgiResponse:
        problem = await service.unready()
        if problem is not None:
            return JSONResponse({"ready": False, "problem": hide(problem)}, 503)
        return JSONResponse({"ready": True})

    @get
    async def metrics(scope: Any) -> AsgiResponse:
        service.redis_up.set(await _responds(service.redis))
        return AsgiResponse(
            generate_latest(service.registry),
            200,
            {"Content-Type": CONTENT_TYPE_LATEST},
        )

    @get
    async def status(scope: Any) -> AsgiResponse:
        common = {
            "service": service.name,
            "uptime_s": round(time.monotonic() - service.started_at, 1),
        }
        stopped = {"stopped_consumers": service.stopped()} if service.stopped() else {}
        ahead = service.clocks_ahead()
        clocks = {"producers": {"problem": ahead}} if ahead else {}
        return JSONResponse({**common, **hide({**stopped, **clocks, **await service.status()})})

    return _Host(
        service,
        service.broker,
        asgi_routes=[
            ("/livez", livez),
            ("/readyz", readyz),
            ("/metrics", metrics),
            ("/status", status),
        ],
        asyncapi_path=_Page("/asyncapi", try_it_out_path=None),
        specification=AsyncAPI(title=f"Ratchet {service.name}", version="1"),
        logger=logging.getLogger("ratchet.app"),
    )


async def _responds(redis: Redis) -> bool:
    try:
        async with asyncio.timeout(_PING_TIMEOUT_S):
            await redis.ping()
    except (RedisError, OSError):
        return False
    return True


def run(
    name: str,
    settings: S,
    create_app: Callable[[S], Any],
    guard: Guard = known_hosts,
    protocol: Any = "h11",
    own_headers: bool = True,
) -> None:
    """Serve until SIGTERM or SIGINT; running handlers finish first.

    `guard` wraps the application. Ingest passes another one, because its keys decide. A service on
    one address of a network listens on loopback too, where commands and health checks ask it.
    `protocol` is uvicorn's option `http`: h11 limits the bytes of headers, httptools does not.
    Without `own_headers` responses have no Date and Server but those of the application.
    """
    create_private_files()
    configure_logs(name, settings.log_level, settings.secrets)
    logging.getLogger("ratchet.settings").info("settings", extra={"settings": settings.masked()})
    everywhere = settings.host in ("0.0.0.0", LOOPBACK)  # noqa: S104
    uvicorn.run(
        ending_with_its_start(guard(create_app(settings), settings)),
        http=protocol,
        host=settings.host if everywhere else [LOOPBACK, settings.host],  # type: ignore[arg-type]
        port=settings.port,
        log_config=None,
        lifespan="on",
        access_log=False,
        proxy_headers=False,
        server_header=own_headers,
        date_header=own_headers,
        timeout_graceful_shutdown=15,
    )


def program(
    name: str,
    settings: type[S],
    create_app: Callable[[S], Any],
    commands: Iterable[Callable[..., None]],
) -> typer.Typer:
    """`python -m NAME`: runs the service, or one of `commands` by its name."""
    main = typer.Typer(
        name=name,
        help="Without a command: run the service.",
        invoke_without_command=True,
        pretty_exceptions_show_locals=False,
    )
    for command in commands:
        main.command()(command)

    @main.callback()
    def serve(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            run(name, read_settings(settings), create_app)

    return main
