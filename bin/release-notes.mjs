#!/usr/bin/env node
/**
 * Prints the changelog's notes of a version: `node bin/release-notes.mjs v1.1.0`.
 *
 * It fails if package.json, client/package.json or docs/openapi.json has another version, if the changelog has no notes
 * for the version, or if it still has notes under "Unreleased". So a tag that was set too early publishes nothing. In
 * GitHub Actions, links to the repository's files become absolute; elsewhere they become plain text. Plain JavaScript
 * without dependencies, because a release workflow runs it before anything is installed.
 */
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** The files that name the version of a release. */
export const VERSIONED = ["package.json", "client/package.json", "docs/openapi.json"];

/**
 * @param {string} tag such as v1.1.0
 * @param {string} changelog the text of CHANGELOG.md
 * @param {Readonly<Record<string, unknown>>} versions versions by the file that names them
 * @returns {string} the notes, without their heading
 * @throws {Error} when the tag is no version, a file names another version, the changelog has no notes for it, or
 *   unreleased notes are left
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
  const unreleased =
    parts
      .find((text) => text.startsWith("[Unreleased]"))
      ?.replace("[Unreleased]", "")
      .trim() ?? "";
  if (unreleased !== "") {
    throw new Error(`CHANGELOG.md has notes under "Unreleased": move them under "## [${version}] - YYYY-MM-DD".`);
  }
  return notes;
}

/**
 * Notes whose links work outside of the repository, where a link such as `docs/api.md` leads nowhere.
 *
 * @param {string} notes Markdown
 * @param {string | undefined} base the address below which the tag's files are; without it, a link becomes its text
 * @returns {string} the same notes
 */
export function withAbsoluteLinks(notes, base) {
  return notes.replaceAll(/\[([^\]]+)\]\((?!https?:|mailto:)([^)\s]+)\)/g, (_, text, path) =>
    base === undefined ? text : `[${text}](${base}/${path})`,
  );
}

/**
 * The version that a JSON file names: that of a package, or that of a description of an API.
 *
 * @param {string} file from the project's root
 * @returns {unknown}
 */
export function versionIn(file) {
  const json = JSON.parse(readFileSync(join(ROOT, file), "utf8"));
  return json.info?.version ?? json.version;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const tag = process.argv[2] ?? "";
    const versions = Object.fromEntries(VERSIONED.map((file) => [file, versionIn(file)]));
    const notes = releaseNotes(tag, readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"), versions);
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
    const base = server && repository ? `${server}/${repository}/blob/${tag}` : undefined;
    process.stdout.write(`${withAbsoluteLinks(notes, base)}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
