"""Asks the Command Center's own code questions: its widget selector, then its voice.

    python command_center.py BACKEND QUESTION...

BACKEND is a copy of its backend. It finds the model server by `OLLAMA_BASE_URL`. Prints the
requests that it sends as a JSON list. Only what needs a network or a database has a stand-in: the
database, the search for documents, which finds two chillers, and the cache of embeddings. It draws
no variants of its prompts.
"""

import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

CHILLERS = (("001", "1", 62.0, 245.2), ("002", "2", 71.0, 262.9))


class Database:
    def __getattr__(self, name: str) -> Any:
        raise OSError("there is no database")

    __getitem__ = __getattr__


def without_django() -> None:
    django, db = ModuleType("django"), ModuleType("django.db")
    db.connection, db.connections = Database(), Database()  # type: ignore[attr-defined]
    sys.modules |= {"django": django, "django.db": db}


def documents(pipeline: Any) -> list[Any]:
    """What the search finds, as the application writes its equipment."""
    from layer2.rag_pipeline import RAGSearchResult  # type: ignore[import-not-found]

    found = []
    for tag, number, load, power in CHILLERS:
        chiller = SimpleNamespace(
            name=f"Chiller {number}",
            equipment_id=f"CH-{tag}",
            location="Hall 2",
            building="",
            status="running",
            health_score=92,
            criticality="high",
            description="",
            load_percent=load,
            power_consumption_kw=power,
        )
        written = pipeline._equipment_to_document(chiller, "chiller")
        found.append(RAGSearchResult(written.id, written.content, written.metadata, 0.9))
    return found


def main(backend: str, *questions: str) -> None:
    sys.path.insert(0, backend)
    without_django()
    import requests  # type: ignore[import-untyped]
    from layer2 import rag_pipeline
    from layer2.data_prefetcher import DataPrefetcher  # type: ignore[import-not-found]
    from layer2.intent_parser import ParsedIntent  # type: ignore[import-not-found]
    from layer2.orchestrator import Layer2Orchestrator  # type: ignore[import-not-found]
    from layer2.widget_selector import WidgetSelector  # type: ignore[import-not-found]
    from rl.prompt_evolver import get_prompt_evolver  # type: ignore[import-not-found]

    sent: list[dict[str, Any]] = []
    post = requests.post

    def recorded(url: str, **given: Any) -> Any:
        sent.append(given["json"])
        return post(url, **given)

    requests.post = recorded
    pipeline = rag_pipeline.get_rag_pipeline()
    for model in (pipeline.llm, pipeline.llm_fast, pipeline.llm_quality):
        model.cache = None
    found = documents(pipeline)

    def search(collection: str, query: str, n_results: int = 3) -> list[Any]:
        return found if collection == rag_pipeline.EQUIPMENT_COLLECTION else []

    pipeline.vector_store.search = pipeline.vector_store.search_hybrid = search
    get_prompt_evolver().epsilon = 0
    for question in questions:
        intent = ParsedIntent(
            domains=["industrial"],
            entities={"devices": ["chiller"], "metric": "power"},
            primary_characteristic="energy",
            raw_text=question,
        )
        plan = WidgetSelector()._select_with_llm(intent, DataPrefetcher().prefetch(intent), "")
        widgets = [{"scenario": one.scenario, "why": one.why} for one in plan.widgets]
        layout = {"heading": plan.heading, "widgets": widgets}
        Layer2Orchestrator()._generate_voice_response_v2(intent, layout, question)
    print(json.dumps(sent))


if __name__ == "__main__":
    main(*sys.argv[1:])
