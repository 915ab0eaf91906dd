import type { Command } from "commander";
import { findOperators } from "../../places/find-operators.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import * as queues from "../../shared/messages/operators/queues.ts";
import { confirm } from "../../terminal/confirm.ts";
import { UserError } from "../../terminal/errors.ts";
import { localInstant } from "../../terminal/instant.ts";
import { print } from "../../terminal/print.ts";
import { table } from "../../terminal/table.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";
import { counted, type SlipOptions, withYes } from "../slip-options.ts";
import { type DeadLetters, deadLettersIn, queuesNamed, unreadableIn } from "./dead-letters.ts";
import { describeSentBack, describeTaken } from "./set-aside-words.ts";

interface SetAsideOptions extends CommonOptions, SlipOptions {
  readonly reason?: string;
  readonly list?: true;
  readonly undo?: string;
  readonly dryRun?: true;
}

/**
 * Adds `npm run ops -- set-aside`.
 *
 * @param program the ops command
 */
export function setAsideCommand(program: Command): void {
  withYes(
    withCommonOptions(
      program
        .command("set-aside [queue] [fingerprint]")
        .description(
          "takes messages that nothing can read out of a dead-letter queue and keeps them encrypted; without a fingerprint, lists them",
        )
        .option("--reason <text>", "why, for the journal")
        .option("--list", "lists what was set aside")
        .option("--undo <fingerprint>", "sends what was set aside back to its queue")
        .option("--dry-run", "says how many messages there are, and changes nothing")
        .addHelpText("after", "\nA message that this release can read is a vote, and is never set aside."),
    ),
  ).action(setAside);
}

/** What Ctrl-C leaves. */
const SETTING_ASIDE_INTERRUPTED =
  "Interrupted: every message is either in its dead-letter queue or set aside. Run the same command again.";
/** What Ctrl-C leaves of an undoing. */
const SENDING_BACK_INTERRUPTED =
  "Interrupted: every message is either set aside or sent back. Run the same command again.";

const FINGERPRINT = /^[0-9a-f]{64}$/i;

async function setAside(
  name: string | undefined,
  fingerprint: string | undefined,
  options: SetAsideOptions,
): Promise<void> {
  const { list, undo, reason } = options;
  if ([name !== undefined, list === true, undo !== undefined].filter(Boolean).length !== 1) {
    throw new UserError("Name a queue (votes or outcomes), or give --list or --undo FINGERPRINT.", 2);
  }
  for (const given of [fingerprint, undo]) {
    if (given !== undefined && !FINGERPRINT.test(given)) {
      throw new UserError(`${given} is not a fingerprint of 64 hexadecimal digits; the list shows them.`, 2);
    }
  }
  const [queue] = name === undefined ? [] : queuesNamed(name);
  if (fingerprint !== undefined && reason === undefined && options.dryRun === undefined) {
    throw new UserError("Say why with --reason: it stays in the journal.", 2);
  }
  const { api } = await findOperators(options);
  if (undo !== undefined) return sendBack(api, undo.toLowerCase(), options);
  if (queue === undefined) return listAll(api, options);
  const found = await deadLettersIn(api, queue);
  if (fingerprint === undefined) return listUnreadable(queue, found, options);
  return take(api, queue, fingerprint.toLowerCase(), found, options);
}

type Api = Pick<OperatorsApi, "look" | "perform">;

async function take(
  api: Api,
  queue: queues.QueueName,
  fingerprint: string,
  found: DeadLetters,
  options: SetAsideOptions,
): Promise<void> {
  const one = found.unreadable.find((each) => each.fingerprint === fingerprint);
  if (one === undefined) {
    const rest = found.complete ? "" : " that could be looked at in one go";
    throw new UserError(
      `No dead letter of ${queue}${rest} that nothing can read has the fingerprint ${fingerprint}. npm run ops -- set-aside ${queue} lists them.`,
    );
  }
  const messages = counted(one.messages, "message");
  if (options.dryRun) {
    return print(
      options,
      { dry_run: true, queue, ...one },
      () => `${messages} of ${one.bytes} bytes would be set aside. Nothing was changed.`,
    );
  }
  const what =
    `${messages} of ${one.bytes} bytes, which this release cannot read, will leave the dead letters of ${queue} and be kept ` +
    "encrypted. If one of them is a vote, it is not counted.";
  const afterwards = `npm run ops -- set-aside --undo ${fingerprint} sends them back.`;
  await confirm(options, { what, word: queue, afterwards });
  const law = one.law_id === null ? {} : { law_id: one.law_id };
  const request = { queue, fingerprint, reason: options.reason ?? "", ...law };
  const interrupted = () => SETTING_ASIDE_INTERRUPTED;
  const result = await perform(api, queues.setAside, request, { ...options, interrupted });
  if (result !== undefined) print(options, result, () => describeTaken(result));
}

async function sendBack(api: Api, fingerprint: string, options: SetAsideOptions): Promise<void> {
  const { messages } = await api.look(queues.listSetAside, {});
  const kept = messages.filter((one) => one.fingerprint === fingerprint && !one.undone);
  if (options.dryRun) {
    const total = kept.reduce((sum, one) => sum + one.messages, 0);
    return print(
      options,
      { dry_run: true, fingerprint, messages: total },
      () => `${counted(total, "message")} would be sent back. Nothing was changed.`,
    );
  }
  const interrupted = () => SENDING_BACK_INTERRUPTED;
  const lawId = kept.find(({ law_id }) => law_id !== null)?.law_id ?? undefined;
  const request = { fingerprint, ...(lawId === undefined ? {} : { law_id: lawId }) };
  const result = await perform(api, queues.undoSetAside, request, { ...options, interrupted });
  if (result !== undefined) print(options, result, () => describeSentBack(result));
}

async function listAll(api: Api, options: SetAsideOptions): Promise<void> {
  const { messages } = await api.look(queues.listSetAside, {});
  print(options, { messages }, () =>
    messages.length === 0
      ? "Nothing is set aside."
      : table([
          ["queue", "messages", "fingerprint", "since", "state", "reason"],
          ...messages.map((one) => [
            one.queue,
            String(one.messages),
            one.fingerprint,
            localInstant(one.at),
            one.undone ? "sent back" : "set aside",
            one.reason,
          ]),
        ]),
  );
}

function listUnreadable(queue: queues.QueueName, found: DeadLetters, options: SetAsideOptions): void {
  print(options, { queue, ...found }, () =>
    [
      `${queue}: ${counted(unreadableIn(found), "dead letter")} that nothing can read, and ${found.readable.toLocaleString("en")} others.`,
      ...(found.unreadable.length === 0
        ? []
        : [
            table([
              ["fingerprint", "bytes", "messages"],
              ...found.unreadable.map(({ fingerprint, bytes, messages }) => [
                fingerprint,
                String(bytes),
                String(messages),
              ]),
            ]),
            `npm run ops -- set-aside ${queue} FINGERPRINT --reason "…" takes one out.`,
          ]),
      ...(found.complete ? [] : ["There are more than could be looked at in one go: redrive the others first."]),
    ].join("\n"),
  );
}
