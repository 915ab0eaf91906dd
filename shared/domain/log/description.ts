import { CHOICES } from "../ballot.ts";
import { canonicalJson } from "../canonical-json.ts";
import type { Law, PromiseKey } from "../law.ts";
import { describedPromiseKeys } from "../promise.ts";
import { keyIdOf } from "../sealing/key-id.ts";

/** A sealed roll, as a description names it. */
interface DescribedRoll {
  readonly voters: number;
  /** Hexadecimal digits. */
  readonly digest: string;
}

/** What the log of a law says of the law before anybody votes. */
export interface DescribedLaw
  extends Pick<Law, "lawId" | "title" | "titles" | "opensAt" | "closesAt" | "results" | "form" | "trustees" | "proof"> {
  readonly origin: string;
  readonly promiseKeys: readonly PromiseKey[];
  readonly roll: DescribedRoll;
}

/** A description of a law: what the text of its note says. */
export type Description = Readonly<Record<string, unknown>> & { readonly version: number };

/**
 * The first description of a law. It has everything that voters, trustees and observers have to agree on.
 *
 * @param law the law as it is when it becomes ready
 */
export function firstDescription(law: DescribedLaw): Description {
  const { lawId, origin, titles, title, opensAt, closesAt, trustees, form = "open" } = law;
  return {
    v: 1,
    kind: "referendum description",
    version: 1,
    law_id: lawId,
    origin,
    form,
    titles: { fr: titles?.fr ?? title, en: titles?.en ?? title },
    options: CHOICES,
    opens_at: opensAt,
    ...(closesAt === undefined ? {} : { closes_at: closesAt }),
    results: law.results ?? "live",
    proof: law.proof ?? "none",
    ...(trustees === undefined
      ? {}
      : {
          election_key: trustees.electionKey,
          signing_key: trustees.signingKey,
          key_id: keyIdOf(Buffer.from(trustees.electionKey, "base64url")).toString("hex"),
        }),
    ...changing(law),
  };
}

function changing({ promiseKeys, roll }: Pick<DescribedLaw, "promiseKeys" | "roll">) {
  return { promise_keys: describedPromiseKeys(promiseKeys), roll };
}

/**
 * The next description of a law. Only keys of promises and the roll change; windows are changed by acts that the
 * journal tells of.
 *
 * @param last the one before
 * @param law the law as it is
 * @returns undefined when nothing has changed
 */
export function nextDescription(last: Description, law: DescribedLaw): Description | undefined {
  const next = { ...last, ...changing(law) };
  return canonicalJson(next) === canonicalJson(last) ? undefined : { ...next, version: last.version + 1 };
}

/** What no act changes once a law is described. Windows are changed by acts that the journal tells of. */
const FIXED = ["origin", "form", "titles", "options", "results", "proof", "election_key", "signing_key"] as const;

/**
 * What a law says of itself that its description says otherwise, and that no act changes.
 *
 * @param described a description of the law
 * @param law the law as it is
 * @returns names of fields
 */
export function otherwiseDescribed(described: Description, law: DescribedLaw): readonly string[] {
  const now: Readonly<Record<string, unknown>> = firstDescription(law);
  return FIXED.filter((name) => canonicalJson(described[name] ?? null) !== canonicalJson(now[name] ?? null));
}

/**
 * The text of a description's note: a line of JSON, with names in order.
 *
 * @param description the description
 */
export function descriptionText(description: Description): string {
  return `${canonicalJson(description)}\n`;
}
