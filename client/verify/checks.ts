/** When what a check looks at is made. */
export const PHASES = ["setup", "voting", "counting"] as const;
export type Phase = (typeof PHASES)[number];

/**
 * What a check is about. Completeness: nothing is missing. Authenticity: it comes from whoever is named. Consistency:
 * two things say the same. Integrity: it is as it was made.
 */
const KINDS = ["completeness", "authenticity", "consistency", "integrity"] as const;
export type Kind = (typeof KINDS)[number];

/**
 * Who can run a check. Observer: everybody who has the published bundle. Voter: with the own saved receipt. Auditor:
 * with the voter hashes of the roll. Trustee: with the box, or the public file of the trustees' keys.
 */
const WHO = ["observer", "voter", "auditor", "trustee"] as const;
export type Who = (typeof WHO)[number];

interface Check {
  readonly phase: Phase;
  readonly kind: Kind;
  readonly who: Who;
}

const check = (phase: Phase, kind: Kind, who: Who = "observer"): Check => ({ phase, kind, who });

/** The numbered checks, in their order. */
export const CHECKS = {
  "1.01": check("setup", "completeness"),
  "1.02": check("setup", "authenticity"),
  "1.03": check("setup", "authenticity"),
  "1.04": check("setup", "integrity"),
  "1.05": check("setup", "consistency"),
  "1.06": check("setup", "integrity"),
  "1.07": check("setup", "consistency"),
  "1.08": check("setup", "authenticity", "trustee"),
  "1.09": check("setup", "integrity", "auditor"),
  "1.10": check("setup", "consistency"),
  "2.01": check("voting", "authenticity"),
  "2.02": check("voting", "consistency"),
  "2.03": check("voting", "integrity"),
  "2.04": check("voting", "integrity"),
  "2.05": check("voting", "consistency"),
  "2.06": check("voting", "integrity"),
  "2.07": check("voting", "consistency"),
  "2.08": check("voting", "consistency"),
  "2.09": check("voting", "completeness"),
  "2.10": check("voting", "authenticity"),
  "2.11": check("voting", "integrity"),
  "2.12": check("voting", "completeness"),
  "2.13": check("voting", "completeness", "voter"),
  "3.01": check("counting", "authenticity"),
  "3.02": check("counting", "consistency"),
  "3.03": check("counting", "consistency"),
  "3.04": check("counting", "consistency"),
  "3.05": check("counting", "consistency"),
  "3.06": check("counting", "completeness"),
  "3.07": check("counting", "completeness"),
  "3.08": check("counting", "authenticity"),
  "3.09": check("counting", "integrity"),
  "3.10": check("counting", "consistency"),
  "3.11": check("counting", "integrity"),
  "3.12": check("counting", "completeness", "trustee"),
  "3.13": check("counting", "completeness", "voter"),
} as const satisfies Record<string, Check>;

export type CheckId = keyof typeof CHECKS;

/** The numbers of all checks, in order. */
export const CHECK_IDS = Object.keys(CHECKS).filter(isCheckId);

/** Whether a text is the number of a check. */
function isCheckId(text: string): text is CheckId {
  return Object.hasOwn(CHECKS, text);
}
