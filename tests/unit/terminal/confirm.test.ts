import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { type Asking, confirm } from "../../../terminal/confirm.ts";
import { UserError } from "../../../terminal/errors.ts";

const SLIP = { what: "L1 has 3 dead letters, which will be counted.", word: "L1" };

/** A terminal at which somebody types a text; undefined: they end the input (Ctrl-D). */
function terminal(typed: string | undefined): { asking: Asking; shown: () => string } {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let shown = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    if (!shown.includes("if it is right: ")) return;
    if (typed === undefined) input.end();
    else input.write(`${typed}\n`);
  });
  return { asking: { input: Object.assign(input, { isTTY: true }), output }, shown: () => shown };
}

async function refusal(attempt: Promise<void>): Promise<UserError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error;
  throw new Error(`it was not refused, but ended with ${String(error)}`);
}

test("the word goes on, after what will happen was shown", async () => {
  const { asking, shown } = terminal(" L1 ");
  await confirm({}, SLIP, asking);
  expect(shown()).toBe(`${SLIP.what}\nThis cannot be undone.\nType L1 if it is right: `);
});

test.each(["L2", "l1", "yes", ""])("another word, %j, ends it", async (typed) => {
  const error = await refusal(confirm({}, SLIP, terminal(typed).asking));
  expect([error.message, error.exitCode]).toEqual(["Nothing was done: what was typed is not L1.", 1]);
});

test("the end of the input ends it", async () => {
  const error = await refusal(confirm({}, SLIP, terminal(undefined).asking));
  expect([error.message, error.exitCode]).toEqual(["Nothing was done.", 130]);
});

test("without a terminal it is refused, says what would happen, and names --yes", async () => {
  const asking = { input: new PassThrough(), output: new PassThrough() };
  const error = await refusal(confirm({}, SLIP, asking));
  expect(error.exitCode).toBe(2);
  expect(error.message).toMatch(
    /^L1 has 3 dead letters.* cannot be undone\. Nothing was done: .* not a terminal.*--yes\.$/,
  );
});

test("--yes asks nothing", async () => {
  const { asking, shown } = terminal("L2");
  await confirm({ yes: true }, SLIP, asking);
  expect(shown()).toBe("");
});

test("an act that can be undone says how, in place of the warning", async () => {
  const { asking, shown } = terminal("L1");
  await confirm({}, { ...SLIP, afterwards: "--undo sends them back." }, asking);
  expect(shown()).toBe(`${SLIP.what}\n--undo sends them back.\nType L1 if it is right: `);
});

test("text of others cannot act on the terminal", async () => {
  const { asking, shown } = terminal("L1");
  await confirm({}, { ...SLIP, what: "\u001b[2J" }, asking);
  expect(shown()).not.toContain("\u001b");
});
