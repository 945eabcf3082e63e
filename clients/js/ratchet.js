// Sends answers and feedback to Ratchet from a page. ratchet.d.ts describes every call.
const KINDS = ["experiences", "feedback", "corrections"];
const BATCH = 200;
const LEAVING_BYTES = 60_000; // browsers send at most 64 KiB
const MOST_AGE_MS = 28 * 864e5; // the server remembers ids for 30 days
const TIMES = ["timestamp", "occurred_at"];

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// crypto.randomUUID does not exist on pages without TLS.
const uuid = () =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  );

const opened = (name) =>
  new Promise((done, fail) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("events", { keyPath: "id" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });

export class Ratchet {
  #url;
  #options;
  #database;
  #loaded;
  #changes = new Map();
  #name;
  #waiting = new Map();
  #channels = {};
  #counts = { recorded: 0, left: 0, accepted: 0, repeated: 0, dropped: {} };
  #end = new AbortController();

  constructor({ url, ...options }) {
    this.#url = url.replace(/\/+$/, "");
    this.#options = { maxEvents: 10_000, lingerMs: 200, onDropped: console.warn, ...options };
    for (const kind of KINDS) this.#channels[kind] = { most: BATCH, failures: 0, wake() {} };
    this.#name = `${options.name ?? "ratchet"}/`;
    this.#database = opened(this.#name).catch(() => null);
    this.#loaded = this.#load();
    const on = (event, act) => globalThis.addEventListener?.(event, act, { signal: this.#end.signal });
    on("visibilitychange", () => document.hidden && this.#sendOnLeave());
    on("pagehide", () => this.#sendOnLeave());
    on("online", () => this.#hurry());
  }

  get counts() {
    const problem = KINDS.map((kind) => this.#channels[kind].problem).find(Boolean);
    return { ...structuredClone(this.#counts), waiting: this.#waiting.size, problem };
  }

  record(experience) {
    return this.#record("experiences", experience);
  }

  feedback(queryId, rating, more) {
    this.#record("feedback", { ...more, query_id: queryId, rating });
  }

  correct(queryId, text) {
    this.#record("corrections", { query_id: queryId, correction_text: text });
  }

  async rank(transcript, candidates, { limit, timeoutMs = 500, ...more } = {}) {
    let why;
    try {
      const body = JSON.stringify({ transcript, candidates, limit, ...more });
      const response = await this.#call("/v1/rank", timeoutMs, body);
      const answer = await response.json();
      if (response.ok && answer.ranking) return answer;
      why = answer.detail ?? `HTTP ${response.status}`;
    } catch (error) {
      why = String(error);
    }
    const all = candidates.map((one, index) => ({ ...(one.scenario ? one : { scenario: one }), index }));
    const shown = Math.min(limit ?? all.length, all.length);
    let room = shown - all.filter((one) => one.required).length;
    const first = all.filter((one) => one.required || room-- > 0);
    const ranking = [...new Set([...first, ...all])].map(({ scenario, index }, position) => ({
      scenario,
      index,
      position,
      score: 0,
      propensity: 1,
    }));
    const note = `Ratchet did not rank: ${why}: the caller's order`;
    return { decision_id: null, ranking, shown, explored: false, note };
  }

  async model() {
    const response = await this.#call("/v1/model", 10_000);
    if (response.status === 404) return null;
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail ?? `HTTP ${response.status}`);
    return answer;
  }

  async flush(timeoutMs = 10_000) {
    await this.#loaded;
    const ids = [...this.#waiting.keys()];
    this.#hurry();
    for (const end = Date.now() + timeoutMs; ids.some((id) => this.#waiting.has(id)); )
      if (Date.now() > end) return false;
      else await sleep(20);
    return true;
  }

  async close(timeoutMs) {
    const settled = await this.flush(timeoutMs);
    this.#end.abort();
    (await this.#database)?.close();
    return settled;
  }

  #record(kind, item) {
    this.#counts.recorded += 1;
    const query_id = String(item?.query_id ?? uuid());
    const now = new Date().toISOString();
    const event = { id: uuid(), kind, at: Date.now() };
    const times = kind === "experiences" ? { timestamp: now, occurred_at: now } : { occurred_at: now };
    try {
      event.body = JSON.stringify({ event_id: event.id, ...times, ...item, query_id });
    } catch (error) {
      this.#drop(kind, "not_json", item, [{ field: "", message: String(error) }]);
      return query_id;
    }
    const closed = this.#end.signal.aborted;
    if (closed || this.#waiting.size >= this.#options.maxEvents) {
      this.#drop(kind, closed ? "closed" : "full", item);
      return query_id;
    }
    this.#waiting.set(event.id, event);
    this.#write(event.id, event);
    this.#wake(kind);
    return query_id;
  }

  // Changes of one moment share a transaction.
  async #write(id, event) {
    if (this.#changes.set(id, event).size > 1) return;
    const database = await this.#database;
    const changes = this.#changes;
    this.#changes = new Map();
    try {
      const transaction = database.transaction("events", "readwrite");
      const all = transaction.objectStore("events");
      for (const [id, event] of changes) event ? all.put(event) : all.delete(id);
      transaction.oncomplete = () => changes.forEach((event) => event && (event.stored = true));
      transaction.commit();
    } catch {}
  }

  async #load() {
    let left = [];
    try {
      const request = (await this.#database).transaction("events").objectStore("events").getAll();
      await new Promise((done) => (request.onsuccess = request.onerror = done));
      for (const event of (left = request.result)) event.stored = true;
    } catch {}
    try {
      for (const [name, saved] of Object.entries(localStorage))
        if (name.startsWith(this.#name)) {
          for (const event of JSON.parse(saved)) left.push(event), this.#write(event.id, event);
          delete localStorage[name];
        }
    } catch {}
    left.sort((a, b) => a.at - b.at);
    for (const event of left)
      if (!this.#waiting.has(event.id)) {
        this.#waiting.set(event.id, event);
        this.#counts.left += 1;
      }
    KINDS.forEach((kind) => this.#wake(kind));
  }

  #hurry() {
    KINDS.forEach((kind) => this.#wake(kind, true));
  }

  #wake(kind, now = false) {
    const channel = this.#channels[kind];
    if (now) {
      channel.failures = 0;
      channel.wake();
    }
    if (!channel.running) this.#run(kind, channel);
  }

  async #run(kind, channel) {
    channel.running = true;
    try {
      for (let pause = this.#options.lingerMs; ; ) {
        if (pause) await Promise.race([sleep(pause), new Promise((done) => (channel.wake = done))]);
        const events = this.#of(kind).slice(0, channel.most);
        if (!events.length || this.#end.signal.aborted) return;
        pause = await this.#send(kind, events, channel);
      }
    } finally {
      channel.running = false;
    }
  }

  #of(kind) {
    return [...this.#waiting.values()].filter((event) => event.kind === kind);
  }

  // Returns the milliseconds until the next attempt.
  async #send(kind, events, channel) {
    if (events[0].at < Date.now() - MOST_AGE_MS) {
      this.#drop(kind, "expired", JSON.parse(events[0].body));
      this.#settle(events[0]);
      return 0;
    }
    let response;
    let answer = {};
    let problem;
    try {
      response = await this.#call(`/v1/${kind}`, 10_000, `[${events.map((event) => event.body)}]`);
      problem = `HTTP ${response.status}`;
      answer = (await response.json()) ?? {};
    } catch (error) {
      problem ??= String(error);
    }
    problem = answer.detail ?? problem;
    const { status } = response ?? {};
    const after = Math.min(Number(response?.headers.get("Retry-After")) || 0, 300);
    const refused = new Map();
    for (const { index, field, message } of answer.problems ?? [])
      if (events[index]) refused.set(index, [...(refused.get(index) ?? []), { field, message }]);
    const complete = status === 202 && answer.accepted + refused.size === events.length;
    const faulty = [400, 413, 415, 422].includes(status);
    if (complete || (faulty && (refused.size || events.length === 1))) {
      if (!complete && !refused.size) refused.set(0, [{ field: "", message: problem }]);
      const accepted = complete ? events.filter((_, index) => !refused.has(index)) : [];
      this.#counts.accepted += accepted.length;
      this.#counts.repeated += answer.repeated ?? 0;
      channel.problem = null;
      channel.failures = 0;
      channel.most = Math.min(channel.most * 2, BATCH);
      for (const event of accepted) this.#settle(event);
      for (const [index, problems] of refused) this.#refuse(events[index], problems);
      return 0;
    }
    if (faulty) {
      channel.most = events.length >> 1;
      return 0;
    }
    channel.problem = problem;
    if (status === 500) {
      channel.most = Math.max(events.length >> 1, 1);
      // This one may be the cause: others go before it.
      const [{ id }] = events;
      if (events.length === 1 && channel.failures > 2) {
        this.#waiting.delete(id);
        this.#waiting.set(id, events[0]);
        channel.failures = 0;
        return 1;
      }
    }
    const longest = Math.min(500 * 2 ** channel.failures++, 30_000);
    return Math.max(after * 1000, (longest * (1 + Math.random())) / 2);
  }

  // Times that were added here are removed if they are refused.
  #refuse(event, problems) {
    const item = JSON.parse(event.body);
    const own = TIMES.filter((name) => item[name] && item[name] === item.occurred_at);
    if (own.length && problems.every(({ field }) => TIMES.includes(field))) {
      for (const name of own) delete item[name];
      event.body = JSON.stringify(item);
      this.#write(event.id, event);
    } else {
      this.#drop(event.kind, "refused", item, problems);
      this.#settle(event);
    }
  }

  #drop(kind, reason, fields, problems = []) {
    this.#counts.dropped[reason] = (this.#counts.dropped[reason] ?? 0) + 1;
    try {
      this.#options.onDropped({ kind, reason, fields, problems });
    } catch (error) {
      console.error(error);
    }
  }

  #settle({ id }) {
    this.#waiting.delete(id);
    this.#write(id);
  }

  // No answer comes, so what is sent here is also kept.
  #sendOnLeave() {
    const rest = [...this.#waiting.values()].filter((event) => !event.stored);
    try {
      if (rest.length) localStorage[this.#name + rest[0].id] = JSON.stringify(rest);
    } catch {}
    for (const kind of KINDS) {
      let room = LEAVING_BYTES / KINDS.length;
      const isSent = (event) => !event.left && (room -= event.body.length * 3) > 0;
      const events = this.#of(kind).filter(isSent);
      if (!events.length) continue;
      const body = `[${events.map((event) => ((event.left = true), event.body))}]`;
      if (this.#options.key) this.#call(`/v1/${kind}`, 10_000, body, true).catch(() => {});
      else navigator.sendBeacon(`${this.#url}/v1/${kind}`, body);
    }
  }

  #call(path, timeoutMs, body, keepalive = false) {
    const { key } = this.#options;
    return fetch(this.#url + path, {
      method: body ? "POST" : "GET",
      headers: { ...(body && { "Content-Type": "application/json" }), ...(key && { "X-Api-Key": key }) },
      body,
      keepalive,
      signal: AbortSignal.timeout(timeoutMs),
    });
  }
}
