import { type Law, lawState } from "../shared/domain/law.ts";
import { localInstant } from "../terminal/instant.ts";

/** A law in JSON; instants are in UTC. */
export function lawToJson(law: Law) {
  return {
    law_id: law.lawId,
    title: law.title,
    title_fr: law.titles?.fr ?? law.title,
    title_en: law.titles?.en ?? law.title,
    state: lawState(law, Date.now()),
    opens_at: law.opensAt,
    closes_at: law.closesAt ?? null,
    planned_opens_at: law.plannedOpensAt ?? null,
    planned_closes_at: law.plannedClosesAt ?? null,
    earlier_windows: (law.earlierWindows ?? []).map(({ opensAt, closesAt }) => ({
      opens_at: opensAt,
      closes_at: closesAt,
    })),
    utc_offset: law.utcOffset ?? null,
    pepper_id: law.pepperId ?? null,
    codes: law.codes ?? "any",
    key_version: law.keyVersion,
  };
}

/** An instant of a law in the zone that its times were given in, else in that of this machine. */
export function lawInstant(law: Law, instant: string): string {
  return localInstant(instant, law.utcOffset);
}

/** The same for a sentence, with UTC behind it: `2026-11-24T08:00:00-05:00 (13:00:00 UTC)`. */
function inBothZones(law: Law, instant: string): string {
  const shown = lawInstant(law, instant);
  return shown.endsWith("+00:00") ? shown : `${shown} (${new Date(instant).toISOString().slice(11, 19)} UTC)`;
}

/** State and window of a law in sentences, with what was planned where somebody changed it by hand. */
export function describeLaw(law: Law): string {
  const until = law.closesAt === undefined ? "until it is closed" : `until ${inBothZones(law, law.closesAt)}`;
  const state = lawState(law, Date.now()).replaceAll("_", " ");
  const sentences = [`${law.lawId} is ${state}: it takes votes from ${inBothZones(law, law.opensAt)} ${until}.`];
  for (const { opensAt, closesAt } of law.earlierWindows ?? []) {
    sentences.push(`It took votes from ${inBothZones(law, opensAt)} until ${inBothZones(law, closesAt)}.`);
  }
  const planned = [
    ...(isOther(law.plannedOpensAt, law.opensAt) ? [`to open at ${inBothZones(law, law.plannedOpensAt)}`] : []),
    ...(isOther(law.plannedClosesAt, law.closesAt) ? [`to close at ${inBothZones(law, law.plannedClosesAt)}`] : []),
  ];
  if (planned.length > 0) sentences.push(`It was planned ${planned.join(" and ")}.`);
  return sentences.join(" ");
}

function isOther(planned: string | undefined, present: string | undefined): planned is string {
  return planned !== undefined && planned !== present;
}
