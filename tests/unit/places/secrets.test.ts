import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadSecrets } from "../../../places/local/secrets.ts";
import { Keys } from "../../../shared/runtime/keys.ts";

const generate = { SecretStringTemplate: '{"version":1}', GenerateStringKey: "seed", PasswordLength: 64 };
const model = (id: string) => ({ name: `Referendum-local-${id}`, arn: `arn:${id}`, generate });
const MODELS = [model("StoresRequestIdKeyABCDEF12"), model("StoresPepperABCDEF12")];
const OLD = JSON.stringify({ version: 1, seed: "the seed of an earlier release, longer than 32" });

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "referendum-secrets-"));
  file = join(directory, "keys.json");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("the secrets of a local stack", () => {
  test("are made once, different ones, and kept", async () => {
    const made = await loadSecrets(MODELS, file);
    expect(new Set(made.map(({ value }) => value)).size).toBe(2);
    expect(await loadSecrets(MODELS, file)).toEqual(made);
  });

  test("give the same keys as in a data directory of an earlier release, which had one seed for all purposes", async () => {
    await writeFile(file, JSON.stringify({ "Referendum-local-StoresKeys0123ABCD": OLD }));
    const [requestIds, peppers] = await loadSecrets(MODELS, file);
    const keys = Keys.fromSecrets({ requestIdMac: requestIds?.value ?? "", pepper: peppers?.value ?? "" });
    const before = Keys.fromSecrets({ requestIdMac: OLD, idempotency: OLD, person: OLD, pepper: OLD, codeCheck: OLD });
    expect(keys.requestIdMac(1)?.equals(before.ofVersion(1).requestIdMac)).toBe(true);
    expect(keys.pepper("1")?.equals(before.ofVersion(1).pepper)).toBe(true);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({
      "Referendum-local-StoresRequestIdKeyABCDEF12": OLD,
      "Referendum-local-StoresPepperABCDEF12": OLD,
    });
    expect(await loadSecrets(MODELS, file)).toEqual([requestIds, peppers]);
  });
});
