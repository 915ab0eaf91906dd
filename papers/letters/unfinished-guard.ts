import { removeUnfinished } from "./unfinished.ts";

/** `guard-unfinished.ts` starts it: waits until the process that holds the other end of its standard input ends. */
const [, , folder = "", owner = ""] = process.argv;
process.stdin.resume();
process.stdin.on("close", () => {
  removeUnfinished(folder, owner);
});
