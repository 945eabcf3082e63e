"""The server of the alias's file: an OpenAI-compatible server of one model, and how it reloads."""

import httpx

from exporter.backends.registries.openai_server import OpenAIServer, openai_client
from exporter.ports import RegistryError
from ratchet_text import split_credentials


class AliasServer(OpenAIServer):
    """Without a `reload_url` the server looks for a new file itself, or an operator restarts it.

    `url` may end in `/v1`; both addresses may have a user name and a password.
    """

    def __init__(self, url: str, model: str, reload_url: str = "") -> None:
        address, credentials = split_credentials(url)
        # `/status` shows its errors, and no addresses.
        base = f"{address.removesuffix('/v1')}/v1"
        super().__init__(openai_client(credentials), base, model, shown="the server")
        self.model = model
        self.reloads = bool(reload_url)
        self._reload_url, self._reload_auth = split_credentials(reload_url)

    async def reload(self) -> None:
        """Tell the server to read its file again; raises `RegistryError`."""
        try:
            async with openai_client(self._reload_auth) as client:
                response = await client.post(self._reload_url, json={"model": self.model})
        except httpx.HTTPError as error:
            raise RegistryError(f"its reload: {str(error) or type(error).__name__}") from error
        if response.is_error:
            raise RegistryError(f"its reload: {response.status_code} {response.text[:500]}")
