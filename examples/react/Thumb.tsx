import { useState } from "react";
import type { Rating, Ratchet } from "ratchet-client";

/** Two buttons below an answer. The latest rating counts, so a second click corrects the first. */
export function Thumb({ ratchet, queryId }: { ratchet: Ratchet; queryId: string }) {
  const [given, setGiven] = useState<Rating>();
  const rate = (rating: Rating) => () => {
    ratchet.feedback(queryId, rating);
    setGiven(rating);
  };
  return (
    <span role="group" aria-label="Rate this answer">
      <button onClick={rate("up")} aria-label="good answer" aria-pressed={given === "up"}>
        👍
      </button>
      <button onClick={rate("down")} aria-label="bad answer" aria-pressed={given === "down"}>
        👎
      </button>
    </span>
  );
}
