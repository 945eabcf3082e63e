"""How a registered model is served, as values and as the text of Ollama's Modelfile."""

from exporter.domain.registry.chat_template import ChatTemplate
from ratchet.contract import Value

Parameter = int | float | tuple[str, ...]


class Sampling(Value):
    """Pinned at registration, because the defaults of servers change between releases."""

    temperature: float = 0.0
    repeat_penalty: float = 1.0
    num_ctx: int = 4096
    num_predict: int = 512


class Modelfile(Value):
    """`template` None leaves the chat format to the one inside the GGUF.

    `license` is that of the base model.
    """

    sampling: Sampling
    template: ChatTemplate | None
    license: str | None = None

    def parameters(self) -> dict[str, Parameter]:
        parameters: dict[str, Parameter] = dict(self.sampling)
        if self.template is not None and self.template.stop:
            parameters["stop"] = self.template.stop
        return parameters

    def text(self, gguf: str) -> str:
        """The Modelfile that serves the file `gguf`, a path relative to it."""
        lines = [f"FROM {gguf}"]
        if self.template is not None:
            lines.append(f'TEMPLATE """{self.template.template}"""')
            if self.template.system is not None:
                lines.append(f'SYSTEM """{self.template.system}"""')
        for name, value in self.parameters().items():
            for item in value if isinstance(value, tuple) else (value,):
                lines.append(f"PARAMETER {name} {_quoted(item)}")
        if self.license is not None:
            lines.append(f'LICENSE """{self.license}"""')
        return "\n".join(lines) + "\n"


def _quoted(value: int | float | str) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
