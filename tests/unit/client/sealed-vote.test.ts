import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { CannotSeal, type CastOptions, castVote, NotConfirmed, newSeed, Refused } from "../../../client/index.ts";
import type { Choice } from "../../../shared/domain/ballot.ts";
import { encOf } from "../../../shared/domain/sealing/envelope.ts";
import { ballotBox, openBallot, sealBallot } from "../../../shared/domain/sealing/sealed-ballot.ts";
import { x25519Pair } from "../../../shared/domain/sealing/x25519.ts";
import { answeredPromise, VECTOR_KEY } from "../../support/promise-vectors.ts";
import { fromHex, VECTORS } from "../../support/sealing-vectors.ts";

const API = "https://example.test/stage";
const ORIGIN = "test/L1/0123456789abcdef";
const VOTE = { nas: "000000000", code: "EXAMPLE123", law_id: "L1", vote: "oui" } as const;
const LAW = {
  ...{ law_id: "L1", form: "sealed", origin: ORIGIN, election_key: VECTORS.election.election_key },
  promise_keys: [VECTOR_KEY],
};
const BOX = ballotBox(ORIGIN, Buffer.from(LAW.election_key, "base64url"));

const { privateKey: PRIVATE_KEY } = x25519Pair(fromHex(VECTORS.election.election_private_key));

/** What the API seals where the client cannot. */
const SERVICE_ENVELOPE = VECTORS.ballots[0]?.envelope ?? "";
const GIVEN = { promise: { ...VECTOR_KEY, request_id: "AQ-k", log_origin: ORIGIN }, isPromiseChecked: true };

/** What becomes of one try. */
type Fate = "answered" | "request lost" | "answer lost" | "busy" | "away" | "stopped";

/** An API that describes a law and takes votes as ingest does: what came under one key first is what counts. */
class MadeApi {
  readonly bodies: Record<string, unknown>[] = [];
  readonly asked: string[] = [];
  /** The envelope or choice that counts, by key. */
  readonly counted = new Map<string, unknown>();
  readonly #law: object;
  #fates: readonly Fate[] = [];
  #tries = 0;
  #stop = new AbortController();

  constructor(law: object = LAW) {
    this.#law = law;
  }

  /** Casts a vote, its tries having these fates, and those after them an answer. */
  cast(options: CastOptions = {}, fates: readonly Fate[] = [], choice: Choice = "oui") {
    this.#fates = fates;
    this.#tries = 0;
    this.#stop = new AbortController();
    const how = { random: () => 0, fetch: this.fetch, signal: this.#stop.signal, ...options };
    return castVote(API, { ...VOTE, vote: choice }, how);
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    this.asked.push(`${init?.method} ${input}`);
    if (init?.method === "GET") return Response.json(this.#law);
    const fate = this.#fates[this.#tries++] ?? "answered";
    const key = new Headers(init?.headers).get("idempotency-key") ?? "";
    const body = JSON.parse(String(init?.body));
    this.bodies.push({ key, ...body });
    if (fate === "stopped") this.#stop.abort(new Error("the page was left"));
    if (fate === "stopped" || fate === "request lost") throw new TypeError("fetch failed");
    if (fate === "busy") return Response.json({}, { status: 429 });
    if (fate === "away") return Response.json({ receipt: "votes/AQ1" }, { status: 503 });
    if (!this.counted.has(key)) this.counted.set(key, body.sealed_vote ?? body.vote);
    if (fate === "answer lost") throw new TypeError("connection reset");
    const envelope = body.sealed_vote ?? (body.law_id === "L1" && "origin" in this.#law ? SERVICE_ENVELOPE : undefined);
    const promise = envelope === undefined ? {} : { promise: answeredPromise(ORIGIN, `AQ-${key}`, envelope) };
    return Response.json({ request_id: `AQ-${key}`, ...promise }, { status: 202 });
  };
}

const envelopeIn = (body: Record<string, unknown> | undefined) => String(body?.["sealed_vote"]);
const opened = (envelope: string) => {
  const ballot = openBallot(BOX, PRIVATE_KEY, envelope, 2);
  return ballot.type === "opened" ? ["oui", "non"][ballot.option] : ballot.type;
};
const failed = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

afterEach(() => vi.unstubAllGlobals());

describe("a vote on a sealed law", () => {
  test("is sealed for the law that the API describes, and the choice is never sent", async () => {
    const api = new MadeApi();
    const accepted = await api.cast({ key: "k" });
    const members = ["isPromiseChecked", "key", "promise", "receipt", "requestId", "sealed", "tries"];
    expect(Object.keys(accepted).sort(), "no seed and no tracker").toEqual(members);
    expect(accepted).toMatchObject({
      ...GIVEN,
      ...{ key: "k", requestId: "AQ-k", receipt: `${API}/api/v1/votes/AQ-k`, tries: 1, sealed: "device" },
    });
    expect(api.asked).toEqual([`GET ${API}/api/v1/laws/L1`, `POST ${API}/api/v1/vote`]);
    expect(api.bodies).toEqual([
      { key: "k", nas: VOTE.nas, code: VOTE.code, law_id: "L1", sealed_vote: expect.stringMatching(/^[\w-]{79}$/) },
    ]);
    expect(opened(envelopeIn(api.bodies[0]))).toBe("oui");
  });

  test("does not ask for a description that it is given", async () => {
    const api = new MadeApi();
    await api.cast({ law: LAW });
    expect(api.asked).toEqual([`POST ${API}/api/v1/vote`]);
    expect(await failed(api.cast({ law: { ...LAW, law_id: "L2" } }))).toBeInstanceOf(RangeError);
  });

  test("has a tracker where the law gives a proof, and else its seed is dropped", async () => {
    const seed = newSeed();
    const proven = await new MadeApi({ ...LAW, proof: "voter" }).cast({ seed });
    expect(proven).toMatchObject({ seed, tracker: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(proven.tracker).toBe(Object(sealBallot(BOX, 0, seed)).tracker);
    expect(Object.keys(await new MadeApi({ ...LAW, proof: "none" }).cast({ seed }))).not.toContain("seed");
  });

  test("goes to the service as a choice where the device cannot seal, and says so", async () => {
    vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const api = new MadeApi({ ...LAW, proof: "voter" });
    const accepted = await api.cast({ key: "k" });
    expect(accepted).toEqual({ ...accepted, sealed: "service" });
    expect(Object.keys(accepted)).not.toContain("tracker");
    expect(api.bodies).toEqual([{ key: "k", ...VOTE }]);
  });

  test.each([
    ["unknown_form", { ...LAW, form: "later" }],
    ["no_election_key", { ...LAW, election_key: undefined }],
    ["no_election_key", { ...LAW, origin: undefined }],
    ["no_election_key", { ...LAW, origin: "with blank" }],
    ["not_base64url", { ...LAW, election_key: `${LAW.election_key}=` }],
    ["wrong_length", { ...LAW, election_key: "AAAA" }],
    ["low_order_point", { ...LAW, election_key: "A".repeat(43) }],
  ])("is not sent when the description is wrong: %s", async (type, law) => {
    const api = new MadeApi(law);
    const error = await failed(api.cast());
    expect(error).toBeInstanceOf(CannotSeal);
    expect(error).toMatchObject({ type, message: expect.stringContaining("nothing was sent") });
    expect(await failed(api.cast({ resume: "k", seed: newSeed() }))).toMatchObject({
      mayHaveArrived: true,
      cause: { type },
    });
    expect(api.bodies).toEqual([]);
  });

  test("is not continued without its seed: the bytes would be others", async () => {
    const api = new MadeApi();
    expect(String(await failed(api.cast({ resume: "k" })))).toMatch(/goes on with its seed/);
    expect(api.bodies).toEqual([]);
  });
});

describe("the description of a law", () => {
  test("is asked for again after a passing failure", async () => {
    const api = new MadeApi();
    const answers = [() => Response.json({}, { status: 503 }), () => Response.json({ error: "a proxy's" })];
    const fetch: typeof globalThis.fetch = async (input, init) => answers.shift()?.() ?? api.fetch(input, init);
    const waits = vi.fn();
    const steps: string[] = [];
    expect(await api.cast({ fetch, onRetry: waits, onStep: (step) => steps.push(step) })).toMatchObject({
      sealed: "device",
      tries: 1,
    });
    expect(waits).toHaveBeenCalledTimes(2);
    expect(steps).toEqual(["describe", "send", "check"]);
  });

  test("that does not come keeps the vote here: nothing is sent", async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => {
      throw new TypeError("fetch failed");
    });
    const error = await failed(castVote(API, VOTE, { fetch, random: () => 0, deadlineMs: 50, tryTimeoutMs: 20 }));
    expect(error).toMatchObject({
      name: "NotConfirmed",
      mayHaveArrived: false,
      tries: 0,
      seed: expect.any(Uint8Array),
    });
    expect(String(error)).toContain("The vote was not sent.");
    expect(fetch.mock.calls.every(([, init]) => init?.method === "GET")).toBe(true);
  });

  test("that is refused is a refusal, unless the vote was sent before", async () => {
    const fetch = async () => Response.json({ title: "No such law" }, { status: 404 });
    expect(await failed(castVote(API, VOTE, { fetch }))).toBeInstanceOf(Refused);
    expect(await failed(castVote(API, VOTE, { fetch, resume: "k" }))).toMatchObject({
      name: "NotConfirmed",
      cause: { status: 404 },
    });
  });

  test.each(["", "L1/../L2", "L".repeat(51)])("is not asked for of %j: the API says what is wrong", async (law_id) => {
    const api = new MadeApi();
    await castVote(API, { ...VOTE, law_id }, { fetch: api.fetch });
    expect(api.asked).toEqual([`POST ${API}/api/v1/vote`]);
  });

  test("of an API that knows no sealed laws is that of an open one", async () => {
    const api = new MadeApi({ law_id: "L1", state: "open" });
    expect(await api.cast({ key: "k" })).toMatchObject({ sealed: "nowhere" });
    expect(api.bodies).toEqual([{ key: "k", ...VOTE }]);
  });
});

describe("whatever happens to the tries of a submission", () => {
  const choice = fc.constantFrom<Choice>("oui", "non");
  const fate = fc.constantFrom<Fate>("request lost", "answer lost", "busy", "away");
  /** The tries of one sitting: at the end an answer, or the page is left. */
  const sitting = fc.record({ fates: fc.array(fate, { maxLength: 3 }), isLeft: fc.boolean() });
  const RUNS = { numRuns: 40 };

  /** A voter who keeps key and seed, and goes on until the vote is accepted. */
  async function persist(
    api: MadeApi,
    kept: { readonly key: string; readonly seed: Uint8Array },
    sittings: readonly { readonly fates: readonly Fate[]; readonly isLeft: boolean }[],
    wanted: Choice,
  ): Promise<void> {
    let options: CastOptions = kept;
    for (const { fates, isLeft } of [...sittings, { fates: [], isLeft: false }]) {
      const result = await api.cast(options, isLeft ? [...fates, "stopped"] : fates, wanted).catch((e: unknown) => e);
      if (!(result instanceof NotConfirmed)) return;
      options = { resume: result.key, seed: result.seed };
    }
  }

  test("every try has the same bytes, and what counts opens to the choice", async () => {
    await fc.assert(
      fc.asyncProperty(choice, fc.array(sitting, { maxLength: 3 }), async (wanted, sittings) => {
        const api = new MadeApi();
        await persist(api, { key: "k", seed: newSeed() }, sittings, wanted);
        expect(new Set(api.bodies.map((body) => JSON.stringify(body))).size).toBe(1);
        expect(JSON.stringify(api.bodies)).not.toMatch(/"(?:oui|non|vote)"/);
        expect([...api.counted.values()].map((envelope) => opened(String(envelope)))).toEqual([wanted]);
      }),
      RUNS,
    );
  });

  test("another choice under the same key and seed has another ephemeral key, and the first one counts", async () => {
    await fc.assert(
      fc.asyncProperty(choice, sitting, async (first, { fates }) => {
        const api = new MadeApi();
        const kept = { key: "k", seed: newSeed() };
        await persist(api, kept, [{ fates, isLeft: false }], first);
        await persist(api, kept, [], first === "oui" ? "non" : "oui");
        const envelopes = [...new Set(api.bodies.map(envelopeIn))];
        expect(new Set(envelopes.map((envelope) => encOf(envelope).toString("hex"))).size).toBe(2);
        expect(envelopes.map(opened)).toEqual([first, first === "oui" ? "non" : "oui"]);
        expect(opened(String(api.counted.get("k")))).toBe(first);
      }),
      RUNS,
    );
  });

  test("two tabs of one voter have nothing in common, also with the same choice", async () => {
    await fc.assert(
      fc.asyncProperty(choice, fc.array(sitting, { maxLength: 2 }), async (wanted, sittings) => {
        const api = new MadeApi();
        for (const key of ["tab 1", "tab 2"].map((tab) => tab.replace(" ", "-"))) {
          await persist(api, { key, seed: newSeed() }, sittings, wanted);
        }
        const encs = new Set(api.bodies.map((body) => encOf(envelopeIn(body)).toString("hex")));
        expect([encs.size, api.counted.size]).toEqual([2, 2]);
      }),
      RUNS,
    );
  });
});
