#!/usr/bin/env node
/**
 * `npm run test:environments [name…]`: clones the project into environments that users may have, one after another. In
 * each it runs `npm start`, one vote and a small `npm test`, or checks that one sentence says why that is impossible.
 *
 * Plain JavaScript without dependencies: it runs on the Node of the machine, before anything is installed. It clones
 * the committed state. npm versions come from the registry into a temporary folder, which is removed at the end.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CannotBeHad, Clone } from "./clone.mjs";
import { ENVIRONMENTS } from "./environments.mjs";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));

/** A name or option that there is not. */
class WrongUsage extends Error {}

/** @param {string[]} names */
function chosen(names) {
  const unknown = names.find((name) => !ENVIRONMENTS.some((one) => one.name === name));
  if (unknown === undefined) return ENVIRONMENTS.filter(({ name }) => names.length === 0 || names.includes(name));
  const known = ENVIRONMENTS.map(({ name }) => name).join(", ");
  throw new WrongUsage(`There is no environment ${unknown}. There are: ${known}`);
}

/** @param {string[]} names */
async function main(names) {
  if (names.includes("--help")) {
    process.stdout.write("Usage: npm run test:environments [name…]\n");
    for (const { name, what } of ENVIRONMENTS) process.stdout.write(`  ${name.padEnd(16)} ${what}\n`);
    return;
  }
  const environments = chosen(names);
  const folder = mkdtempSync(join(tmpdir(), `referendum-environments-${process.pid}-`));
  mkdirSync(join(folder, "clones"));
  let failed = 0;
  try {
    for (const environment of environments) {
      const startedAt = Date.now();
      const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(0)} s`;
      process.stderr.write(`… ${environment.name}: ${environment.what}\n`);
      const clone = new Clone(ROOT, folder, environment);
      try {
        await environment.run(clone).finally(() => clone.remove());
        process.stdout.write(`✓ ${environment.name} (${seconds()})\n`);
      } catch (error) {
        if (error instanceof CannotBeHad) process.stdout.write(`- ${environment.name}: not here, ${error.message}\n`);
        else {
          failed += 1;
          process.stdout.write(
            `✗ ${environment.name} (${seconds()}): ${error instanceof Error ? error.message : error}\n`,
          );
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  if (failed > 0) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof WrongUsage ? 2 : 1;
});
