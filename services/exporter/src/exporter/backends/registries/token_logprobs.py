"""A token as servers tell it: OpenAI's `logprobs.content`, and Ollama's `logprobs`."""

from pydantic import BaseModel, Field

from exporter.domain.parity.answers import TokenSaid


class _Likely(BaseModel):
    token: str
    logprob: float


class ToldToken(_Likely):
    top_logprobs: list[_Likely] = Field(default_factory=list)

    def said(self) -> TokenSaid:
        top = tuple((likely.token, likely.logprob) for likely in self.top_logprobs)
        return TokenSaid(text=self.token, logprob=self.logprob, top=top)
