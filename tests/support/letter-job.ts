import type { LetterJob } from "../../papers/letters/letter-job.ts";

/** The letters of a law. */
export const LETTER_JOB: LetterJob = {
  law: {
    id: "L2026-014",
    title: { fr: "Loi sur les rives publiques", en: "Public Shores Act" },
    opensAt: "2026-11-24T13:00:00.000Z",
    closesAt: "2026-11-25T01:00:00.000Z",
    isRehearsal: false,
    hasCheckedCodes: true,
  },
  office: {
    name: { fr: "Bureau électoral du Nord", en: "Northern Election Office" },
    contact: { fr: ["1 800 555-0199"], en: ["1 800 555-0199", "help@example.org"] },
    paper: "letter",
    timeZone: "America/Toronto",
  },
  pages: "https://vote.example.org/",
  opening: { fr: undefined, en: undefined },
  closing: { fr: [], en: [] },
  begunAt: "2026-10-01T12:00:00.000Z",
};

/** The code of a letter, which no stage has made. */
export const LETTER_CODE = "ABCDEFGHJKLMNPQRSTUV";
