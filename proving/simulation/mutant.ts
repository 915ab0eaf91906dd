/** A mistake that people really make, as a change of the source. */
export interface Mutant {
  readonly name: string;
  /** The mistake in words. */
  readonly mistake: string;
  readonly edits: readonly Edit[];
  /**
   * The seed of a random history that catches it, found by `npm run simulate -- --mutants --search`, or the name of a
   * history of crash points (crash-points.ts), of which one catches it.
   */
  readonly seed: number | string;
}

/** Text that a file has once, and its replacement. */
export interface Edit {
  /** From the project's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}
