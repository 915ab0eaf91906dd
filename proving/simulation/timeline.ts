import type { History } from "./history.ts";
import { simulate } from "./run.ts";
import { shrink } from "./shrink.ts";

/**
 * Describes a failure: what is wrong, the smallest history found that shows it, and who did what in it.
 *
 * @param history one with findings
 * @param seed the seed that repeats it, for `npm run simulate`
 */
export async function tell(history: History, seed: string): Promise<string> {
  const smaller = await shrink(history);
  const { findings, steps } = await simulate(smaller, true);
  const events = new Map(smaller.events.map((event) => [event.step, `${event.kind} (${event.amount})`]));
  const lines = steps.flatMap(({ number, at, process, label, fault }) => {
    const event = events.get(number);
    events.delete(number);
    const step = `${String(number).padStart(5)}  ${(at / 1000).toFixed(3).padStart(9)} s  ${process.padEnd(22)} ${label}`;
    return [
      ...(event === undefined ? [] : [`${" ".repeat(20)}*** ${event}`]),
      fault === undefined ? step : `${step}   *** ${fault}`,
    ];
  });
  return [
    `${seed} is NOT right:`,
    ...findings.map((finding) => `  - ${finding}`),
    "",
    "The smallest history found that shows it:",
    describeHistory(smaller),
    "",
    " step         time  who                    what",
    ...lines,
  ].join("\n");
}

function describeHistory(history: History): string {
  const { voters, submissions, commands, closesAtMs, reader, sizes } = history;
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
  return [
    ...submissions.map(({ voter, law, choice, idempotencyKey, atMs, sends }, index) => {
      const key = idempotencyKey === undefined ? "without a key" : `with ${idempotencyKey}`;
      const onRoll = voters[voter]?.onRoll ?? "never";
      const times = sends === 1 ? "" : `, ${sends} times`;
      return `  voter ${index + 1}: person ${voter} (on the roll: ${onRoll}) votes ${choice} on L${law} at ${seconds(atMs)} ${key}${times}`;
    }),
    ...commands.map(({ atMs, command, abortsAfter, agoMs }) => {
      const ago = agoMs === undefined ? "" : ` to ${seconds(atMs - agoMs)}`;
      const aborted = abortsAfter === undefined ? "" : `, interrupted after ${abortsAfter} pieces`;
      return `  operator: ${command} at ${seconds(atMs)}${ago}${aborted}`;
    }),
    ...(reader === undefined
      ? []
      : [`  a reader of results: steps of ${reader.minimumVotes} votes at least, every ${reader.intervalSeconds} s`]),
    ...(closesAtMs === undefined ? [] : [`  L0 closes at ${seconds(closesAtMs)}`]),
    `  batches of ${sizes.votesBatch} votes and ${sizes.outcomesBatch} outcomes, ${sizes.functions} functions of each kind, ` +
      `${sizes.mostReceives} receives before the dead-letter queue`,
  ].join("\n");
}
