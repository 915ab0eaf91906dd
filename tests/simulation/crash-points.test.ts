import { describe, expect, test } from "vitest";
import { limitOf } from "../../commands/test/tags.ts";
import { BASELINES, crashPoints } from "../../proving/simulation/crash-points.ts";
import { simulate } from "../../proving/simulation/run.ts";
import { tell } from "../../proving/simulation/timeline.ts";

describe("at whatever step a fault happens", () => {
  // A history of some hundred steps is simulated once for each of them.
  const timeout = limitOf(240);
  test.for(Object.entries(BASELINES))(
    "%s: every vote is counted once or has a reason",
    { timeout },
    async ([name, baseline]) => {
      const histories = await crashPoints(baseline);
      // Fewer would mean that the history no longer does what it is there for.
      expect(histories.length).toBeGreaterThan(baseline.acts === undefined ? 100 : 40);
      for (const history of histories) {
        const { findings } = await simulate(history);
        if (findings.length > 0) expect.fail(await tell(history, `"${name}" with ${JSON.stringify(history.faults)}`));
      }
    },
  );
});
