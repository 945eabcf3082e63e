"""Which Ollama answers, and in which version."""

import httpx

from ratchet_cli.doctor.ollama import OllamaFacts


async def probe(url: str) -> OllamaFacts:
    if not url:
        return OllamaFacts(url)
    try:
        async with httpx.AsyncClient(timeout=2.0) as client:
            response = await client.get(f"{url.rstrip('/')}/api/version")
            return OllamaFacts(url, str(response.raise_for_status().json()["version"]))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return OllamaFacts(url, problem=str(error) or type(error).__name__)
    except (ValueError, KeyError, TypeError):
        return OllamaFacts(url, problem="what answers there is no Ollama")
