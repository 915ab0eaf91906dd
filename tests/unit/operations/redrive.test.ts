import { expect, test } from "vitest";
import { type DeadLetter, redrive } from "../../../operations/queues/redrive.ts";

/** A dead-letter queue and its source in memory; `refuse` says which bodies the source does not confirm. */
function queues(bodies: readonly string[], refuse: (body: string) => boolean = () => false) {
  const waiting: DeadLetter[] = bodies.map((body, index) => ({ body, handle: String(index) }));
  const hidden = new Map<string, DeadLetter>();
  const log: string[] = [];
  const sent: string[] = [];
  return {
    log,
    sent,
    left: () => [...waiting, ...hidden.values()].map((letter) => letter.body),
    visible: () => waiting.map((letter) => letter.body),
    ports: {
      deadLetters: {
        receive: async (limit: number) => {
          const letters = waiting.splice(0, limit);
          for (const letter of letters) hidden.set(letter.handle, letter);
          return letters;
        },
        remove: async (handles: readonly string[]) => {
          log.push("remove");
          for (const handle of handles) hidden.delete(handle);
        },
        hide: async () => undefined,
        release: async (handles: readonly string[]) => {
          for (const handle of handles) {
            const letter = hidden.get(handle);
            if (letter !== undefined) waiting.push(letter);
            hidden.delete(handle);
          }
        },
      },
      source: {
        send: async () => undefined,
        sendAll: async (all: readonly string[]) => {
          log.push("send");
          sent.push(...all.filter((body) => !refuse(body)));
          return all.map((body) => !refuse(body));
        },
      },
      isReadable: (body: string) => !body.startsWith("poison"),
    },
  };
}

const LETTERS = Array.from({ length: 25 }, (_, index) => `vote ${index}`);

test("a redrive moves everything, each batch removed only after it was sent", async () => {
  const { ports, log, sent, left } = queues(LETTERS);
  expect(await redrive(ports)).toEqual({ moved: 25, unreadable: 0, unconfirmed: 0 });
  expect(sent).toEqual(LETTERS);
  expect(left()).toEqual([]);
  expect(log).toEqual(["send", "remove", "send", "remove", "send", "remove"]);
});

test("a redrive leaves unreadable messages, visible again at the end, unless they are requested", async () => {
  const { ports, visible, sent } = queues(["poison 1", ...LETTERS, "poison 2"]);
  expect(await redrive(ports)).toEqual({ moved: 25, unreadable: 2, unconfirmed: 0 });
  expect(visible()).toEqual(["poison 1", "poison 2"]);
  expect(await redrive(ports, { evenUnreadable: true })).toMatchObject({ moved: 2, unreadable: 0 });
  expect(sent).toContain("poison 2");
});

test("a redrive never removes a message that the source queue did not confirm", async () => {
  const { ports, left } = queues(LETTERS, (body) => body === "vote 3");
  expect(await redrive(ports)).toEqual({ moved: 24, unreadable: 0, unconfirmed: 1 });
  expect(left()).toEqual(["vote 3"]);
});

test("a redrive gives up when the source queue takes nothing, and loses nothing", async () => {
  const { ports, visible } = queues(LETTERS, () => true);
  expect(await redrive(ports)).toEqual({ moved: 0, unreadable: 0, unconfirmed: 10 });
  expect(visible()).toHaveLength(25);
});

test("a redrive moves at most as many messages as its limit", async () => {
  const { ports, left } = queues(LETTERS);
  expect(await redrive(ports, { limit: 12 })).toMatchObject({ moved: 12 });
  expect(left()).toHaveLength(13);
});

test("a redrive stops between two batches when interrupted", async () => {
  const { ports, left } = queues(LETTERS);
  const controller = new AbortController();
  const result = await redrive(ports, { signal: controller.signal, onProgress: () => controller.abort() });
  expect(result.moved).toBe(10);
  expect(left()).toHaveLength(15);
});
