// `node answers_of_a_server.mjs MODULE`: for each case, what a page sends to a server that answers so.
import { pathToFileURL } from "node:url";

const { Ratchet } = await import(pathToFileURL(process.argv[2]));
const ended = globalThis.setTimeout;
let pauses;
globalThis.setTimeout = (act, ms) => (pauses.push(ms), ended(act, 0));

const answer = (status, body = {}, headers = {}) => ({
  status,
  ok: status < 300,
  headers: { get: (name) => headers[name] ?? null },
  json: async () => {
    if (body === undefined) throw new SyntaxError("not JSON");
    return body;
  },
});
const accepted = (items) => answer(202, { accepted: items.length, problems: [] });
const rating = { index: 0, field: "rating", message: "must be up or down" };

const bad = (items) => items.some((item) => item.query_id === "bad");
const times = (failing, then) => (items) => (failing-- > 0 ? then(items) : accepted(items));
const CASES = {
  accepted,
  refused: (items) =>
    bad(items)
      ? answer(202, {
          accepted: items.length - 1,
          problems: [{ ...rating, index: items.findIndex((item) => item.query_id === "bad") }],
        })
      : accepted(items),
  "refused as a whole": (items) => (bad(items) ? answer(413) : accepted(items)),
  "refused and others not named": (items) =>
    bad(items)
      ? answer(422, {
          problems: [{ ...rating, index: items.findIndex((item) => item.query_id === "bad") }],
        })
      : accepted(items),
  "fails for one": (() => {
    let left = 8;
    return (items) => (bad(items) && left-- > 0 ? answer(500) : accepted(items));
  })(),
  "clock ahead": (items) =>
    items[0].occurred_at
      ? answer(202, {
          accepted: 0,
          problems: items.map((_, index) => ({ index, field: "occurred_at", message: "ahead" })),
        })
      : accepted(items),
  "retry after": times(1, () => answer(429, {}, { "Retry-After": "42" })),
  "retry after a date": times(2, () => answer(503, {}, { "Retry-After": "Wed, 01 Mar 2028" })),
  "guest network": times(2, () => answer(200, undefined)),
  "null": times(2, () => answer(202, null)),
  "too few accepted": times(2, () => answer(202, { accepted: 1 })),
  "no connection": times(3, () => {
    throw new TypeError("fetch failed");
  }),
};

const results = {};
for (const [name, answers] of Object.entries(CASES)) {
  pauses = [];
  const requests = [];
  const dropped = [];
  globalThis.fetch = async (_, { body }) => {
    const items = JSON.parse(body);
    requests.push(items.map((item) => item.query_id));
    return answers(items);
  };
  const ratchet = new Ratchet({
    url: "http://server",
    lingerMs: 5,
    onDropped: ({ fields, reason }) => dropped.push([fields.query_id, reason]),
  });
  for (const id of ["q-1", "bad", "q-2"]) ratchet.feedback(id, "up");
  for (let turn = 0; turn < 2_000 && ratchet.counts.waiting; turn += 1)
    await new Promise((done) => ended(done, 0));
  const { accepted: count, waiting, problem } = ratchet.counts;
  const longest = Math.max(...pauses.filter((ms) => ms !== 5), 0);
  results[name] = { requests, dropped, accepted: count, waiting, problem, longest };
}
console.log(JSON.stringify(results));
process.exit(0);
