import { Command } from "commander";
import { DEFAULT_DEMAND } from "../../infra/capacity/model.ts";
import { capacityReport } from "../../infra/capacity/report.ts";
import { type StageName, settingsOf } from "../../infra/stages.ts";
import { UserError } from "../../terminal/errors.ts";
import { wholeNumberOption } from "../../terminal/options.ts";
import { print } from "../../terminal/print.ts";
import { reportText } from "./text.ts";

interface CapacityOptions {
  readonly votes: number;
  readonly peak: number;
  readonly hours: number;
  readonly laws: number;
  readonly outage: number;
  readonly stage: StageName;
  readonly compare?: boolean;
  readonly json?: boolean;
}

/** `npm run capacity`. */
export function capacityCommand(): Command {
  const { votes, peak, hours, laws, outageMinutes } = DEFAULT_DEMAND;
  return new Command("npm run capacity --")
    .description(
      "Computes concurrency, queue depth, database and cache size, connections and cost of a referendum, from formulas " +
        "whose figures and sources are in infra/capacity/assumptions.ts.",
    )
    .option("--votes <n>", "voters who vote, on each law", wholeNumberOption(1, 2_000_000_000), votes)
    .option("--peak <n>", "votes per second at the peak", wholeNumberOption(1, 1_000_000), peak)
    .option("--hours <n>", "length of the voting day", wholeNumberOption(1, 720), hours)
    .option("--laws <n>", "laws that are voted on at the same time", wholeNumberOption(1, 1000), laws)
    .option(
      "--outage <minutes>",
      "length of an outage of Redis or PostgreSQL at the peak",
      wholeNumberOption(0, 5760),
      outageMinutes,
    )
    .option("--stage <stage>", "whose settings: dev or prod", parseStage, "prod")
    .option("--compare", "compares the needs with AWS limits and settings, and names the limit that is reached first")
    .option("--json", "prints one line of JSON on standard output")
    .action((options: CapacityOptions) => {
      const { votes, peak, hours, laws, outage } = options;
      const settings = settingsOf(options.stage);
      const report = capacityReport({ votes, peak, hours, laws, outageMinutes: outage }, settings);
      print(options.json === true ? { json: true } : {}, report, () =>
        reportText(report, settings, options.compare === true),
      );
    });
}

function parseStage(text: string): StageName {
  if (text === "dev" || text === "prod") return text;
  throw new UserError(`Stage ${text} runs on this machine and has nothing to size: use dev or prod.`);
}
