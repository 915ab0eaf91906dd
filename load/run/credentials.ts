import { readFile } from "node:fs/promises";

/** What a voter identifies by. */
export type Credentials = readonly [nas: string, code: string];

/**
 * Reads a file of credentials.
 *
 * @param votersFile as `writeSampleCredentials` writes it: NAS and code of a voter in each line, below a heading
 * @param most how many voters are wanted; default: all
 */
export async function credentialsIn(votersFile: string, most?: number): Promise<Credentials[]> {
  const text = await readFile(votersFile, "latin1");
  // A line more than there are voters: the heading.
  const lines = text.split("\n", most === undefined ? undefined : most + 1);
  return lines
    .filter((line) => /^\d/.test(line))
    .slice(0, most)
    .map((line) => {
      const [nas = "", code = ""] = line.trim().split(",");
      return [nas, code] as const;
    });
}
