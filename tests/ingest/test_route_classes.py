"""Routes that take many items are found before FastAPI matches anything."""

from pathlib import Path

from starlette.routing import Match

from ingest.app import create_app
from ingest.http.route_classes import NamedRoute
from ingest.settings import IngestSettings

APP = create_app(IngestSettings(data_dir=Path("no-such-directory")))
POSTED = ("/v1/experiences", "/v1/feedback", "/v1/rank", "/v1/check", "/api/layer2/feedback/")


def is_ahead(method: str, path: str) -> bool:
    """Whether the first route that matches is one of ours, with itself in the scope."""
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    for route in APP.router.routes:
        match, found = route.matches(scope)
        if match is Match.FULL:
            return isinstance(route, NamedRoute) and found["route"] is route
    return False


def test_plain_routes_are_matched_without_fastapi() -> None:
    assert all(is_ahead("POST", path) for path in POSTED)


def test_other_methods_of_their_paths_are_left_to_the_other_routes() -> None:
    assert not is_ahead("GET", "/v1/experiences")


def test_plain_routes_are_documented() -> None:
    assert set(POSTED) <= APP.openapi()["paths"].keys()
