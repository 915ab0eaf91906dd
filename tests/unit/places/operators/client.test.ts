import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { OperatorsApi } from "../../../../places/operators/client.ts";
import { claiming } from "../../../../places/operators/signing.ts";
import { defineAct } from "../../../../shared/messages/operators/define-act.ts";

const RECOUNT = defineAct({
  name: "recount",
  group: "acts",
  people: 2,
  request: z.strictObject({ law_id: z.string() }),
  cursor: z.number(),
  result: z.strictObject({ counted: z.number() }),
});

interface Received {
  readonly path: string | undefined;
  readonly operator: string | undefined;
  readonly call: { run: string; request: unknown; cursor?: unknown; proposal?: string };
}
type Answer =
  | { readonly status: number; readonly body: unknown; readonly date?: Date; readonly retryAfter?: number }
  | "cut off"
  | "cut in the middle";

let server: Server;
let api: OperatorsApi;
/** It waits for nobody who works on the same roll. */
let impatient: OperatorsApi;
const received: Received[] = [];
const answers: Answer[] = [];

beforeEach(async () => {
  received.length = 0;
  answers.length = 0;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const call: Received["call"] = JSON.parse(Buffer.concat(chunks).toString("utf8"));
      received.push({ path: request.url, operator: request.headers["x-operator"]?.toString(), call });
      const answer = answers.shift();
      if (answer === undefined || answer === "cut off") {
        request.socket.destroy();
        return;
      }
      if (answer === "cut in the middle") {
        response.writeHead(200, { "content-length": 100 });
        response.write(`{"done":true,`, () => request.socket.destroy());
        return;
      }
      if (answer.date !== undefined) response.setHeader("date", answer.date.toUTCString());
      if (answer.retryAfter !== undefined) response.setHeader("retry-after", answer.retryAfter);
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  api = new OperatorsApi(`http://127.0.0.1:${port}/live`, claiming("ada"), 1);
  impatient = new OperatorsApi(`http://127.0.0.1:${port}/live`, claiming("ada"), 1, 0);
});

afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const done = (counted: number): Answer => ({ status: 200, body: { done: true, result: { counted } } });
const refused = (status: number, body: unknown, date?: Date): Answer => ({
  status,
  body,
  ...(date === undefined ? {} : { date }),
});

describe("an act", () => {
  test("goes to its path with the caller's name, and gives its result", async () => {
    answers.push(done(3));
    expect(await api.perform(RECOUNT, { law_id: "L1" })).toEqual({ kind: "done", result: { counted: 3 } });
    expect(received).toMatchObject([
      { path: "/live/v1/acts/recount", operator: "ada", call: { request: { law_id: "L1" } } },
    ]);
  });

  test("is driven step by step with the cursor of the step before, as one run", async () => {
    const step = (cursor: number): Answer => ({
      status: 200,
      body: { done: false, cursor, progress: { label: "votes", done: cursor, total: 2 } },
    });
    answers.push(step(1), step(2), done(2));
    const shown: number[] = [];
    await api.perform(RECOUNT, { law_id: "L1" }, { onProgress: (progress) => shown.push(progress.done) });
    expect(received.map(({ call }) => call.cursor)).toEqual([undefined, 1, 2]);
    expect(new Set(received.map(({ call }) => call.run)).size).toBe(1);
    expect(shown).toEqual([1, 2]);
  });

  test("is sent again, as the same run, when its answer is lost or something is away", async () => {
    answers.push("cut off", { status: 503, body: {} }, { status: 429, body: {} }, "cut in the middle", done(1));
    expect(await api.perform(RECOUNT, { law_id: "L1" })).toEqual({ kind: "done", result: { counted: 1 } });
    expect(new Set(received.map(({ call }) => call.run)).size).toBe(1);
    expect(received).toHaveLength(5);
  });

  test("is waited for longer in the middle of long work, where a person would have to begin again", async () => {
    const step: Answer = { status: 200, body: { done: false, cursor: 1, progress: { label: "counted", done: 1 } } };
    const away = Array.from({ length: 12 }, (): Answer => ({ status: 503, body: {} }));
    answers.push(step, ...away, done(2));
    expect(await api.perform(RECOUNT, { law_id: "L1" })).toEqual({ kind: "done", result: { counted: 2 } });
    answers.push(...away, done(3));
    const patient = await api.perform(RECOUNT, { law_id: "L1" }, { isPatient: true });
    expect(patient).toEqual({ kind: "done", result: { counted: 3 } });
  });

  test("that is never answered says that running it again is safe", async () => {
    await expect(api.perform(RECOUNT, { law_id: "L1" })).rejects.toThrow(/in 6 tries.*run the command again/);
    expect(received).toHaveLength(6);
  });

  test.each<[number, object, RegExp]>([
    [429, { detail: "More requests", code: "too_many_requests" }, /it answered 429: more requests.*wait a minute/],
    [504, { message: "Endpoint request timed out" }, /it answered 504: the step took longer than API Gateway waits/],
    [503, { detail: "The step could not be confirmed." }, /it answered 503: The step could not be confirmed/],
  ])("that is always answered %i says what that means", async (status, body, sentence) => {
    answers.push(...Array.from({ length: 6 }, (): Answer => ({ status, body })));
    await expect(api.perform(RECOUNT, { law_id: "L1" })).rejects.toThrow(sentence);
    expect(received).toHaveLength(6);
  });

  test("waits while another process works on the same roll, for as long as it may, and then says so", async () => {
    const detail = "Another process is changing the roll of L1.";
    const busy: Answer = { status: 503, body: { detail, code: "busy" }, retryAfter: 0 };
    answers.push(...Array.from({ length: 30 }, () => busy), done(1));
    expect(await api.perform(RECOUNT, { law_id: "L1" })).toEqual({ kind: "done", result: { counted: 1 } });
    answers.push(busy, done(1));
    await expect(impatient.perform(RECOUNT, { law_id: "L1" })).rejects.toThrow(detail);
  });

  test("that only looks says that nothing was changed", async () => {
    const LOOK = { ...RECOUNT, group: "looks", people: 1 } as const;
    await expect(api.look(LOOK, { law_id: "L1" }, { tries: 2 })).rejects.toThrow(/in 2 tries .*Nothing was changed\.$/);
    expect(received).toHaveLength(2);
  });

  test("that needs a second person gives its proposal", async () => {
    const proposal = {
      id: "11111111-1111-4111-8111-111111111111",
      act: "recount",
      hash: "0".repeat(64),
      expires_at: "2026-11-24T08:00:00.000Z",
    };
    answers.push({ status: 202, body: { proposal } });
    expect(await api.perform(RECOUNT, { law_id: "L1" })).toEqual({ kind: "proposed", proposal });
    answers.push(done(1));
    await api.perform(RECOUNT, { law_id: "L1" }, { proposal: proposal.id });
    expect(received[1]).toMatchObject({ path: "/live/v1/approved/recount", call: { proposal: proposal.id } });
  });

  test("ends between two steps when it is interrupted", async () => {
    const interruption = new AbortController();
    answers.push({ status: 200, body: { done: false, cursor: 1, progress: { label: "votes", done: 1 } } });
    const stopped = api.perform(
      RECOUNT,
      { law_id: "L1" },
      { signal: interruption.signal, onProgress: () => interruption.abort(new Error("Ctrl-C")) },
    );
    await expect(stopped).rejects.toThrow("Ctrl-C");
    expect(received).toHaveLength(1);
  });
});

describe("a refusal", () => {
  test.each<[string, Answer, RegExp]>([
    [
      "of the stage is its sentence",
      refused(409, { detail: "L1 is frozen.", code: "law_frozen", subject: "L1" }),
      /^L1 is frozen\.$/,
    ],
    [
      "of a role names the roles",
      refused(403, { message: "User: arn:x is not authorized to perform: execute-api:Invoke" }),
      /role may not do that.*reader, operator or approver/,
    ],
    [
      "of an old session says to log in",
      refused(403, { message: "The security token included in the request is expired" }),
      /session has expired.*aws sso login/,
    ],
    [
      "of unknown credentials asks for the account",
      refused(403, { message: "The security token included in the request is invalid." }),
      /does not accept these credentials/,
    ],
    [
      "of a clock says how far it is off",
      refused(403, { message: "Signature expired" }, new Date(Date.now() - 3_600_000)),
      /clock of this machine is 60 minutes ahead/,
    ],
    [
      "of an old session by the stage's own answer says to log in",
      refused(403, { detail: "The session that signed the request has expired.", code: "expired_token" }),
      /session has expired.*aws sso login/,
    ],
    [
      "of a role by the stage's own answer names the roles",
      refused(403, { detail: "The role may not ask for this.", code: "access_denied" }),
      /role may not do that.*reader, operator or approver/,
    ],
    [
      "of a call without signature, or of a path from another release, says how to find out",
      refused(403, { detail: "No signature, or no such path.", code: "not_signed" }),
      /no such path, or has seen no signature.*npm run doctor.*log in again/,
    ],
    [
      "in API Gateway's own words is understood as well",
      refused(403, { message: "Missing Authentication Token" }),
      /no such path, or has seen no signature/,
    ],
    [
      "of a signature names what to look at when the clock is right",
      refused(403, { detail: "The signature is not valid.", code: "invalid_signature" }, new Date()),
      /does not accept the signature.*AWS_SECRET_ACCESS_KEY/,
    ],
    [
      "of a signature says how far the clock is off",
      refused(403, { detail: "x", code: "invalid_signature" }, new Date(Date.now() + 3_600_000)),
      /clock of this machine is 60 minutes behind/,
    ],
    [
      "of a large request says to divide the file",
      refused(413, { detail: "A request has at most 4 MB.", code: "body_too_large" }),
      /larger than the operators' API takes.*Divide the file/,
    ],
    ["of a large request, in API Gateway's words", refused(413, { message: "Request Too Long" }), /Divide the file/],
    ["without JSON is shown as far as it goes", refused(400, "?"), /\?/],
  ])("%s", async (_, answer, sentence) => {
    answers.push(answer);
    await expect(api.perform(RECOUNT, { law_id: "L1" })).rejects.toThrow(sentence);
    expect(received).toHaveLength(1);
  });

  test("carries its code, so that the command adds the next step", async () => {
    answers.push(refused(409, { detail: "L1 is frozen.", code: "law_frozen", subject: "L1" }));
    await expect(api.perform(RECOUNT, { law_id: "L1" })).rejects.toMatchObject({ code: "law_frozen", subject: "L1" });
  });
});
