import { randomBytes, randomInt } from "node:crypto";
import { z } from "zod";
import { readJson, writePrivate } from "./data-dir.ts";
import type { SecretModel } from "./template/model.ts";

const keptSecrets = z.record(z.string(), z.string());

/** The secrets of a stack with their values. */
export type Secrets = readonly { readonly arn: string; readonly name: string; readonly value: string }[];

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The only secret of earlier releases. Its seed gave the keys of all purposes. */
const ONE_SEED = /-StoresKeys[0-9A-F]{8}$/;

/**
 * The secrets that the template generates. A value is made once and kept, because everything derived from it would
 * otherwise be worthless. In a data directory of an earlier release, which had one seed for all keys, each of the new
 * secrets gets that seed. A key is derived from its purpose as well, so the keys stay the same, and laws, rolls and
 * receipts go on working.
 *
 * @param models the secrets
 * @param file where their values are kept, readable by the owner only
 */
export async function loadSecrets(models: readonly SecretModel[], file: string): Promise<Secrets> {
  const kept = keptSecrets.parse((await readJson(file)) ?? {});
  const oneSeed = Object.entries(kept).find(([name]) => ONE_SEED.test(name));
  let changed = oneSeed !== undefined;
  for (const { name, generate } of models) {
    if (kept[name] !== undefined) continue;
    if (oneSeed !== undefined && generate.GenerateStringKey === "seed") {
      kept[name] = oneSeed[1];
      continue;
    }
    const template = z.record(z.string(), z.unknown()).parse(JSON.parse(generate.SecretStringTemplate));
    kept[name] = JSON.stringify({ ...template, [generate.GenerateStringKey]: randomText(generate.PasswordLength) });
    changed = true;
  }
  if (oneSeed !== undefined) delete kept[oneSeed[0]];
  if (changed) await writePrivate(file, JSON.stringify(kept));
  return models.map(({ name, arn }) => ({ name, arn, value: kept[name] ?? "" }));
}

/** Random letters and digits, all equally likely. */
function randomText(length: number): string {
  return Array.from({ length }, () => ALPHANUMERIC[randomInt(ALPHANUMERIC.length)]).join("");
}

/** A password of 128 bits. */
export function randomPassword(): string {
  return randomBytes(16).toString("hex");
}
