import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Asking } from "../../../terminal/confirm.ts";
import { askPassphrase } from "../../../terminal/passphrase.ts";

/** A terminal at which somebody types a text when asked. */
function terminal(typed: string): { asking: Asking; shown: () => string } {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let shown = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    if (text.includes("Passphrase: ")) input.write(typed);
  });
  return { asking: { input: Object.assign(input, { isTTY: true }), output }, shown: () => shown };
}

test.each([
  ["what is typed", "quiet river 1\r", "quiet river 1"],
  ["blanks as well", " quiet \r", " quiet "],
  ["what is left after a correction", "quieT\u007ft river\r", "quiet river"],
])("gives %s, and shows only the question", async (_, typed, passphrase) => {
  const { asking, shown } = terminal(typed);
  expect(await askPassphrase("Passphrase: ", asking)).toBe(passphrase);
  expect(shown()).toBe("Passphrase: \n");
});

test.each([
  ["Ctrl-C", "quiet\u0003"],
  ["Ctrl-D", "\u0004"],
])("%s leaves the question", async (_, typed) => {
  const { asking, shown } = terminal(typed);
  await expect(askPassphrase("Passphrase: ", asking)).rejects.toMatchObject({
    message: "Nothing was done.",
    exitCode: 130,
  });
  expect(shown()).toBe("Passphrase: \n");
});

test("nobody is asked where there is no terminal", async () => {
  const asking = { input: new PassThrough(), output: new PassThrough() };
  await expect(askPassphrase("Passphrase: ", asking)).rejects.toMatchObject({ exitCode: 2 });
});
