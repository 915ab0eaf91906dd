import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { releaseNotes } from "../../../bin/release-notes.mjs";

const ROOT = resolve(import.meta.dirname, "../../..");
const CHANGELOG =
  "# Changelog\n\n## [Unreleased]\n\n- new\n\n## [1.1.0] - 2026-12-01\n\n### Added\n\n- this\n\n## [1.0.0] - 2026-11-23\n\n- old\n";

describe("the notes of a release", () => {
  test("are those of its version, and no others", () => {
    expect(releaseNotes("v1.1.0", CHANGELOG, { "package.json": "1.1.0" })).toBe("### Added\n\n- this");
  });

  test.each([
    ["latest", "1.1.0", "no tag of a release"],
    ["v1.1.0", "1.0.0", "package.json has version 1.0.0"],
    ["v1.2.0", "1.2.0", "no notes"],
  ])("are refused for the tag %s and the version %s", (tag, version, why) => {
    expect(() => releaseNotes(tag, CHANGELOG, { "package.json": version })).toThrow(why);
  });

  test("exist for the version of this checkout, which the client has as well", () => {
    const versionIn = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), "utf8")).version;
    const files = ["package.json", "client/package.json"];
    const versions = Object.fromEntries(files.map((file) => [file, versionIn(file)]));
    const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
    expect(releaseNotes(`v${versions["package.json"]}`, changelog, versions)).toContain("### Added");
  });
});
