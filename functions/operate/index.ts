import { OPERATE_ACTS } from "../../operations/door/operate-acts.ts";
import { doorHandler } from "../door/handler.ts";

/** The handler of the operators' API for everything but rolls. It reads no key of voters. */
export const handler = doorHandler(OPERATE_ACTS, async () => {
  throw new Error("operate has no keys of voters");
});
