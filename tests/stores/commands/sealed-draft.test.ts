import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { lawsCommand } from "../../../commands/laws.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { electionKeys } from "../../../shared/domain/sealing/election-keys.ts";
import { keyIdOf } from "../../../shared/domain/sealing/key-id.ts";
import { makePublicFile } from "../../../trustees/public-file.ts";
import { testTrustees } from "../../support/trustees.ts";
import {
  aDraft,
  aTestedDraft,
  byTwo,
  forget,
  json,
  lawId,
  laws,
  line,
  origin,
  register,
  seal,
  startSealedLaws,
  state,
  trustees,
} from "../support/sealed-laws.ts";

// The draft of a sealed law, as people type it, on real stores.

vi.setConfig({ testTimeout: limitOf(60), hookTimeout: limitOf(60) });

beforeAll(startSealedLaws);
afterAll(() => line?.stop());
afterEach(forget);

describe("a draft of a sealed law", () => {
  test("has an origin with its stage and id, and results after its close", async () => {
    const id = "S-origin";
    const { out } = await laws("add", id, "--title", "A law", "--form", "sealed");
    expect(out).toMatch(
      new RegExp(
        `^Added. ${id} is a draft: .* It is a sealed law without keys. Its results are public after it has closed.\n` +
          `The keys of its trustees: npm run keys -- new --law ${id} --origin local/${id}/[0-9a-f]{16} --trustees N`,
      ),
    );
  });

  test.each([
    [["--form", "sealed", "--results", "live"], 1, "cannot be live: its ballots are sealed"],
    [["--proof", "voter"], 1, "is not a sealed law, so its voters get no proof"],
    [["--form", "open", "--proof", "none"], 1, "is not a sealed law, so its voters get no proof"],
    [["--form", "secret"], 2, "Allowed choices are open, sealed"],
  ])("is not added with %j", async (options, code, says) => {
    const said = await laws("add", "S-none", "--title", "A law", ...options);
    expect(said).toMatchObject({ code, err: expect.stringContaining(says) });
  });

  test("has its proof changed, with a warning, and keeps its form", async () => {
    await aDraft();
    const { out, err } = await laws("change", lawId, "--proof", "voter");
    expect(out).toMatch(/^Changed. .* Its voters can find their ballots in the opened list./);
    expect(err).toMatch(/a proof for oneself is a proof for a buyer, and the first vote stands/);
    expect((await laws("change", lawId, "--proof", "none")).out).not.toMatch(/find their ballots/);
    expect((await laws("change", lawId, "--results", "live")).err).toMatch(/cannot be live/);
    expect((await laws("add", `${lawId}-x`, "--title", "A law", "--form", "open")).out).toMatch(/It is an open law\./);
  });

  test("is not ready before its keys are registered and tested, and says what is missing", async () => {
    await aDraft();
    expect((await seal()).err).toMatch(
      /not sealed before its keys are tested\. The keys of its trustees are missing: npm run keys -- new .*--origin local\//,
    );
    expect((await laws("show", lawId)).out).toMatch(/What comes next:\n {2}The keys of its trustees are missing/);
    expect((await register(trustees.publicFile)).out).toMatch(
      /^Registered. .*2 of 3 trustees open its box, with the key [0-9a-f]{16}, which is not tested\..*\nIts trustees open test/,
    );
    expect((await seal()).err).toMatch(/before its keys are tested\. Its trustees have not opened test ballots/);
    expect((await laws("show", lawId)).out).toMatch(/2 of 3 shares, set [0-9a-f]{8}, not tested.*\n.*election key /);
    expect((await state(trustees.statement(2, 1))).out).toMatch(/^Registered. .*\nIts roll can be sealed/);
    expect((await register(trustees.publicFile)).out).toMatch(/^Nothing changed\. /);
    expect((await seal()).out).toMatch(/The roll is sealed with 6 voters\. .* 2 of 3 trustees open its box/);
    expect((await register(trustees.publicFile)).err).toMatch(
      /is no draft any more, so the keys of its trustees are fixed/,
    );
  });

  test("has to be tested again when its secret is split again", async () => {
    await aTestedDraft();
    const again = trustees.splitAgain();
    expect((await register(again.publicFile)).out).toMatch(/which is not tested/);
    expect((await seal()).err).toMatch(/not opened test ballots/);
    expect((await state(trustees.statement(1, 2))).err).toMatch(/is of another set of shares of the same keys/);
    expect(await state(again.statement(1, 2))).toMatchObject({ code: 0 });
    expect(await seal()).toMatchObject({ code: 0 });
  });
});

describe("a draft of a sealed law, untested,", () => {
  beforeAll(() => aDraft());

  test.each([
    ["of another law", () => testTrustees("L9", origin).publicFile, /is of another law, L9\. Name that of/],
    [
      "of another stage",
      () => testTrustees(lawId, "prod/x").publicFile,
      /for the origin prod\/x, and .*--origin local/,
    ],
    [
      "that was changed",
      () => ({ ...trustees.publicFile, threshold: 3 }),
      /was changed: its signature does not belong/,
    ],
    ["that is something else", () => trustees.statement(1, 2), /is not the public file of the trustees/],
    ["with a key for which nothing can be sealed", lowOrder, /is a point of low order/],
  ])("takes no public file %s", async (_, make, says) => {
    expect(await register(make())).toMatchObject({ code: 1, err: expect.stringMatching(says) });
    expect((await laws("show", lawId)).out).toMatch(/a sealed law without keys/);
  });

  test("takes no statement before its keys", async () => {
    expect((await state(trustees.statement(1, 2))).err).toMatch(/comes before the keys/);
    await register(trustees.publicFile);
  });

  test.each([
    ["of one share", () => trustees.statement(2), /names 1 of the 2 shares that are needed/],
    ["of one share twice", () => trustees.statement(2, 2), /says other numbers of shares than the public file/],
    ["of a share that there is not", () => trustees.statement(2, 4), /says other numbers of shares/],
    ["of other keys", () => testTrustees(lawId, origin).statement(1, 2), /is of other keys than those/],
    ["of another law", () => testTrustees("L9", origin).statement(1, 2), /is of another law, L9/],
    ["that was changed", () => ({ ...trustees.statement(2), shares: [1, 2] }), /was changed: its signature/],
    ["that is something else", () => trustees.publicFile, /is not the statement of npm run keys -- test/],
  ])("takes no statement %s", async (_, make, says) => {
    expect(await state(make())).toMatchObject({ code: 1, err: expect.stringMatching(says) });
    expect((await seal()).err).toMatch(/not opened test ballots/);
  });

  test("has keys and test by two people where the stage wants two", async () => {
    await aDraft();
    line.door.twoPeople = true;
    const key = trustees.publicFile.key_id;
    const keys = await byTwo(lawsCommand, "keys", lawId, "--public", json(trustees.publicFile));
    expect(keys).toMatchObject({ code: 0, out: expect.stringMatching(/^Registered/) });
    expect(keys.err).toContain(`to register the keys of the trustees of ${lawId}: key id ${key}, 2 of 3 shares`);
    const tested = await byTwo(lawsCommand, "test-opening", lawId, "--statement", json(trustees.statement(1, 2)));
    expect(tested.err).toContain(`the shares 1, 2 of ${lawId} opened test ballots with the key ${key}`);
    expect((await laws("show", lawId)).out).toMatch(/anna: registered|register/);
  });

  test("without a form takes no keys", async () => {
    await laws("add", "S-plain", "--title", "A law");
    const file = json(testTrustees("S-plain", "local/x").publicFile);
    const said = await laws("keys", "S-plain", "--public", file);
    expect(said.err).toMatch(/S-plain is not a sealed law: it has no trustees/);
  });
});

function lowOrder() {
  const keys = electionKeys(randomBytes(32));
  const zeros = Buffer.alloc(32);
  const fields = {
    ...{ law_id: lawId, origin, election_key: zeros.toString("base64url") },
    ...{ signing_key: keys.signing.publicKey.toString("base64url"), key_id: keyIdOf(zeros).toString("hex") },
  };
  return makePublicFile(keys, fields, { splitId: "0".repeat(32), trustees: 3, threshold: 2 });
}
