import { Command, Option } from "commander";
import { readNewLaw } from "../operations/laws/add.ts";
import { findOperators } from "../places/find-operators.ts";
import { LAW_FORMS, type LawForm, type Proof, type ResultsWhen } from "../shared/domain/law.ts";
import { CODE_KINDS, type CodeKind } from "../shared/domain/voter-code.ts";
import * as acts from "../shared/messages/operators/laws.ts";
import { UserError } from "../terminal/errors.ts";
import { print } from "../terminal/print.ts";
import { table } from "../terminal/table.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";
import { addCountCommand } from "./count-law.ts";
import { addChangeCommand, warnOfProof, withDraftOptions } from "./law-draft.ts";
import { addKeysCommands } from "./law-keys.ts";
import { addWindowCommands } from "./law-window.ts";
import { describeLaw, lawInstant } from "./law-words.ts";
import { tellProposed } from "./proposed.ts";
import { addRehearseCommand } from "./rehearse-law.ts";
import { addReportCommand } from "./report/command.ts";
import { show } from "./show-law.ts";

interface AddOptions extends CommonOptions {
  readonly title?: string;
  readonly titleFr?: string;
  readonly titleEn?: string;
  readonly opens?: string;
  readonly closes?: string;
  readonly pepper?: boolean;
  readonly codes?: CodeKind;
  readonly expect?: number;
  readonly results?: ResultsWhen;
  readonly form?: LawForm;
  readonly proof?: Proof;
}

/** `npm run laws`. */
export function lawsCommand(): Command {
  const program = new Command("npm run laws --").description(
    "Adds, changes, shows, opens, closes, counts, rehearses and reports on laws to vote on.",
  );
  withCommonOptions(
    withDraftOptions(
      program
        .command("add <id>")
        .description("adds a law as a draft; without a window it is open as soon as its roll is sealed"),
      "add",
    )
      .addOption(
        new Option(
          "--form <form>",
          "for life. sealed: ballots are sealed for trustees, who open them after the close; open: choices are in clear in " +
            "messages and rows (default: as open, in the messages of release 1)",
        ).choices(LAW_FORMS),
      )
      .option("--pepper", "hashes voters under a secret (default on AWS)")
      .option("--no-pepper", "hashes voters plainly (default on local and localstack)")
      .addOption(
        new Option(
          "--codes <kind>",
          "checked: only codes made by voters generate --law, of which ingest refuses mistyped and made-up ones at once " +
            "(default on AWS); any: codes from elsewhere too (default on local and localstack)",
        ).choices(CODE_KINDS),
      ),
  ).action(add);
  withCommonOptions(program.command("list").description("shows every law, its window, state and roll")).action(list);
  withCommonOptions(
    program
      .command("show <id>")
      .description("says where a law stands, what is missing for its next state, and who did what"),
  ).action(show);
  addChangeCommand(program);
  addKeysCommands(program);
  addWindowCommands(program);
  addCountCommand(program);
  addRehearseCommand(program);
  addReportCommand(program);
  return program;
}

async function add(lawId: string, options: AddOptions): Promise<void> {
  const { titleFr, titleEn, opens, closes, pepper, codes, expect, results, form, proof } = options;
  const title = options.title ?? titleFr;
  if (title === undefined || (options.title === undefined && titleEn === undefined)) {
    throw new UserError("What are voters asked? Give --title, or both --title-fr and --title-en.", 2);
  }
  // Mistakes in the options are reported whether a stack runs or not.
  const titles = { fr: titleFr, en: titleEn };
  readNewLaw({ lawId, title, titles, opens, closes, pepper, codes, form, proof, results }, new Date());
  const { api } = await findOperators(options);
  warnOfProof(proof);
  const facts = { opens, closes, pepper, codes, expected_voters: expect, results, form, proof };
  const request = { law_id: lawId, title, title_fr: titleFr, title_en: titleEn, ...facts };
  const outcome = await api.perform(acts.addLaw, request);
  if (outcome.kind === "proposed") return tellProposed(options, outcome.proposal);
  const { law, like_it } = outcome.result;
  if (like_it !== null) {
    process.stderr.write(
      `Warning: there is a law ${like_it} too, whose id differs by case only: voters will take one for the other.\n`,
    );
  }
  print(options, law, () =>
    [
      `Added. ${describeLaw(law)}`,
      ...(law.form === "sealed"
        ? [
            `The keys of its trustees: npm run keys -- new --law ${lawId} --origin ${law.origin} --trustees N --threshold K --out keys/`,
          ]
        : []),
      `Its roll: npm run voters -- load --file FILE --law ${lawId}`,
      `When all of it is loaded: npm run voters -- seal ${lawId} --expect ${expect ?? "N"}`,
    ].join("\n"),
  );
}

async function list(options: CommonOptions): Promise<void> {
  const { api } = await findOperators(options);
  const { laws } = await api.look(acts.listLaws, {});
  print(options, { laws }, () =>
    laws.length === 0
      ? 'There are no laws yet; add one with npm run laws -- add ID --title "…".'
      : table([
          ["law", "state", "form", "opens", "closes", "voters", "pepper", "title"],
          ...laws.map((law) => [
            law.law_id,
            law.rehearsal ? `${law.state}, rehearsal` : law.state,
            law.form ?? "-",
            lawInstant(law, law.opens_at),
            law.closes_at === null ? "-" : lawInstant(law, law.closes_at),
            String(law.voters),
            law.pepper_id ?? "-",
            law.title,
          ]),
        ]),
  );
}
