import type { WatchedLaw } from "../shared/messages/operators/watch.ts";

const COMMANDS = {
  keys: (law: string) => `npm run laws -- keys ${law} --public FILE`,
  testOpening: (law: string) => `npm run laws -- test-opening ${law} --statement FILE`,
  load: (law: string) => `npm run voters -- load --file FILE --law ${law}`,
  check: (law: string) => `npm run voters -- check FILE --law ${law}`,
  seal: (law: string) => `npm run voters -- seal ${law} --expect N`,
  rebuild: (law: string) => `npm run ops -- rebuild-roll ${law}`,
  add: (law: string) => `npm run voters -- add ${law} --file FILE`,
  replace: (law: string) => `npm run voters -- replace ${law} --file FILE`,
  strike: (law: string) => `npm run voters -- strike ${law} --file FILE`,
  find: (law: string) => `npm run voters -- find ${law}`,
  open: (law: string) => `npm run laws -- open ${law}`,
  close: (law: string) => `npm run laws -- close ${law}`,
  count: (law: string) => `npm run laws -- count ${law}`,
  settle: (law: string) => `npm run ops -- settle ${law}`,
  setAside: () => "npm run ops -- set-aside",
  exportBox: (law: string) => `npm run ops -- export-box ${law} --out FILE`,
  bringOpening: (law: string) => `npm run ops -- bring-opening ${law} --file FILE`,
  certify: (law: string) => `npm run ops -- certify ${law}`,
  publish: (law: string) => `npm run ops -- publish ${law}`,
  report: (law: string) => `npm run laws -- report ${law} --to report`,
  destroy: (law: string) => `npm run ops -- destroy ${law}`,
} as const;
/** A command for one law. */
export type LawCommand = keyof typeof COMMANDS;

/** A command, as it is typed for a law. */
export interface NamedCommand {
  readonly name: LawCommand;
  readonly command: string;
}

/**
 * The commands that bring a law on, or that voters may need now. They go by state, form, roll and box, as
 * `npm run laws -- show` and what refuses an act do (shared/domain/law-life.ts); a test compares them.
 *
 * @param law the law
 * @param now the stage's clock
 * @returns the first one first
 */
export function lawCommands(law: WatchedLaw, now: string): readonly NamedCommand[] {
  return namesOf(law, now).map((name) => ({ name, command: COMMANDS[name](law.law_id) }));
}

function namesOf(law: WatchedLaw, now: string): readonly LawCommand[] {
  const { state, closes_at, log_key } = law;
  switch (state) {
    case "draft":
      return ofRoll(law);
    case "ready":
      return [...ofRoll(law), "open", "add", "replace", "strike"];
    case "open":
      return [...ofRoll(law), "close", "find", "replace", "strike"];
    case "frozen":
      return closes_at !== null && Date.parse(closes_at) <= Date.parse(now)
        ? ofClosed(law)
        : [...ofRoll(law), "close", "find"];
    case "closed":
      return ofClosed(law);
    case "counted":
      // Without a log, nothing can be certified, and its result is final as it is.
      return log_key === null ? ["report", "destroy"] : ["certify", "report"];
    case "certified":
      return ["publish", "report"];
    case "published":
      return ["report", "destroy"];
    case "destroyed":
      return [];
  }
}

function ofClosed(law: WatchedLaw): readonly LawCommand[] {
  return law.box_closed ? ["exportBox", "bringOpening", "count"] : [...ofRoll(law), "count", "settle", "setAside"];
}

/** What the roll needs: before it is sealed, everything up to that; afterwards, only Redis may have lost it. */
function ofRoll({ form, trustees, sealed_voters, voters, complete, unfinished }: WatchedLaw): readonly LawCommand[] {
  const isUnfinished = unfinished !== null && unfinished.length > 0;
  if (sealed_voters !== null) return complete === false || isUnfinished ? ["rebuild"] : [];
  const isTested = form !== "sealed" || trustees?.tested === true;
  const names: LawCommand[] = [];
  if (!isTested) names.push(...(trustees === null ? (["keys", "testOpening"] as const) : (["testOpening"] as const)));
  names.push("load");
  if (voters !== 0) names.push("check");
  if (voters !== 0 && isTested && !isUnfinished) names.push("seal");
  return names;
}
