import { ROLL_ACTS } from "../../operations/door/roll-acts.ts";
import { secretsManagerClient } from "../../shared/runtime/aws-clients.ts";
import { required } from "../../shared/runtime/environment.ts";
import { Keys } from "../../shared/runtime/keys.ts";
import { once } from "../../shared/runtime/once.ts";
import { doorHandler } from "../door/handler.ts";

/** The handler of the operators' API for rolls: the only one in which NAS and codes are read. */
export const handler = doorHandler(ROLL_ACTS, {
  voters: once(() =>
    Keys.load(secretsManagerClient(), {
      person: required("PERSON_KEY_SECRET_ARN"),
      pepper: required("PEPPER_SECRET_ARN"),
      codeCheck: required("CODE_CHECK_KEY_SECRET_ARN"),
    }),
  ),
});
