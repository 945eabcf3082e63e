/** The fields of `POST /v1/experiences`: one answered question. */
export interface Experience {
  /** Made by the client if it is missing. */
  query_id?: string;
  /** ISO 8601, or seconds or milliseconds since 1970; by default now. */
  timestamp?: string | number;
  user_id?: string;
  transcript?: string;
  voice_response?: string | null;
  parsed_intent?: {
    type?: string;
    domains?: string[];
    entities?: Record<string, unknown>;
    confidence?: number;
    primary_characteristic?: string | null;
    [more: string]: unknown;
  };
  available_data_summary?: {
    readings?: { equipment: string; metric: string; value: number | string; unit?: string }[];
    [more: string]: unknown;
  };
  widget_plan?: { heading?: string; widgets: Widget[]; [more: string]: unknown };
  /** Of the ranking that chose the widgets. */
  decision_id?: string | null;
  user_rating?: Rating | null;
  [more: string]: unknown;
}

export interface Widget {
  scenario: string;
  size?: string;
  relevance?: number;
  [more: string]: unknown;
}

export type Rating = "up" | "down";

/** The fields of `POST /v1/feedback` besides `query_id` and `rating`. */
export interface FeedbackFields {
  user_id?: string;
  follow_up_type?: "satisfied" | "new_topic" | "refinement" | "repeat" | "correction";
  interactions?: { widget_index: number; action: string; duration_ms?: number }[];
  /** Waits for approval unless the key has the scope `teach`. */
  correction?: string;
  [more: string]: unknown;
}

export type Candidate =
  | string
  | { scenario: string; relevance?: number; required?: boolean; [more: string]: unknown };

export interface Ranking {
  /** Send it with the experience; null if no decision was logged. */
  decision_id: string | null;
  /** Every candidate, the best first. `index` counts the candidates from 0. */
  ranking: {
    scenario: string;
    index: number;
    position: number;
    score: number;
    propensity: number;
  }[];
  /** How many are for the screen. */
  shown: number;
  explored: boolean;
  /** Why the order is the caller's own. */
  note: string | null;
}

/** The active version. */
export interface Model {
  version: string;
  name: string | null;
  state: string;
  [more: string]: unknown;
}

export type DropReason = "refused" | "full" | "expired" | "not_json" | "closed";

/** An event that is not sent any more. */
export interface DroppedEvent {
  kind: "experiences" | "feedback" | "corrections";
  reason: DropReason;
  fields: Record<string, unknown>;
  /** Empty unless the server refused it. `field` is a dotted path. */
  problems: { field: string; message: string }[];
}

export interface Counts {
  /** Recorded on this page. */
  recorded: number;
  /** Found in the browser's database when the page was opened. */
  left: number;
  waiting: number;
  accepted: number;
  /** Accepted events that the server already had. */
  repeated: number;
  dropped: Partial<Record<DropReason, number>>;
  /** Why the last attempt of a kind failed; undefined if none did. */
  problem?: string;
}

export interface Options {
  /** The address of Ratchet, such as `http://ratchet.plant:8100`. */
  url: string;
  key?: string;
  /** The name of the browser's database. */
  name?: string;
  /** How many events may wait: 10,000 by default. */
  maxEvents?: number;
  /** How long an event waits for others that are sent with it: 200 by default. */
  lingerMs?: number;
  /** By default dropped events are logged to the console. */
  onDropped?: (event: DroppedEvent) => void;
}

/** Sends answers and feedback in the background. Events wait in IndexedDB until they are accepted. */
export class Ratchet {
  constructor(options: Options);
  /** What became of the events of this page. */
  readonly counts: Counts;
  /** Record one answered question; returns its query id. Neither waits nor throws. */
  record(experience: Experience): string;
  /** Record feedback on an answer. Neither waits nor throws. */
  feedback(queryId: string, rating?: Rating | null, more?: FeedbackFields): void;
  /** Record what the operator meant. Neither waits nor throws; needs the scope `teach`. */
  correct(queryId: string, text: string): void;
  /** Which widgets to show: the order as given if there is no answer in time. Never rejects. */
  rank(
    transcript: string,
    candidates: Candidate[],
    options?: {
      limit?: number;
      timeoutMs?: number;
      user_id?: string;
      intent?: Experience["parsed_intent"];
    },
  ): Promise<Ranking>;
  /** The active version, null if there is none. Rejects if the server does not return it. */
  model(): Promise<Model | null>;
  /** Send what waits; resolves to whether all of it was settled within the time. */
  flush(timeoutMs?: number): Promise<boolean>;
  /** Flush, then end. What is still unsent is sent by the next page that is opened. */
  close(timeoutMs?: number): Promise<boolean>;
}
