"""The schema of a token in OpenAI's `logprobs.content` and in Ollama's `logprobs`."""

from pydantic import BaseModel, Field

from exporter.domain.parity.answers import AnswerToken


class _TopLogprob(BaseModel):
    token: str
    logprob: float


class TokenLogprob(_TopLogprob):
    top_logprobs: list[_TopLogprob] = Field(default_factory=list)

    def answer_token(self) -> AnswerToken:
        top = tuple((likely.token, likely.logprob) for likely in self.top_logprobs)
        return AnswerToken(text=self.token, logprob=self.logprob, top=top)
