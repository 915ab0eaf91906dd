import type { PaperLanguage } from "../../shared/domain/letter.ts";

/** Acts that the public journal of a law may have. */
export const PUBLIC_ACTS = [
  ...(["add-law", "change-draft", "register-keys", "register-test-opening", "begin-load", "finish-load"] as const),
  ...(["stop-roll-work", "abandon-load", "seal-roll", "prepare-roll-change", "change-roll", "find-voter"] as const),
  ...(["rebuild-rolls", "open-law", "close-law", "freeze-law", "unfreeze-law", "change-promise-key"] as const),
  ...(["redrive", "settle", "set-aside", "undo-set-aside", "restore-receipts", "mark-lost", "restore-acts"] as const),
  ...(["restore-roll-changes", "load-chunk", "export-box", "read-box", "send-opening", "bring-opening"] as const),
  ...(["withdraw-opening", "count-law", "certify-law", "publish-law"] as const),
  ...(["hold-law", "release-hold", "destroy-law", "clear-destroyed-roll", "restore-log"] as const),
] as const;
export type PublicAct = (typeof PUBLIC_ACTS)[number];

/** What the journal says of an act. */
export const PUBLIC_PHASES = ["proposed", "approved", "refused", "begun", "done", "failed"] as const;
type PublicPhase = (typeof PUBLIC_PHASES)[number];

/** Acts in words, as a noun. */
export const ACT_TEXTS: Readonly<Record<PaperLanguage, Readonly<Record<PublicAct, string>>>> = {
  fr: {
    "add-law": "ajout de la loi",
    "change-draft": "modification du brouillon",
    "register-keys": "enregistrement des clés des dépositaires",
    "register-test-opening": "enregistrement d’un dépouillement d’essai",
    "begin-load": "début d’un chargement de la liste électorale",
    "load-chunk": "chargement d’une partie de la liste électorale",
    "finish-load": "fin d’un chargement de la liste électorale",
    "stop-roll-work": "arrêt d’un travail sur la liste électorale",
    "abandon-load": "acceptation de la liste électorale telle quelle",
    "seal-roll": "scellement de la liste électorale",
    "prepare-roll-change": "préparation d’un changement de la liste scellée",
    "change-roll": "changement de la liste scellée",
    "find-voter": "recherche d’un électeur",
    "rebuild-rolls": "reconstruction de la liste électorale dans Redis",
    "open-law": "ouverture du vote",
    "close-law": "clôture du vote",
    "freeze-law": "suspension du vote",
    "unfreeze-law": "fin de la suspension du vote",
    "change-promise-key": "changement de la clé des promesses",
    redrive: "renvoi de messages en échec",
    settle: "règlement de doublons",
    "set-aside": "mise de côté de messages illisibles",
    "undo-set-aside": "renvoi de messages mis de côté",
    "restore-receipts": "écriture de récépissés manquants",
    "mark-lost": "déclaration de récépissés perdus",
    "restore-acts": "rétablissement du journal",
    "restore-roll-changes": "rétablissement de changements de la liste électorale",
    "export-box": "export de l’urne",
    "read-box": "lecture de l’urne",
    "send-opening": "envoi d’une liste dépouillée",
    "bring-opening": "remise d’un dépouillement",
    "withdraw-opening": "retrait d’un dépouillement",
    "count-law": "compte des votes",
    "certify-law": "certification de la loi",
    "publish-law": "publication de la loi",
    "hold-law": "interdiction de détruire",
    "release-hold": "levée de l’interdiction de détruire",
    "destroy-law": "destruction de ce qui reste de la loi",
    "clear-destroyed-roll": "retrait de la liste détruite de Redis",
    "restore-log": "rétablissement du journal public après une restauration",
  },
  en: {
    "add-law": "adding the law",
    "change-draft": "changing the draft",
    "register-keys": "registering the trustees’ keys",
    "register-test-opening": "registering a test opening",
    "begin-load": "beginning a load of the roll",
    "load-chunk": "loading a part of the roll",
    "finish-load": "ending a load of the roll",
    "stop-roll-work": "stopping work on the roll",
    "abandon-load": "taking the roll as it stands",
    "seal-roll": "sealing the roll",
    "prepare-roll-change": "preparing a change of the sealed roll",
    "change-roll": "changing the sealed roll",
    "find-voter": "looking for a voter",
    "rebuild-rolls": "rebuilding the roll in Redis",
    "open-law": "opening the vote",
    "close-law": "closing the vote",
    "freeze-law": "suspending the vote",
    "unfreeze-law": "ending the suspension of the vote",
    "change-promise-key": "changing the key of promises",
    redrive: "sending dead letters back",
    settle: "settling duplicates",
    "set-aside": "setting unreadable messages aside",
    "undo-set-aside": "sending messages back that were set aside",
    "restore-receipts": "writing missing receipts",
    "mark-lost": "marking receipts as lost",
    "restore-acts": "bringing back the journal",
    "restore-roll-changes": "bringing back changes of the roll",
    "export-box": "exporting the box",
    "read-box": "reading the box",
    "send-opening": "sending an opened list",
    "bring-opening": "bringing an opening",
    "withdraw-opening": "withdrawing an opening",
    "count-law": "counting the votes",
    "certify-law": "certifying the law",
    "publish-law": "publishing the law",
    "hold-law": "legal hold",
    "release-hold": "end of the legal hold",
    "destroy-law": "destroying what is left of the law",
    "clear-destroyed-roll": "removing the destroyed roll from Redis",
    "restore-log": "bringing the public log back after a restore",
  },
};

const PHASE_TEXTS: Readonly<Record<PaperLanguage, Readonly<Record<PublicPhase, string>>>> = {
  fr: {
    proposed: "proposé",
    approved: "approuvé",
    refused: "refusé",
    begun: "commencé",
    done: "fait",
    failed: "échoué",
  },
  en: {
    proposed: "proposed",
    approved: "approved",
    refused: "refused",
    begun: "begun",
    done: "done",
    failed: "failed",
  },
};

/** An act in words. One that this release does not know has the name that the journal gives it. */
export function actText(act: string, language: PaperLanguage): string {
  return isIn(PUBLIC_ACTS, act) ? ACT_TEXTS[language][act] : act;
}

/** What happened to an act, in a word. */
export function phaseText(phase: string, language: PaperLanguage): string {
  return isIn(PUBLIC_PHASES, phase) ? PHASE_TEXTS[language][phase] : phase;
}

function isIn<T extends string>(names: readonly T[], name: string): name is T {
  return names.some((one) => one === name);
}
