import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { z } from "zod";

const ROOT = resolve(import.meta.dirname, "../..");

/** The machine's programs: PATH without the project's tools, such as its Node and npm. */
export const MACHINE_PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);

/** The client's package, in the form that a release publishes. */
export interface ClientPackage {
  /** The file that `npm pack` wrote. */
  readonly tarball: string;
  /** Paths in it, without npm's `package/`. */
  readonly files: readonly string[];
  /** Makes an empty project with the package installed by npm; gives its folder. */
  readonly install: (name: string) => string;
  readonly remove: () => void;
}

const packed = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);

/**
 * Packs the client with the machine's npm, in a copy, so that test files can do it at the same time. An installation
 * needs no registry, because the package has no dependencies.
 */
export function packClient(): ClientPackage {
  const folder = mkdtempSync(join(tmpdir(), `referendum-client-${process.pid}-`));
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync("npm", args, { cwd, encoding: "utf8", env: { ...process.env, PATH: MACHINE_PATH }, stdio: "pipe" });
  cpSync(join(ROOT, "client"), join(folder, "client"), { recursive: true });
  cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  symlinkSync(join(ROOT, "bin"), join(folder, "bin"));
  const [{ filename, files }] = packed.parse(JSON.parse(npm(join(folder, "client"), "pack", "--json")));
  const tarball = join(folder, "client", filename);
  return {
    tarball,
    files: files.map(({ path }) => path),
    install: (name) => {
      const project = join(folder, name);
      mkdirSync(project, { recursive: true });
      npm(project, "install", "--offline", "--no-audit", "--no-fund", tarball);
      return project;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
