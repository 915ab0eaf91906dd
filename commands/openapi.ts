import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Command } from "commander";
import { describeApi } from "../infra/openapi/describe.ts";
import { UserError } from "../terminal/errors.ts";
import { print } from "../terminal/print.ts";

/** The API description, in the repository. */
export const OPENAPI_FILE = resolve(import.meta.dirname, "../docs/openapi.json");

/** `npm run openapi`. */
export function openapiCommand(): Command {
  return new Command("npm run openapi --")
    .description("Writes the API description, docs/openapi.json, from the schemas the code validates with.")
    .option("--check", "writes nothing; fails when the file is not current")
    .option("--json", "prints one line of JSON")
    .action(async (options: { check?: true; json?: true }) => {
      const text = openapiText();
      const current = existsSync(OPENAPI_FILE) && (await readFile(OPENAPI_FILE, "utf8")) === text;
      if (options.check !== undefined && !current) {
        throw new UserError("docs/openapi.json is not current: run npm run openapi and commit it.");
      }
      if (!current) {
        await mkdir(dirname(OPENAPI_FILE), { recursive: true });
        await writeFile(OPENAPI_FILE, text);
      }
      print(options, { file: OPENAPI_FILE, changed: !current }, () =>
        current ? "docs/openapi.json is current." : "docs/openapi.json is written.",
      );
    });
}

/** The API description, as the text of the file. */
export function openapiText(): string {
  return `${JSON.stringify(describeApi(), undefined, 2)}\n`;
}
