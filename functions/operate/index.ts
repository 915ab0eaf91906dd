import { OPERATE_ACTS } from "../../operations/door/operate-acts.ts";
import { secretsManagerClient } from "../../shared/runtime/aws-clients.ts";
import { required } from "../../shared/runtime/environment.ts";
import { Keys } from "../../shared/runtime/keys.ts";
import { once } from "../../shared/runtime/once.ts";
import { doorHandler } from "../door/handler.ts";

/** The handler of the operators' API for everything but rolls. It reads no key of voters. */
export const handler = doorHandler(OPERATE_ACTS, {
  setAside: once(() => Keys.load(secretsManagerClient(), { setAside: required("SET_ASIDE_KEY_SECRET_ARN") })),
});
