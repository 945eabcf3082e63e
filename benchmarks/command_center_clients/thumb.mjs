// Rates an answer with the frontend's unchanged client.
import { setLastQueryId, submitFeedback, trackWidgetInteraction } from "CLIENT";

setLastQueryId(process.env.QUERY_ID);
trackWidgetInteraction(0, "expand", 900);
process.exit((await submitFeedback("down")) ? 0 : 1);
