import { Command, Option } from "commander";
import { addLaw, readNewLaw } from "../operations/laws/add.ts";
import { existingLaws } from "../operations/laws/existing-laws.ts";
import { closeLaw, openLaw } from "../operations/laws/window.ts";
import { rollSizes } from "../operations/roll/count.ts";
import { withTarget } from "../places/find-target.ts";
import { type Law, lawState } from "../shared/domain/law.ts";
import { CODE_KINDS, type CodeKind } from "../shared/domain/voter-code.ts";
import { UserError } from "../terminal/errors.ts";
import { localInstant } from "../terminal/instant.ts";
import { print } from "../terminal/print.ts";
import { table } from "../terminal/table.ts";
import { type CommonOptions, withCommonOptions } from "./common-options.ts";

interface AddOptions extends CommonOptions {
  readonly title: string;
  readonly opens?: string;
  readonly closes?: string;
  readonly pepper?: boolean;
  readonly codes?: CodeKind;
}

/** `npm run laws`. */
export function lawsCommand(): Command {
  const program = new Command("npm run laws --").description("Adds, lists, opens and closes laws to vote on.");
  withCommonOptions(
    program
      .command("add <id>")
      .description("adds a law; without a window it is open from now on")
      .requiredOption("--title <text>", "what voters are asked")
      .option("--opens <instant>", "when voting opens, with its zone: 2026-11-24T08:00:00-05:00")
      .option("--closes <instant>", "when voting closes; a vote at exactly this instant is late")
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
    program.command("open <id>").description("opens a law now; a closed one stays open until it is closed again"),
  ).action((id: string, options: CommonOptions) => change(id, options, openLaw));
  withCommonOptions(program.command("close <id>").description("closes a law now")).action(
    (id: string, options: CommonOptions) => change(id, options, closeLaw),
  );
  return program;
}

async function add(lawId: string, options: AddOptions): Promise<void> {
  const { title, opens, closes, pepper, codes } = options;
  const request = { lawId, title, opens, closes, pepper, codes };
  // Mistakes in the options are reported whether a stack runs or not.
  readNewLaw(request, new Date());
  await withTarget(options, async (target) => {
    const law = await addLaw(target, request);
    const likeIt = (await target.laws.list()).find(
      (other) => other.lawId !== lawId && other.lawId.toLowerCase() === lawId.toLowerCase(),
    );
    if (likeIt !== undefined) {
      process.stderr.write(
        `Warning: there is a law ${likeIt.lawId} too, whose id differs by case only: voters will take one for the other.\n`,
      );
    }
    print(options, toJson(law), () =>
      [`Added. ${describeLaw(law)}`, `Its roll: npm run voters -- load --file FILE --law ${lawId}`].join("\n"),
    );
  });
}

async function change(lawId: string, options: CommonOptions, apply: (law: Law, now: Date) => Law): Promise<void> {
  await withTarget(options, async (target) => {
    const [law] = await existingLaws(target, [lawId]);
    if (law === undefined) throw new UserError(`There is no law ${lawId}.`);
    const changed = apply(law, new Date());
    await target.laws.put(changed);
    print(options, toJson(changed), () => `${describeLaw(changed)} The API knows within seconds.`);
  });
}

async function list(options: CommonOptions): Promise<void> {
  await withTarget(options, async (target) => {
    const laws = await target.laws.list();
    const sizes = await rollSizes(target);
    const rows = laws.map((law) => ({ ...toJson(law), voters: sizes.get(law.lawId) ?? 0 }));
    print(options, { laws: rows }, () =>
      rows.length === 0
        ? 'There are no laws yet; add one with npm run laws -- add ID --title "…".'
        : table([
            ["law", "state", "opens", "closes", "voters", "pepper", "title"],
            ...rows.map((row) => [
              row.law_id,
              row.state.replaceAll("_", " "),
              localInstant(row.opens_at),
              row.closes_at === null ? "-" : localInstant(row.closes_at),
              String(row.voters),
              row.pepper_id ?? "-",
              row.title,
            ]),
          ]),
    );
  });
}

function toJson(law: Law) {
  return {
    law_id: law.lawId,
    title: law.title,
    state: lawState(law, Date.now()),
    opens_at: law.opensAt,
    closes_at: law.closesAt ?? null,
    pepper_id: law.pepperId ?? null,
    codes: law.codes ?? "any",
    key_version: law.keyVersion,
  };
}

function describeLaw(law: Law): string {
  const until = law.closesAt === undefined ? "until it is closed" : `until ${localInstant(law.closesAt)}`;
  return `${law.lawId} is ${lawState(law, Date.now()).replaceAll("_", " ")}: it takes votes from ${localInstant(law.opensAt)} ${until}.`;
}
