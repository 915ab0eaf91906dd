import type { Command } from "commander";
import type { z } from "zod";
import { findOperators } from "../places/find-operators.ts";
import { registerKeys, registerTest } from "../shared/messages/operators/sealed-laws.ts";
import { TestStatement } from "../shared/messages/trustees.ts";
import { print } from "../terminal/print.ts";
import { readJsonFile } from "../trustees/files.ts";
import { readPublicFile } from "../trustees/public-file.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";
import { describeLaw } from "./law-words.ts";
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
