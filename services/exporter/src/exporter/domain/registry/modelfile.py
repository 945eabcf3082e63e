"""How a registered model is served, as values and as the text of Ollama's Modelfile."""

from exporter.domain.registry.chat_template import ChatTemplate
from ratchet.contract import Value

_QUOTES = '"""'
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
            lines.append(_directive("TEMPLATE", self.template.template))
            if self.template.system is not None:
                lines.append(_directive("SYSTEM", self.template.system))
        for name, value in self.parameters().items():
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, str):
                    lines.append(_directive(f"PARAMETER {name}", item))
                else:
                    lines.append(f"PARAMETER {name} {item}")
        if self.license is not None:
            # A Modelfile has no escape for its own quotes: at the end of a line they end the text.
            text = self.license.replace(_QUOTES, "'''")
            lines.append(f"LICENSE {_QUOTES}{text}{_QUOTES}")
        return "\n".join(lines) + "\n"


def _directive(name: str, text: str) -> str:
    """A text of the base model: it must not end early, since its rest would be directives."""
    if _QUOTES in text or text.endswith('"'):
        return f"# {name} is left out: a Modelfile cannot hold its quotes"
    if name.startswith("PARAMETER") and '"' not in text and "\n" not in text:
        return f'{name} "{text}"'
    return f"{name} {_QUOTES}{text}{_QUOTES}"
