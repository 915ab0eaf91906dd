import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { releaseNotes, VERSIONED, versionIn, withAbsoluteLinks } from "../../../bin/release-notes.mjs";

const ROOT = resolve(import.meta.dirname, "../../..");
const CHANGELOG =
  "# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-12-01\n\n### Added\n\n- this\n\n## [1.0.0] - 2026-11-23\n\n- old\n";

const UNRELEASED = /(?<=## \[Unreleased\]\n)[\s\S]*?(?=\n## \[)/;
/** The headings of Keep a Changelog. */
const KIND = /^### (?:Added|Changed|Deprecated|Removed|Fixed|Security)$/m;

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

  test("are refused while others are left under Unreleased", () => {
    const early = CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n- new\n");
    expect(() => releaseNotes("v1.1.0", early, { "package.json": "1.1.0" })).toThrow('notes under "Unreleased"');
  });

  test.each([
    ["https://host.example/a/b/blob/v1.1.0", "See [The\n  API](https://host.example/a/b/blob/v1.1.0/docs/api.md)"],
    [undefined, "See The\n  API"],
  ])("have links that work outside of the repository: base %s", (base, expected) => {
    const elsewhere = ", [SemVer](https://semver.org), [brackets]";
    expect(withAbsoluteLinks(`See [The\n  API](docs/api.md)${elsewhere}`, base)).toBe(`${expected}${elsewhere}`);
  });

  test("exist for the version of this checkout, or are under Unreleased; the client and the description of the API have the same version", () => {
    const versions = Object.fromEntries(VERSIONED.map((file) => [file, versionIn(file)]));
    const version = String(versions["package.json"]);
    const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
    if (version.endsWith("-dev")) {
      const next = version.replace("-dev", "");
      expect(() => releaseNotes(`v${version}`, changelog, versions)).toThrow(/no notes/);
      const released = changelog.replace("## [Unreleased]\n", `## [${next}] - 2026-12-31\n`);
      const tagged = Object.fromEntries(VERSIONED.map((file) => [file, next]));
      // Right after a release there is nothing to say of the next one.
      const [unreleased = ""] = UNRELEASED.exec(changelog) ?? [];
      if (unreleased.trim() === "") expect(() => releaseNotes(`v${next}`, released, tagged)).toThrow(/no notes/);
      else expect(releaseNotes(`v${next}`, released, tagged)).toMatch(KIND);
    } else {
      expect(releaseNotes(`v${version}`, changelog.replace(UNRELEASED, ""), versions)).toMatch(KIND);
    }
    for (const found of Object.values(versions)) expect(found).toBe(version);
  });
});
