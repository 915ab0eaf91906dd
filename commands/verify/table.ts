import { readFile, writeFile } from "node:fs/promises";
import { CHECK_IDS, CHECKS, type CheckId, en, PHASES } from "../../client/verify/index.ts";
import { UserError } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import { TAMPERINGS, UNFINDABLE } from "./tampering.ts";

/** What stands before and after the tables in a page. */
const BEGIN = "<!-- npm run verify -- --table FILE writes what follows -->";
const END = "<!-- end of what it writes -->";

/** Prints the checks and what they find, or writes them into a page. */
export async function showTable(file: string | true): Promise<void> {
  if (file === true) return print({}, undefined, tamperingTables);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${file} cannot be read (${error.code ?? error.message}).`);
  });
  await writeFile(file, withTables(text, file));
}

/**
 * A page with the tables as they are now.
 *
 * @param text the page
 * @param file names it in messages
 * @throws UserError when it has no place for them
 */
export function withTables(text: string, file: string): string {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new UserError(`${file} has no place for the table: ${BEGIN} … ${END}.`);
  return `${text.slice(0, from)}${BEGIN}\n\n${tamperingTables()}\n\n${text.slice(to)}`;
}

/** The checks and the tampering that they find, as Markdown. */
function tamperingTables(): string {
  const ofPhases = PHASES.flatMap((phase) => {
    const rows = CHECK_IDS.filter((id) => CHECKS[id].phase === phase).map((id) => {
      const { title, proves, not } = en.checks[id];
      return [id, title, en.kinds[CHECKS[id].kind], en.who[CHECKS[id].who], proves, not];
    });
    return [`### ${en.phases[phase]}`, "", markdown(["", "check", "kind", "by", "proves", "does not prove"], rows), ""];
  });
  const rows = TAMPERINGS.map(({ done, by, checks, found, limit }) => {
    return [done, by, [...checks.map(named), ...(found === undefined ? [] : [found])].join("; "), whoOf(checks), limit];
  });
  const unfindable = UNFINDABLE.map(({ done, by, why }) => [done, by, why]);
  return [
    "## The checks",
    "",
    ...ofPhases,
    "## Tampering",
    "",
    markdown(["what was done", "by whom it can be done", "what finds it", "who can run the check", "limit"], rows),
    "",
    "### What cannot be found",
    "",
    markdown(["what is done", "by whom it can be done", "why nothing finds it"], unfindable),
  ].join("\n");
}

function named(id: CheckId): string {
  const title = en.checks[id].title;
  return `${id} ${title.charAt(0).toLowerCase()}${title.slice(1)}`;
}

function whoOf(checks: readonly CheckId[]): string {
  const who = [...new Set(checks.map((id) => en.who[CHECKS[id].who]))];
  return who.length === 0 ? "the office" : who.join(", ");
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
