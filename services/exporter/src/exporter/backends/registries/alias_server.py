"""The server of the alias's file: an OpenAI-compatible server of one model, and how it reloads."""

import httpx

from exporter.backends.registries.ollama_api import TIMEOUT
from exporter.backends.registries.openai_server import OpenAIServer
from exporter.ports import RegistryError
from ratchet_text import masked, split_credentials


class AliasServer(OpenAIServer):
    """Without a `reload_url` the server looks for a new file itself, or an operator restarts it.

    Both addresses may have a user name and a password.
    """

    def __init__(self, url: str, model: str, reload_url: str = "") -> None:
        address, credentials = split_credentials(url)
        super().__init__(httpx.AsyncClient(auth=credentials, timeout=TIMEOUT), address, model)
        self.shown = masked(address)
        self.model = model
        self.reloads = bool(reload_url)
        self._reload_url, self._reload_auth = split_credentials(reload_url)

    async def reload(self) -> None:
        """Tell the server to read its file again; raises `RegistryError`."""
        try:
            async with httpx.AsyncClient(auth=self._reload_auth, timeout=TIMEOUT) as client:
                response = await client.post(self._reload_url, json={"model": self.model})
            response.raise_for_status()
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise RegistryError(f"{masked(self._reload_url)}: {reason}") from error
