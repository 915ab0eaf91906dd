import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bundleFunctions } from "../../infra/bundles.ts";
import { DATABASE_FUNCTIONS, FUNCTION_NAMES } from "../../infra/functions.ts";

const folder = mkdtempSync(join(tmpdir(), "referendum-bundles-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** File → hash of its content, of everything below a folder. */
function contents(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(directory.length), createHash("sha256").update(readFileSync(path)).digest("hex")];
    }),
  );
}

describe("bundled functions", async () => {
  const first = await bundleFunctions({ outputDirectory: join(folder, "first") });

  it("are the same bytes for the same sources, wherever they are written", async () => {
    const second = await bundleFunctions({ outputDirectory: join(folder, "second") });
    expect(contents(second)).toEqual(contents(first));
  });

  it.each(FUNCTION_NAMES)("%s is one module with a source map that it names", (name) => {
    const text = readFileSync(join(first, name, "index.mjs"), "utf8");
    expect(text.trimEnd().split("\n").at(-1)).toBe("//# sourceMappingURL=index.mjs.map");
    expect(statSync(join(first, name, "index.mjs.map")).size).toBeGreaterThan(0);
  });

  it("ship the certificates of RDS with the functions that talk to it, and with no other", () => {
    for (const name of FUNCTION_NAMES) {
      const shipped = readdirSync(join(first, name)).includes("rds-ca.pem");
      expect(shipped, name).toBe(DATABASE_FUNCTIONS.some((it) => it === name));
    }
    const pem = readFileSync(join(first, "aggregate", "rds-ca.pem"), "utf8");
    const subjects = pem
      .split(/(?<=-----END CERTIFICATE-----)\n/)
      .map((certificate) => new X509Certificate(certificate).subject);
    expect(subjects).toContainEqual(expect.stringContaining("Amazon RDS ca-central-1 Root CA RSA2048 G1"));
    // RDS Proxy's certificate comes from another authority than the database's own.
    expect(subjects).toContainEqual(expect.stringContaining("Amazon Root CA 1"));
  });

  it("ship the migrations with migrate", () => {
    expect(readdirSync(join(first, "migrate", "migrations"))).toEqual(
      readdirSync(join(import.meta.dirname, "../../functions/migrate/migrations")),
    );
  });

  it("are left alone when nothing has changed, because something may be running from them", async () => {
    const before = statSync(join(first, "ingest", "index.mjs")).mtimeMs;
    await bundleFunctions({ outputDirectory: first });
    expect(statSync(join(first, "ingest", "index.mjs")).mtimeMs).toBe(before);
  });

  it("lose a migration that the sources no longer have", async () => {
    const source = join(folder, "sources");
    mkdirSync(join(source, "migrate", "migrations"), { recursive: true });
    writeFileSync(join(source, "migrate", "index.ts"), "export const handler = () => undefined;\n");
    writeFileSync(join(source, "migrate", "migrations", "0001_a.sql"), "select 1;");
    const options = { sourceDirectory: source, outputDirectory: join(folder, "third"), names: ["migrate"] } as const;
    await bundleFunctions(options);
    rmSync(join(source, "migrate", "migrations", "0001_a.sql"));
    writeFileSync(join(source, "migrate", "migrations", "0001_b.sql"), "select 1;");
    await bundleFunctions(options);
    expect(readdirSync(join(folder, "third", "migrate", "migrations"))).toEqual(["0001_b.sql"]);
  });

  it("say which handler is missing", async () => {
    const options = { sourceDirectory: join(folder, "nothing"), outputDirectory: join(folder, "fourth") };
    await expect(bundleFunctions({ ...options, names: ["ingest", "fallback"] })).rejects.toThrow(
      /nothing\/ingest\/index\.ts.*nothing\/fallback\/index\.ts/,
    );
  });
});
