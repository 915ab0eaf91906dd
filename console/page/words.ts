import { dayOf, secondOfDay } from "../../web/parts/format.ts";
import { type Language, LOCALES, language } from "../../web/parts/language.ts";
import { en, type Texts } from "./texts/en.ts";
import { fr } from "./texts/fr.ts";

const TEXTS: Readonly<Record<Language, Texts>> = { fr, en };

/** The texts of the console in the language that is shown. */
export function t(): Texts {
  return TEXTS[language()];
}

/** A number per second: with a decimal where there are few. */
export function rate(value: number): string {
  const digits = value >= 100 ? 0 : 1;
  return new Intl.NumberFormat(LOCALES[language()], {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** A length of time in one or two units, such as "0.5 s", "12 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds: number): string {
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(LOCALES[language()], { maximumFractionDigits: digits }).format(value);
  if (seconds < 10) return `${number(seconds, 1)}\u00a0s`;
  if (seconds < 60) return `${number(Math.floor(seconds))}\u00a0s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}\u00a0min\u00a0${Math.floor(seconds % 60)}\u00a0s`;
  return `${number(Math.floor(minutes / 60))}\u00a0h\u00a0${minutes % 60}\u00a0min`;
}

/** Day and time as logs write them: the day only if it is not today. */
export function moment(instant: string): string {
  const isToday = new Date(instant).toDateString() === new Date().toDateString();
  return isToday ? secondOfDay(instant) : `${dayOf(instant).replaceAll(" ", "\u00a0")}, ${secondOfDay(instant)}`;
}
