import { CHECK_IDS, CHECKS, type CheckId, type Kind, type Phase, type Who } from "./checks.ts";
import type { Finding } from "./texts/texts.ts";

/**
 * Why a check was not run. `not_yet`: the law runs, and what the check looks at comes later. `missing`: a file of the
 * bundle is. `not_asked`: it needs something that was not given. `not_this_law`: laws of this form have no such thing.
 * `after_failure`: it needs something that another check has found wrong.
 */
export type Reason = "not_yet" | "missing" | "not_asked" | "not_this_law" | "after_failure";

/** What came of a check. */
export interface CheckResult {
  readonly id: CheckId;
  readonly phase: Phase;
  readonly kind: Kind;
  readonly who: Who;
  readonly outcome: "holds" | "fails" | "not_run";
  /** Of a check that was not run. */
  readonly because: Reason | undefined;
  /** What is wrong: the first of it. */
  readonly findings: readonly Finding[];
  /** How many findings there are besides. */
  readonly more: number;
  /** What else is worth knowing. */
  readonly facts: readonly Finding[];
}

/**
 * What all checks say together. `fails`: at least one found something wrong. `partial`: files of a certified law are
 * missing, and nothing else is wrong. `running`: the law is not certified yet, and nothing is wrong so far. `holds`:
 * everything that can be checked was checked, and is right.
 */
export type Verdict = "fails" | "partial" | "running" | "holds";

const MOST_FINDINGS = 10;

/** Collects what checks find. */
export class Report {
  readonly #run = new Set<CheckId>();
  readonly #reasons = new Map<CheckId, Reason>();
  readonly #findings = new Map<CheckId, Finding[]>();
  readonly #more = new Map<CheckId, number>();
  readonly #facts = new Map<CheckId, Finding[]>();

  /** Notes that a check was run to its end. */
  ran(...ids: readonly CheckId[]): void {
    for (const id of ids) this.#run.add(id);
  }

  /** Notes that something is wrong. */
  fail(id: CheckId, finding: Finding): void {
    this.#run.add(id);
    const findings = this.#findings.get(id) ?? [];
    this.#findings.set(id, findings);
    if (findings.length < MOST_FINDINGS) findings.push(finding);
    else this.#more.set(id, (this.#more.get(id) ?? 0) + 1);
  }

  /** Notes what else is worth knowing about a check. */
  say(id: CheckId, fact: Finding): void {
    this.#facts.set(id, [...(this.#facts.get(id) ?? []), fact]);
  }

  /** Notes why checks are not run; the first reason stays. */
  skip(because: Reason, ...ids: readonly CheckId[]): void {
    for (const id of ids) if (!this.#reasons.has(id)) this.#reasons.set(id, because);
  }

  /** Whether a check has found something. */
  hasFailed(id: CheckId): boolean {
    return this.#findings.has(id);
  }

  /** What came of every check, in their order. */
  results(): CheckResult[] {
    return CHECK_IDS.map((id) => {
      const findings = this.#findings.get(id) ?? [];
      const reason = this.#reasons.get(id);
      const isRun = findings.length > 0 || (this.#run.has(id) && reason === undefined);
      return {
        id,
        ...CHECKS[id],
        outcome: findings.length > 0 ? "fails" : isRun ? "holds" : "not_run",
        because: isRun ? undefined : (reason ?? "after_failure"),
        findings,
        more: this.#more.get(id) ?? 0,
        facts: this.#facts.get(id) ?? [],
      };
    });
  }

  /** What all checks say together. @param isCertified whether there is a certificate */
  verdict(isCertified: boolean): Verdict {
    const failed = [...this.#findings.keys()];
    if (failed.some((id) => id !== "1.01")) return "fails";
    if (failed.length > 0) return "partial";
    if (!isCertified) return "running";
    // What could not be run must have a reason that is no fault of the bundle.
    const unexplained = this.results().some(({ because }) => because === "after_failure" || because === "missing");
    return unexplained ? "partial" : "holds";
  }
}
