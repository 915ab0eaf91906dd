import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

const CLIENT = resolve(import.meta.dirname, "../../../client");
const PROGRAM = join(import.meta.dirname, "alone.mjs");
const run = promisify(execFile);

const Verified = z.object({
  verdict: z.string(),
  checks: z.array(
    z.object({
      id: z.string(),
      outcome: z.enum(["holds", "fails", "not_run"]),
      because: z.string().optional(),
      findings: z.array(z.looseObject({ code: z.string() })),
    }),
  ),
});
export type Verified = z.output<typeof Verified>;

/** A folder with a copy of the client and nothing else of the project. */
export interface Alone {
  readonly folder: string;
  /**
   * Verifies a bundle with the copy, in another process.
   *
   * @param bundle a folder, or an address
   */
  verify(bundle: string): Promise<Verified>;
  remove(): Promise<void>;
}

/** Copies the client to an empty folder of the machine. */
export async function aloneFolder(): Promise<Alone> {
  const folder = await mkdtemp(join(tmpdir(), "referendum-alone-"));
  await mkdir(join(folder, "bundles"));
  await cp(CLIENT, join(folder, "client"), { recursive: true, filter: (path) => !path.includes("node_modules") });
  await cp(PROGRAM, join(folder, "alone.mjs"));
  return {
    folder,
    async verify(bundle) {
      const { stdout } = await run(process.execPath, ["alone.mjs", bundle], {
        cwd: folder,
        maxBuffer: 1 << 26,
        env: { PATH: process.env["PATH"] ?? "" },
      });
      return Verified.parse(JSON.parse(stdout));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The checks that failed, and those that hold. */
export function outcomesOf({ checks }: Verified): {
  readonly fails: readonly string[];
  readonly holds: readonly string[];
} {
  const ids = (outcome: string) => checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
  return { fails: ids("fails"), holds: ids("holds") };
}
