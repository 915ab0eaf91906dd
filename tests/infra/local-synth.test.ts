import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { cacheDirectory } from "../../places/local/cache.ts";
import { BUNDLE_INPUTS, INPUTS, synthesize } from "../../places/local/synth.ts";
import { ROOMS } from "../unit/house/rooms.ts";

const quiet = { step: <T>(_what: string, work: () => Promise<T>) => work(), say: () => undefined };
const assetsOf = (directory: string) => readdirSync(directory).filter((name) => name.startsWith("asset."));

it("a change of any source that functions are made of makes new bundles", () => {
  const rooms = ROOMS.find(({ name }) => name === "functions")?.imports ?? [];
  expect(rooms.length).toBeGreaterThan(0);
  for (const inputs of [BUNDLE_INPUTS, INPUTS]) expect(inputs).toEqual(expect.arrayContaining(["functions", ...rooms]));
});

it("a start with other settings finds the bundles of the start before, and has the CDK judge nothing twice", async () => {
  const cache = cacheDirectory(PROJECT_ROOT);
  const bundles = () => readdirSync(cache).filter((name) => /^functions-[0-9a-f]+$/.test(name));
  const timeOf = (name: string) => statSync(join(cache, name, "ingest", "index.mjs")).mtimeMs;
  const first = await synthesize("{}", quiet);
  const builtAt = new Map(bundles().map((name) => [name, timeOf(name)]));

  const second = await synthesize('{"api":{"throttleRate":21}}', quiet);
  expect(second).not.toBe(first);
  expect(assetsOf(second)).toEqual(assetsOf(first));
  // Another stack of this checkout that starts now may remove bundles that nobody has used for an hour.
  const still = bundles();
  expect(still.length).toBeGreaterThan(0);
  for (const name of still) expect(timeOf(name)).toBe(builtAt.get(name));
  // tests/infra has the rules applied to this stage (support/synth.ts); a start would wait two seconds for them.
  expect(readdirSync(first)).not.toContain("validation-report.json");
  expect(JSON.parse(readFileSync(join(first, "Referendum-local.template.json"), "utf8"))).toHaveProperty("Resources");
});
