import type { OperatorsLaw } from "../shared/messages/operators/laws.ts";
import { localInstant } from "../terminal/instant.ts";
import { counted } from "./slip-options.ts";

/** An instant of a law in the zone that its times were given in, else in that of this machine. */
export function lawInstant(law: Pick<OperatorsLaw, "utc_offset">, instant: string): string {
  return localInstant(instant, law.utc_offset ?? undefined);
}

/** The same for a sentence, with UTC behind it: `2026-11-24T08:00:00-05:00 (13:00:00 UTC)`. */
function inBothZones(law: OperatorsLaw, instant: string): string {
  const shown = lawInstant(law, instant);
  return shown.endsWith("+00:00") ? shown : `${shown} (${new Date(instant).toISOString().slice(11, 19)} UTC)`;
}

/** State and window of a law in sentences, with what was planned where somebody changed it by hand. */
export function describeLaw(law: OperatorsLaw): string {
  const until = law.closes_at === null ? "until it is closed" : `until ${inBothZones(law, law.closes_at)}`;
  const state = law.state === "draft" ? "a draft" : law.state;
  const window = `it ${law.state === "destroyed" ? "took" : "takes"} votes from ${inBothZones(law, law.opens_at)} ${until}`;
  const sentences = [
    `${law.law_id} is ${state}: ${window}${law.state === "draft" ? ", once its roll is sealed" : ""}.`,
  ];
  if (law.rehearsal) sentences.push("It is a rehearsal: its votes do not count.");
  for (const { opens_at, closes_at } of law.earlier_windows) {
    const ended = closes_at === null ? "" : ` until ${inBothZones(law, closes_at)}`;
    sentences.push(`It took votes from ${inBothZones(law, opens_at)}${ended}.`);
  }
  const planned = [
    ...(isOther(law.planned_opens_at, law.opens_at) ? [`to open at ${inBothZones(law, law.planned_opens_at)}`] : []),
    ...(isOther(law.planned_closes_at, law.closes_at)
      ? [`to close at ${inBothZones(law, law.planned_closes_at)}`]
      : []),
  ];
  if (planned.length > 0) sentences.push(`It was planned ${planned.join(" and ")}.`);
  if (law.state === "draft" && law.expected_voters !== null) {
    sentences.push(`It expects ${counted(law.expected_voters, "voter")}.`);
  }
  sentences.push(...describeForm(law));
  if (law.results === "after_close") sentences.push("Its results are public after it has closed.");
  return sentences.join(" ");
}

/** The states of a law that is counted. */
const COUNTED = new Set(["counted", "certified", "published"]);

/** The form of a law in sentences; nothing for one without a form. */
function describeForm({ form, trustees, proof, box_closed, state }: OperatorsLaw): readonly string[] {
  if (form === null) return [];
  if (form === "open") return ["It is an open law."];
  const whose =
    trustees === null
      ? "It is a sealed law without keys."
      : `It is a sealed law: ${trustees.threshold} of ${trustees.trustees} trustees open its box, with the key ` +
        `${trustees.key_id}${trustees.tested ? "" : ", which is not tested"}.`;
  const sentences = [whose];
  if (proof === "voter") sentences.push("Its voters can find their ballots in the opened list.");
  if (box_closed && !COUNTED.has(state)) sentences.push("Its box is closed.");
  return sentences;
}

function isOther(planned: string | null, present: string | null): planned is string {
  return planned !== null && planned !== present;
}
