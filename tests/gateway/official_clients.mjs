// One call of an official JavaScript client, and everything that its caller gets, as JSON.
// node official_clients.mjs FOLDER-OF-THE-PACKAGES URL PATH BODY

import { createRequire } from "node:module";

const [folder, url, path, body] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const fields = body ? JSON.parse(body) : {};

function ollama() {
  const { Ollama } = require("ollama");
  const client = new Ollama({ host: url });
  if (path === "/api/chat" || path === "/api/generate") fields.stream ??= true;
  return {
    "/api/chat": () => client.chat(fields),
    "/api/generate": () => client.generate(fields),
    "/api/embed": () => client.embed(fields),
    "/api/show": () => client.show(fields),
    "/api/tags": () => client.list(),
    "/api/ps": () => client.ps(),
  }[path];
}

function openai() {
  const OpenAI = require("openai").default;
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
  return {
    "/v1/chat/completions": () => client.chat.completions.create(fields),
    "/v1/completions": () => client.completions.create(fields),
    "/v1/embeddings": () => client.embeddings.create(fields),
    "/v1/models": async () => (await client.models.list()).data,
  }[path];
}

const parts = [];
try {
  const answer = await (path.startsWith("/v1/") ? openai() : ollama())();
  if (fields.stream) for await (const part of answer) parts.push(part);
  else parts.push(answer);
} catch (error) {
  parts.push(error.constructor.name, error.status ?? error.status_code ?? null, error.message);
}
console.log(JSON.stringify(parts));
