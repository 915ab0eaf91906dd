import type { Command } from "commander";
import type { z } from "zod";
import { findOperators } from "../places/find-operators.ts";
import { changePromiseKey } from "../shared/messages/operators/laws.ts";
import { registerKeys, registerTest } from "../shared/messages/operators/sealed-laws.ts";
import { TestStatement } from "../shared/messages/trustees.ts";
import { print } from "../terminal/print.ts";
import { readJsonFile } from "../trustees/files.ts";
import { readPublicFile } from "../trustees/public-file.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";
import { describeLaw, lawInstant } from "./law-words.ts";
import { tellProposed } from "./proposed.ts";

/** Adds `keys` and `test-opening` to the command. */
export function addKeysCommands(program: Command): void {
  withCommonOptions(
    program
      .command("keys <id>")
      .description("registers the keys of the trustees of a sealed law, while it is a draft")
      .requiredOption("--public <file>", "the trustees' public file, LAW.public.json")
      .addHelpText(
        "after",
        "\nOther keys, or the same keys split again, have to be tested again. See docs/sealing.md.",
      ),
  ).action(keys);
  withCommonOptions(
    program
      .command("test-opening <id>")
      .description("takes the statement that enough trustees have opened test ballots; then the roll can be sealed")
      .requiredOption("--statement <file>", "what npm run keys -- test has written"),
  ).action(testOpening);
  withCommonOptions(
    program
      .command("promise-key <id>")
      .description("after a rotation: from a moment that it names, the promises of a law are made with the newest key"),
  ).action(promiseKey);
}

async function promiseKey(lawId: string, options: CommonOptions): Promise<void> {
  const { api } = await findOperators(options);
  const outcome = await api.perform(changePromiseKey, { law_id: lawId });
  if (outcome.kind === "proposed") return tellProposed(options, outcome.proposal);
  print(options, outcome.result, () => describePromiseKey(outcome.result));
}

/**
 * Which key a law promises with, in a sentence.
 *
 * @param result of the act
 */
export function describePromiseKey({ law, changed }: z.output<typeof changePromiseKey.result>): string {
  const key = law.promise_keys.at(-1);
  if (key === undefined) return `${law.law_id} names no key of promises.`;
  const begins = changed
    ? `promises with it from ${lawInstant(law, key.from)} on`
    : "names it already: nothing changed";
  return `The key of promises is ${key.key_id}, version ${key.version} of the secret. ${law.law_id} ${begins}.`;
}

async function keys(lawId: string, options: CommonOptions & { readonly public: string }): Promise<void> {
  const file = await readPublicFile(options.public);
  const { api } = await findOperators(options);
  const outcome = await api.perform(registerKeys, { law_id: lawId, keys: file });
  if (outcome.kind === "proposed") return tellProposed(options, outcome.proposal);
  print(options, outcome.result, () => describeRegistered(outcome.result));
}

async function testOpening(lawId: string, options: CommonOptions & { readonly statement: string }): Promise<void> {
  const statement = await readJsonFile(options.statement, TestStatement, "the statement of npm run keys -- test");
  const { api } = await findOperators(options);
  const outcome = await api.perform(registerTest, { law_id: lawId, statement });
  if (outcome.kind === "proposed") return tellProposed(options, outcome.proposal);
  print(options, outcome.result, () => describeRegistered(outcome.result));
}

/**
 * What is registered of the trustees of a law, in sentences.
 *
 * @param result of either act
 */
export function describeRegistered({ law, changed }: z.output<typeof registerKeys.result>): string {
  const next = law.trustees?.tested
    ? `Its roll can be sealed: npm run voters -- seal ${law.law_id} --expect ${law.expected_voters ?? "N"}`
    : `Its trustees open test ballots by npm run keys -- test; then npm run laws -- test-opening ${law.law_id} --statement FILE`;
  return `${changed ? "Registered." : "Nothing changed."} ${describeLaw(law)}\n${next}`;
}
