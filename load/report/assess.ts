/** How good a figure is, by the thresholds of the requirements. */
export type Grade = "EXCELLENT" | "GOOD" | "POOR";

/** A figure with its grade. */
export interface Assessment {
  readonly name: "throughput" | "p95" | "success";
  readonly grade: Grade;
  readonly text: string;
}

/** @param perSecond requests answered per second: EXCELLENT from 1,000, GOOD from 500 */
export function gradeThroughput(perSecond: number): Grade {
  if (perSecond >= 1_000) return "EXCELLENT";
  return perSecond >= 500 ? "GOOD" : "POOR";
}

/** @param milliseconds EXCELLENT below 100, GOOD below 200 */
export function gradeP95(milliseconds: number): Grade {
  if (milliseconds < 100) return "EXCELLENT";
  return milliseconds < 200 ? "GOOD" : "POOR";
}

/**
 * @param expected requests that were answered as they should be
 * @param sent all requests: EXCELLENT from 99.9 %, GOOD from 99 %. Counted in whole requests, so that nothing is rounded up
 */
export function gradeSuccess(expected: number, sent: number): Grade {
  if (sent > 0 && expected * 1_000 >= sent * 999) return "EXCELLENT";
  return sent > 0 && expected * 100 >= sent * 99 ? "GOOD" : "POOR";
}

/**
 * A share as it may be printed: cut, not rounded, so that 99.996 % does not read as 100 %.
 *
 * @param part how many
 * @param whole of how many
 */
export function percentText(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${(Math.floor((part / whole) * 10_000) / 100).toFixed(2)} %`;
}
