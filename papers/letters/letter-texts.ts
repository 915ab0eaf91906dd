import type { PaperLanguage } from "../../shared/domain/letter.ts";
import { dayOf, timeOf, zoneOf } from "../words.ts";

/** What every letter says, in one language. */
export interface LetterTexts {
  readonly documentTitle: (lawId: string) => string;
  readonly letter: (number: string, lawId: string) => string;
  readonly rehearsal: string;
  /** From when until when, on one day or on several, or without an end. */
  readonly oneDay: (day: string, from: string, to: string, zone: string) => string;
  readonly fromTo: (from: string, to: string) => string;
  readonly since: (from: string) => string;
  readonly moment: (day: string, time: string, zone: string) => string;
  readonly opening: readonly string[];
  readonly howHeading: string;
  readonly steps: (address: string) => readonly string[];
  readonly goodToKnow: string;
  readonly rules: readonly string[];
  readonly lost: string;
  readonly ask: string;
  readonly page: string;
  readonly code: string;
  readonly codeChecked: string;
  readonly codeAny: string;
  /** How characters that look like others are told from them: shown for those that the code has. */
  readonly alike: Readonly<Record<string, string>>;
  readonly qrCode: string;
  readonly qrAlt: string;
}

const en: LetterTexts = {
  documentTitle: (lawId) => `Letters to voters: law ${lawId}`,
  letter: (number, lawId) => `Law ${lawId}, letter ${number}`,
  rehearsal: "Rehearsal: these votes do not count.",
  oneDay: (day, from, to, zone) => `Voting is open on ${day}, from ${from} to ${to} (${zone}).`,
  fromTo: (from, to) => `Voting is open from ${from} to ${to}.`,
  since: (from) => `Voting opens on ${from} and stays open until further notice.`,
  moment: (day, time, zone) => `${day}, ${time} (${zone})`,
  opening: ["You can vote on this law online, with the code in this letter."],
  howHeading: "How to vote",
  steps: (address) => [
    `Scan the QR code, or go to ${address} and choose the law.`,
    "Enter your social insurance number (SIN) and your code.",
    "Choose your answer, check it, and cast your vote.",
    "Keep your receipt. It tells whether your vote is counted.",
  ],
  goodToKnow: "Good to know",
  rules: [
    "Your first vote counts. It cannot be changed.",
    "Give your code to nobody. We never ask for it by phone, email or text message.",
  ],
  lost: "Was this letter open, or have you lost it? Tell us at once: you get a new code.",
  ask: "Questions?",
  page: "Voting page",
  code: "Your code",
  codeChecked: "Capital or small letters do not matter. The code has no I, no O, no 0 and no 1.",
  codeAny: "Capital and small letters matter.",
  alike: {
    "0": "0 = zero",
    O: "O = capital o",
    o: "o = small o",
    "1": "1 = one",
    I: "I = capital i",
    l: "l = small L",
  },
  qrCode: "The QR code opens the voting page and fills in your code.",
  qrAlt: "QR code that opens the voting page with your code filled in.",
};

const fr: LetterTexts = {
  documentTitle: (lawId) => `Lettres aux électeurs : loi ${lawId}`,
  letter: (number, lawId) => `Loi ${lawId}, lettre ${number}`,
  rehearsal: "Répétition : ces votes ne comptent pas.",
  oneDay: (day, from, to, zone) => `Le vote est ouvert le ${day}, de ${from} à ${to} (${zone}).`,
  fromTo: (from, to) => `Le vote est ouvert du ${from} au ${to}.`,
  since: (from) => `Le vote ouvre le ${from} et reste ouvert jusqu’à nouvel ordre.`,
  moment: (day, time, zone) => `${day} à ${time} (${zone})`,
  opening: ["Vous pouvez voter en ligne sur cette loi, avec le code de cette lettre."],
  howHeading: "Comment voter",
  steps: (address) => [
    `Balayez le code QR, ou allez à ${address} et choisissez la loi.`,
    "Entrez votre numéro d’assurance sociale (NAS) et votre code.",
    "Choisissez votre réponse, vérifiez-la et envoyez votre vote.",
    "Gardez votre récépissé. Il dit si votre vote est compté.",
  ],
  goodToKnow: "À savoir",
  rules: [
    "Votre premier vote compte. Il ne peut pas être modifié.",
    "Ne donnez votre code à personne. Nous ne le demandons jamais par téléphone, par courriel ou par texto.",
  ],
  lost: "Cette lettre était-elle ouverte, ou l’avez-vous perdue ? Dites-le-nous tout de suite : vous aurez un nouveau code.",
  ask: "Des questions ?",
  page: "Page du vote",
  code: "Votre code",
  codeChecked: "Majuscules ou minuscules, c’est pareil. Le code n’a ni I, ni O, ni 0, ni 1.",
  codeAny: "Majuscules et minuscules comptent.",
  alike: {
    "0": "0 = zéro",
    O: "O = o majuscule",
    o: "o = o minuscule",
    "1": "1 = un",
    I: "I = i majuscule",
    l: "l = L minuscule",
  },
  qrCode: "Le code QR ouvre la page du vote et inscrit votre code.",
  qrAlt: "Code QR qui ouvre la page du vote avec votre code déjà inscrit.",
};

export const LETTER_TEXTS: Readonly<Record<PaperLanguage, LetterTexts>> = { fr, en };

/**
 * A law's window in a sentence.
 *
 * @param window ISO 8601 instants
 * @param language of the sentence
 * @param timeZone in which it gives times
 */
export function windowSentence(
  { opensAt, closesAt }: { readonly opensAt: string; readonly closesAt: string | null },
  language: PaperLanguage,
  timeZone: string,
): string {
  const texts = LETTER_TEXTS[language];
  const day = (instant: string) => dayOf(instant, language, timeZone);
  const time = (instant: string) => timeOf(instant, language, timeZone);
  const zone = (instant: string) => zoneOf(instant, language, timeZone);
  const moment = (instant: string) => texts.moment(day(instant), time(instant), zone(instant));
  if (closesAt === null) return texts.since(moment(opensAt));
  if (day(opensAt) === day(closesAt) && zone(opensAt) === zone(closesAt)) {
    return texts.oneDay(day(opensAt), time(opensAt), time(closesAt), zone(opensAt));
  }
  return texts.fromTo(moment(opensAt), moment(closesAt));
}
