"""Everything that happened can be asked: lists by pages, one thing with all that is known of it."""

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import TypeAdapter

from ingest.http.middleware.problems import answers
from ingest.http.read_answers import ExperienceTold, Listed, Page
from ledger.reading import (
    AsyncLedger,
    ExampleState,
    ExampleView,
    ExperienceView,
    LedgerReader,
    ModelDetails,
    ModelView,
    RunDetails,
    RunView,
    plain,
)

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=1000, description="How many, the newest first")]
After = Annotated[
    str | None, Query(min_length=1, max_length=500, description="`next` of the page before")
]
Kind = Literal["pair", "label", "demonstration"]
Aspect = Literal["voice", "widget"]

_EXPERIENCES = TypeAdapter(Page[ExperienceView])
_EXPERIENCE = TypeAdapter(ExperienceTold)
_EXAMPLES = TypeAdapter(Page[ExampleView])
_RUNS = TypeAdapter(Listed[RunView])
_RUN = TypeAdapter(RunDetails)
_MODELS = TypeAdapter(Listed[ModelView])
_MODEL = TypeAdapter(ModelDetails)
_SERVING = TypeAdapter(ModelView)
_UNKNOWN = "nothing of this name is known; the list of its kind has all"


def create_read_router(ledger: AsyncLedger) -> APIRouter:
    router = APIRouter(prefix="/v1", responses=answers(401, 403, 422, 503))

    async def told(
        form: TypeAdapter[T], make: Callable[[LedgerReader], T | None], unknown: str = _UNKNOWN
    ) -> Response:
        """What `make` answers, as JSON; 404 for None. Written in the ledger's thread, too."""

        def write(reader: LedgerReader) -> bytes | None:
            found = make(reader)
            return None if found is None else form.dump_json(found)

        written = await ledger.read(write)
        if written is None:
            raise HTTPException(404, unknown)
        return Response(written, media_type="application/json")

    @router.get("/experiences", response_model=Page[ExperienceView])
    async def list_experiences(limit: Limit = 100, after: After = None) -> Response:
        """Answered questions, with the last word on each."""

        def page(reader: LedgerReader) -> Page[ExperienceView]:
            found = reader.history(limit, after and plain(after))
            return Page(items=found, next=found[-1].query_id if len(found) == limit else None)

        return await told(_EXPERIENCES, page)

    @router.get(
        "/experiences/{query_id:path}", response_model=ExperienceTold, responses=answers(404)
    )
    async def show_experience(query_id: str) -> Response:
        """One answered question: facts, its reward explained, examples and models it taught."""

        def one(reader: LedgerReader) -> ExperienceTold | None:
            story = reader.experience(plain(query_id))
            return ExperienceTold.of(story) if story else None

        return await told(_EXPERIENCE, one)

    @router.get("/examples", response_model=Page[ExampleView])
    async def list_examples(
        limit: Limit = 100,
        after: After = None,
        kind: Kind | None = None,
        aspect: Aspect | None = None,
        state: ExampleState | None = None,
    ) -> Response:
        """What can be learnt from, with the experiences it is made of and the runs it was in."""

        def page(reader: LedgerReader) -> Page[ExampleView]:
            found = reader.examples(limit, after and plain(after), kind, aspect, state)
            return Page(items=found, next=found[-1].example_id if len(found) == limit else None)

        return await told(_EXAMPLES, page)

    @router.get("/runs", response_model=Listed[RunView])
    async def list_runs(limit: Limit = 100) -> Response:
        """Training runs, open and ended."""
        return await told(_RUNS, lambda reader: Listed(items=reader.runs(limit)))

    @router.get("/runs/{run_id:path}", response_model=RunDetails, responses=answers(404))
    async def show_run(run_id: str) -> Response:
        """One run: its events, the examples it had and the models that came of it."""
        return await told(_RUN, lambda reader: reader.run(plain(run_id)))

    @router.get("/model", response_model=ModelView, responses=answers(404))
    async def show_model_in_service() -> Response:
        """The version that serves now, with who brought it into service, and why."""
        none = "no model is in service; /v1/models has those that could be"
        return await told(_SERVING, lambda reader: reader.active_model(), none)

    @router.get("/models", response_model=Listed[ModelView])
    async def list_models(limit: Limit = 100) -> Response:
        """Model versions, with who brought them into service and out of it, and why."""
        return await told(_MODELS, lambda reader: Listed(items=reader.models(limit)))

    @router.get("/models/{version:path}", response_model=ModelDetails, responses=answers(404))
    async def show_model(version: str) -> Response:
        """One version: its run, and every example and experience it learnt from."""
        return await told(_MODEL, lambda reader: reader.model(plain(version)))

    return router
