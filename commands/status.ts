import { Command } from "commander";
import type { RollCount } from "../operations/roll/count.ts";
import { findOperators } from "../places/find-operators.ts";
import { dataDirectory } from "../places/find-target.ts";
import { type LocalStatus, localStatus } from "../places/local/local-status.ts";
import { workOf } from "../places/operators/roll-answers.ts";
import { type StageLaw, stage } from "../shared/messages/operators/stage.ts";
import { UserError } from "../terminal/errors.ts";
import { print } from "../terminal/print.ts";
import { table } from "../terminal/table.ts";
import { describeCounts, draftsOf } from "./roll-counts.ts";

/** `npm run status`. */
export function statusCommand(): Command {
  return new Command("npm run status --")
    .description("Shows what runs on this machine, where, how deep each queue is, and which rolls are loaded.")
    .option("--data <directory>", "data directory of the local stack (default: REFERENDUM_DATA or .local)")
    .option("--json", "prints one line of JSON on standard output")
    .action(async (options: { data?: string; json?: boolean }) => {
      const status = await localStatus(dataDirectory(options.data)).catch((error: unknown) => {
        throw new UserError(error instanceof Error ? error.message : String(error));
      });
      const { rolls, drafts } = await rollsOf(options.data);
      print(options, { ...status, rolls }, () =>
        describeStatus(status, typeof rolls === "string" ? rolls : describeCounts(rolls, drafts)),
      );
    });
}

/** The rolls, or why they cannot be counted. A store that does not answer must not hide the rest. */
async function rollsOf(
  data: string | undefined,
): Promise<{ readonly rolls: readonly RollCount[] | string; readonly drafts: ReadonlySet<string> }> {
  try {
    const { api } = await findOperators({ data, askApi: false });
    const { laws, services } = await api.look(stage, {}, { tries: 2 });
    const away = Object.entries(services).flatMap(([name, { answers }]) => (answers ? [] : [name]));
    const counts = (laws ?? []).flatMap(countOf);
    const isKnown = laws !== null && counts.length === laws.length;
    return { rolls: isKnown ? counts : `rolls: ${away.join(", ")} does not answer`, drafts: draftsOf(laws ?? []) };
  } catch (error) {
    return { rolls: `rolls: ${error instanceof Error ? error.message : error}`, drafts: new Set() };
  }
}

function countOf({ law_id, voters, cached, digest, complete, unfinished }: StageLaw): RollCount[] {
  if (voters === null || cached === null || complete === null || unfinished === null) return [];
  return [{ law_id, postgresql: voters, redis: cached, digest, complete, unfinished: unfinished.map(workOf) }];
}

function describeStatus(status: LocalStatus, rolls: string): string {
  const { functions, ...services } = status.pids;
  const processes = [
    ...Object.entries(services).map(([name, pid]) => [name, String(pid)]),
    ...Object.entries(functions).map(([name, pids]) => [
      name,
      name === "ingest" ? "in the front" : pids.length === 0 ? "starts when asked" : pids.join(" "),
    ]),
  ];
  return [
    `API  ${status.api_url}/api/v1   data  ${status.data_dir}   queues kept  ${status.queue_storage === "disk" ? "on disk" : "in memory"}`,
    "",
    table([["process", "id"], ...processes]),
    "",
    table([
      ["queue", "waiting", "in flight"],
      ...status.queues.map(({ name, visible, in_flight }) => [name, String(visible), String(in_flight)]),
    ]),
    "",
    ...status.mappings
      .filter(({ state }) => state !== "Enabled")
      .map((mapping) => `${mapping.function} is ${state(mapping.state)}: its queue is not read.\n`),
    rolls,
  ].join("\n");
}

function state(name: string): string {
  return name === "Disabled" ? "paused" : "pausing";
}
