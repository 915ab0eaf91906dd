import { once } from "node:events";
import { Command } from "commander";
import { buildConsolePage } from "../console/server/page-files.ts";
import { startConsole } from "../console/server/server.ts";
import { figuresOf } from "../places/figures/figures-of.ts";
import { operatorsOf } from "../places/find-operators.ts";
import { findTarget } from "../places/find-target.ts";
import { UserError } from "../terminal/errors.ts";
import { wholeNumberOption } from "../terminal/options.ts";
import { print } from "../terminal/print.ts";
import { statusLine } from "../terminal/progress.ts";
import { onStopSignals } from "../terminal/stop-signals.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";
import { describeIncomplete, describeOutcome } from "./ops/act-words.ts";
import { onStage } from "./proposed.ts";

interface Options extends CommonOptions {
  readonly port: number;
}

/** `npm run console`. */
export function consoleCommand(): Command {
  return withCommonOptions(
    new Command("npm run console --")
      .description(
        "Serves a page for voting day on this machine, until Ctrl-C: laws, votes per second, queues, alarms, journal, and " +
          "what waits for a second person.",
      )
      .option("--port <number>", "port of the page; 0 takes any that is free", wholeNumberOption(0, 65_535), 0)
      .addHelpText(
        "after",
        "\nThe page acts with your own role. Only whoever opens the printed address can use it; do not pass it on.",
      ),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const line = statusLine();
  line.show("Looking for the stage …");
  const target = await findTarget(options).finally(() => line.end());
  const { address, stage } = target;
  await target.close();
  line.show("Building the page …");
  const files = await buildConsolePage().finally(() => line.end());
  const watched = {
    stage,
    apiUrl: address.apiUrl,
    where: onStage(options),
    api: operatorsOf(address, options.profile),
    figures: figuresOf(address, options.profile),
    outcomeOf: (act: string, result: unknown) => ({
      text: describeOutcome(act, result),
      incomplete: describeIncomplete(act, result),
    }),
  };
  const running = await startConsole(watched, files, options.port).catch((error: unknown) => {
    throw portTaken(error, options.port);
  });
  const stopping = new AbortController();
  const release = onStopSignals((_, insisted) => {
    if (insisted) process.exit(130);
    process.stderr.write("Stopping; once more to stop at once.\n");
    stopping.abort();
  });
  // A test that started this has gone.
  process.on("disconnect", () => stopping.abort());
  print(options, { url: running.url, stage }, () =>
    [
      `The console of stage ${stage} is open on this machine until Ctrl-C:`,
      `  ${running.url}`,
      "Open this address in a browser of this machine. Whoever has it acts as you.",
    ].join("\n"),
  );
  await once(stopping.signal, "abort");
  release();
  await running.close();
}

function portTaken(error: unknown, port: number): unknown {
  if (!(error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES"))) {
    return error;
  }
  return new UserError(`Port ${port} is taken, or not allowed: leave --port out, and any free one is used.`);
}
