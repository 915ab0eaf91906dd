import { OPERATE_ACTS } from "../../operations/door/operate-acts.ts";
import { secretsManagerClient } from "../../shared/runtime/aws-clients.ts";
import { required } from "../../shared/runtime/environment.ts";
import { KeyRing } from "../../shared/runtime/key-ring.ts";
import { Keys } from "../../shared/runtime/keys.ts";
import { once } from "../../shared/runtime/once.ts";
import { doorHandler } from "../door/handler.ts";
import { completeLaws } from "./complete-laws.ts";

const outcomeKeys = once(() =>
  KeyRing.load(
    secretsManagerClient(),
    { macOutcome: required("MAC_OUTCOME_KEY_SECRET_ARN") },
    performance.now.bind(performance),
  ),
);

/**
 * The handler of the operators' API for everything but rolls. It reads no key of voters. Every minute, it completes
 * changes of laws that a crash has cut off.
 */
export const handler = doorHandler(
  OPERATE_ACTS,
  {
    outcomes: { holding: async (...versions) => (await outcomeKeys()).holding(...versions) },
    setAside: once(() => Keys.load(secretsManagerClient(), { setAside: required("SET_ASIDE_KEY_SECRET_ARN") })),
  },
  completeLaws,
);
