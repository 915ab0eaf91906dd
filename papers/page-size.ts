/** Paper that offices print on, upright, in points: 72 to the inch (ANSI/ASME Y14.1, ISO 216). */
export const PAGE_SIZES = { letter: { width: 612, height: 792 }, a4: { width: 595.28, height: 841.89 } } as const;
export type PaperName = keyof typeof PAGE_SIZES;
export const PAPER_NAMES: readonly PaperName[] = ["letter", "a4"];
