import type { Status } from "../log/leaf.ts";
import type { FindingTexts } from "./texts.ts";

const number = (value: number) => value.toLocaleString("fr-CA");
const STATUS: Readonly<Record<Status, string>> = {
  lost: "perdue",
  invalid: "invalide",
  duplicate: "un doublon",
  counted: "comptée",
  repeated: "répétée",
  late: "tardive",
};
const FIGURES: Readonly<Record<string, string>> = {
  lost: "perdues",
  invalid: "invalides",
  duplicate: "doublons",
  counted: "comptées",
  repeated: "répétées",
  late: "tardives",
  eligible: "inscrits",
  voted: "votants",
  spoiled: "bulletins nuls",
};

/** Ce que les contrôles peuvent trouver. */
export const frFindings: FindingTexts = {
  file_missing: ({ file }) => `il manque ${file}`,
  malformed: ({ file }) => `${file} n’a pas la forme voulue`,
  malformed_line: ({ file, line }) => `la ligne ${number(line)} de ${file} n’a pas la forme voulue`,
  wrong_signature: ({ file }) => `la signature de ${file} est fausse`,
  other_law: ({ file, found, expected }) => `${file} porte sur ${found}, et non sur ${expected}`,
  other_key: ({ found, known }) => `la clé du dossier est ${found}, et celle que vous connaissez est ${known}`,
  key_not_compared: ({ key }) => `comparez cette clé avec celle que le bureau électoral a publiée\u00a0: ${key}`,
  first_entry: () => "la première entrée du registre n’est pas la première description",
  description_entry: ({ version }) => `le registre n’a pas la version ${version} de la description`,
  description_versions: ({ entries, version }) =>
    `le registre a ${entries} descriptions, et la dernière du dossier est la version ${version}`,
  description_changed: ({ version, field }) => `la version ${version} de la description a modifié ${field}`,
  told_otherwise: ({ field }) => `l’API dit aux électeurs un autre ${field} que la description du registre`,
  key_id: ({ keyId }) => `l’identifiant ${keyId} n’est pas celui de sa clé`,
  roll_unjournalled: ({ version }) =>
    `aucune entrée du journal ne nomme la liste électorale de la version ${version} de la description`,
  promise_key_gone: ({ version, keyId }) =>
    `la version ${version} de la description a perdu la clé des promesses ${keyId}`,
  promise_key_unjournalled: ({ version, keyId }) =>
    `aucun acte du journal n’a donné à la loi la clé des promesses ${keyId}, que la version ${version} de la description a`,
  trustees_differ: ({ field }) => `la loi n’a pas le même ${field} que le fichier public des dépositaires`,
  roll_differs: ({ found, expected }) =>
    `votre liste a ${number(found)} électeurs, et n’est pas celle des ${number(expected)} électeurs qui a été scellée`,
  checkpoint_signature: ({ size }) => `la signature du point de contrôle à ${number(size)} entrées est fausse`,
  checkpoint_smaller: ({ size, before }) =>
    `un point de contrôle à ${number(size)} entrées vient après un autre à ${number(before)}`,
  root_differs: ({ size }) =>
    `le point de contrôle à ${number(size)} entrées a une autre racine que les ${number(size)} premières entrées`,
  entries_end: ({ found, size }) =>
    `les entrées s’arrêtent après ${number(found)}, et le point de contrôle porte sur ${number(size)}`,
  tile_differs: ({ file }) => `${file} a d’autres empreintes que les entrées`,
  rolled_back: ({ size, remembered }) =>
    `le registre a ${number(size)} entrées, et en avait ${number(remembered)}\u00a0: il est revenu en arrière`,
  forked: ({ size }) =>
    `les ${number(size)} premières entrées ne sont pas celles que vous aviez vues\u00a0: deux registres ont la même clé`,
  entry_form: ({ index }) => `l’entrée ${number(index)} n’a pas la forme voulue`,
  entry_order: ({ index }) => `l’entrée ${number(index)} n’est pas à sa place parmi celles de son époque`,
  status_falls: ({ request }) =>
    `les entrées de la soumission ${request} disent deux fois le même état, ou un état inférieur au précédent`,
  lost_unsaid: ({ index }) =>
    `l’entrée ${number(index)} dit qu’une soumission est perdue, et le journal n’a pas de restore-log avant elle`,
  counted_twice: ({ request }) => `la soumission ${request} est comptée avec deux enveloppes`,
  not_listed: ({ request }) => `la soumission ${request} est dans le registre, et non dans la liste`,
  not_logged: ({ request }) => `la soumission ${request} est dans la liste, et non dans le registre`,
  status_differs: ({ request, listed, logged }) =>
    `la soumission ${request} est ${STATUS[listed]} dans la liste, et ${STATUS[logged]} dans le registre`,
  list_order: ({ line }) => `la ligne ${number(line)} de la liste des soumissions n’est pas à sa place`,
  promise_missing: ({ request }) => `la soumission comptée ${request} n’a pas de promesse`,
  promise_key: ({ request, keyId }) =>
    `la promesse de la soumission ${request} est faite avec la clé ${keyId}, que la loi n’a pas`,
  promise_wrong: ({ request }) => `la promesse de la soumission comptée ${request} est fausse`,
  promises_checked: ({ checked, counted }) =>
    checked === counted
      ? `les ${number(counted)} promesses ont toutes été vérifiées`
      : `${number(checked)} promesses sur ${number(counted)} ont été vérifiées, tirées au sort\u00a0: si une sur ` +
        `${number(Math.floor(checked / 3))} était fausse, cela se verrait dans 19 cas sur 20`,
  journal_chain: ({ number: entry }) => `l’entrée ${entry} ne suit pas celle qui la précède`,
  journal_missing: ({ number: entry }) => `l’entrée ${entry} est dans le registre, et non dans le journal`,
  journal_differs: ({ number: entry }) => `l’entrée ${entry} du journal n’est pas celle du registre`,
  promise_foreign: () => "la promesse porte sur une autre loi que celle-ci",
  promise_false: () => "la promesse n’a pas été faite avec une clé de cette loi, et ne prouve donc rien",
  promise_broken: ({ request }) =>
    `le registre n’a pas la soumission ${request}, malgré la promesse\u00a0: cela peut être prouvé à d’autres`,
  other_envelope: ({ request }) => `le registre a la soumission ${request} avec une autre enveloppe`,
  promise_kept: ({ status, index }) =>
    `la soumission est ${STATUS[status]}, d’après l’entrée ${number(index)} du registre`,
  log_end: ({ certified, size }) =>
    `le certificat porte sur un registre de ${number(certified)} entrées, et celui-ci en a ${number(size)}`,
  log_root: ({ size }) => `à ${number(size)} entrées, le certificat a une autre racine que le registre`,
  after_certificate: ({ index }) =>
    `l’entrée ${number(index)} n’est pas une entrée du journal, et est venue après le certificat`,
  figure: ({ name, certified, found }) =>
    `${FIGURES[name] ?? name}\u00a0: le certificat dit ${number(certified)}, et le compte donne ${number(found)}`,
  journal_end: ({ number: entry }) => `le certificat ne nomme pas l’entrée ${entry} comme la fin du journal`,
  set_aside_unknown: ({ number: entry }) =>
    `le certificat nomme un message par l’entrée ${entry}, et le journal ne le fait pas`,
  set_aside_missing: ({ number: entry }) =>
    `un message a été mis de côté par l’entrée ${entry} du journal, et le certificat ne le nomme pas`,
  options_differ: () => "les sommes ne sont pas celles des options de la loi, dans leur ordre",
  ballots: ({ ballots, counted }) => `il y a ${number(ballots)} bulletins, et ${number(counted)} soumissions comptées`,
  opened_field: ({ field }) => `la liste dépouillée n’a pas le même ${field} que la loi`,
  opened_sums: () => "les lignes de la liste dépouillée donnent d’autres sommes",
  opened_order: ({ line }) => `la ligne ${number(line)} de la liste dépouillée n’est pas à sa place`,
  hash_differs: ({ file }) => `le certificat désigne ${file} par une autre empreinte`,
  ledger: ({ said }) => `le certificat dit du grand livre\u00a0: ${said}`,
  spoiled_unknown: ({ envelope }) =>
    `la liste dépouillée nomme l’enveloppe nulle ${envelope}, et le registre n’en a pas de telle qui soit comptée`,
  box_missing: ({ envelope }) => `l’enveloppe ${envelope} est comptée, et n’est pas dans l’urne`,
  box_extra: ({ line }) => `l’enveloppe de la ligne ${number(line)} de l’urne n’est pas comptée, ou y est deux fois`,
  box_other: () => "les dépositaires ont ouvert une autre urne que celle-ci",
  tracker_missing: ({ tracker }) => `le code de suivi ${tracker} n’est pas dans la liste dépouillée`,
  tracker_found: ({ option }) => `votre bulletin a été dépouillé comme\u00a0: ${option}`,
};
