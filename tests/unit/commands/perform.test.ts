import { afterEach, expect, test, vi } from "vitest";
import { perform } from "../../../commands/perform.ts";
import type { CallOptions } from "../../../places/operators/client.ts";
import { redrive } from "../../../shared/messages/operators/queues.ts";
import { UserError } from "../../../terminal/errors.ts";

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const interrupted = (done: number) => `Interrupted after ${done} messages.`;

/** The operators' API, of which only a call is needed. */
function api(answer: (options: CallOptions) => Promise<unknown>) {
  return {
    perform: vi.fn(async (_act: unknown, _request: unknown, options: CallOptions = {}) => answer(options)),
  } as unknown as Parameters<typeof perform>[0];
}

test("Ctrl-C ends an act between two steps, with what was done in all of them and the exit code of the signal", async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const stepwise = api(async ({ onProgress, signal }) => {
    onProgress?.({ label: "votes moved", done: 20 });
    onProgress?.({ label: "votes moved", done: 30 });
    onProgress?.({ label: "outcomes moved", done: 5 });
    process.emit("SIGTERM");
    signal?.throwIfAborted();
  });
  const error = await perform(stepwise, redrive, { queues: ["votes"] }, { interrupted }).catch((one: unknown) => one);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ message: "Interrupted after 35 messages.", exitCode: 143 });
});

test("a failure stays what it is, and a proposal is told with its exit code", async () => {
  const failing = api(() => Promise.reject(new Error("the stage is away")));
  await expect(perform(failing, redrive, { queues: ["votes"] }, { interrupted })).rejects.toThrow("the stage is away");
  const said: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
  const id = "11111111-1111-4111-8111-111111111111";
  const proposal = { id, act: "redrive", hash: "0".repeat(64), expires_at: "2026-11-24T08:00:00.000Z" };
  const proposing = api(async () => ({ kind: "proposed", proposal }));
  expect(await perform(proposing, redrive, { queues: ["votes"] }, { interrupted })).toBeUndefined();
  expect([process.exitCode, said.join("")]).toEqual([3, expect.stringContaining(`ops -- approve ${id}`)]);
});
