/** The grade of a figure, by the thresholds of the requirements. */
export type Grade = "EXCELLENT" | "GOOD" | "AS OFFERED" | "POOR";

/** A figure with its grade. */
export interface Assessment {
  readonly name: "throughput" | "p95" | "success";
  readonly grade: Grade;
  readonly text: string;
}

/** The requests per second that the service must hold. */
export const PEAK_PER_SECOND = 1_000;

/** The share of the offered rate that a run reaches, since starting and ending take time. */
const AS_OFFERED = 0.95;

/**
 * @param perSecond requests answered per second: EXCELLENT from 1,000, GOOD from 500
 * @param offered votes per second that were sent: a run that offers less than 500 says nothing about the limit
 */
export function gradeThroughput(perSecond: number, offered: number): Grade {
  if (perSecond >= PEAK_PER_SECOND) return "EXCELLENT";
  if (perSecond >= 500) return "GOOD";
  return offered < 500 && perSecond >= offered * AS_OFFERED ? "AS OFFERED" : "POOR";
}

/** @param milliseconds EXCELLENT below 100, GOOD below 200 */
export function gradeP95(milliseconds: number): Grade {
  if (milliseconds < 100) return "EXCELLENT";
  return milliseconds < 200 ? "GOOD" : "POOR";
}

/**
 * @param expected requests with the right answer
 * @param sent all requests: EXCELLENT from 99.9 %, GOOD from 99 %. Counted in whole requests, so that nothing is
 *   rounded up
 */
export function gradeSuccess(expected: number, sent: number): Grade {
  if (sent > 0 && expected * 1_000 >= sent * 999) return "EXCELLENT";
  return sent > 0 && expected * 100 >= sent * 99 ? "GOOD" : "POOR";
}

/**
 * A share as text. It is cut, not rounded, so that 99.996 % is not printed as 100 %.
 *
 * @param part the counted part
 * @param whole the count of everything
 */
export function percentText(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${(Math.floor((part / whole) * 10_000) / 100).toFixed(2)} %`;
}
