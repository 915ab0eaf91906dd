#!/usr/bin/env node
/**
 * Prints the changelog's notes of a version: `node bin/release-notes.mjs v1.1.0`.
 *
 * It fails if package.json or client/package.json has another version, or if the changelog has no notes for the
 * version, so that a tag that was set too early publishes nothing. Plain JavaScript without dependencies, because a
 * release workflow runs it before anything is installed.
 */
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * @param {string} tag such as v1.1.0
 * @param {string} changelog the text of CHANGELOG.md
 * @param {Readonly<Record<string, unknown>>} versions versions by the file that names them
 * @returns {string} the notes, without their heading
 * @throws {Error} when the tag is no version, a file names another version, or the changelog has no notes for it
 */
export function releaseNotes(tag, changelog, versions) {
  const [, version] = /^v(\d+\.\d+\.\d+(?:-[\w.]+)?)$/.exec(tag) ?? [];
  if (version === undefined) throw new Error(`"${tag}" is no tag of a release: use one such as v1.1.0.`);
  for (const [file, found] of Object.entries(versions)) {
    if (found !== version) throw new Error(`${file} has version ${found}, and the tag says ${version}.`);
  }
  const parts = changelog.split(/^## /m);
  const heading = new RegExp(`^\\[${version.replaceAll(".", "\\.")}\\] - \\d{4}-\\d\\d-\\d\\d\\n`);
  const part = parts.find((text) => heading.test(text));
  const notes = part?.replace(heading, "").trim() ?? "";
  if (notes === "") throw new Error(`CHANGELOG.md has no notes under "## [${version}] - YYYY-MM-DD".`);
  return notes;
}

/** @param {string} file @returns {unknown} */
function versionIn(file) {
  return JSON.parse(readFileSync(join(ROOT, file), "utf8")).version;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const files = ["package.json", "client/package.json"];
    const versions = Object.fromEntries(files.map((file) => [file, versionIn(file)]));
    const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
    process.stdout.write(`${releaseNotes(process.argv[2] ?? "", changelog, versions)}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
