import type { Forgotten } from "./states.ts";

/**
 * Takes what stands behind # out of the address, before anything else happens: a code of a letter, or the number of a
 * receipt. No server sees it. The browser's own history may keep the address that was opened.
 *
 * @returns its parts by name; a text without a name is `id`
 */
export function takeFragment(): URLSearchParams {
  const text = location.hash.slice(1);
  if (text === "") return new URLSearchParams();
  history.replaceState(history.state, "", location.pathname + location.search);
  return text.includes("=") ? new URLSearchParams(text) : new URLSearchParams({ id: text });
}

/**
 * What hands something on to another page, at the end of its address.
 *
 * @param parts by name; what is undefined is left out
 * @returns "" where nothing is left
 */
export function fragmentOf(parts: Readonly<Record<string, string | undefined>>): string {
  const named = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) if (value !== undefined && value !== "") named.set(name, value);
  const text = named.toString();
  return text === "" ? "" : `#${text}`;
}

/** At the end of the address of a vote's page: its voter has said to go on with the vote that the tab has. */
export const GO_ON = "#go_on=1";

/** What kind of vote the page that led here has forgotten, if the address says so. */
export function saysForgotten(): Forgotten | undefined {
  const kind = new URLSearchParams(location.hash.slice(1)).get("forgotten");
  if (kind === null) return undefined;
  return kind === "rehearsal" ? kind : "vote";
}
