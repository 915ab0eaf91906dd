import { chunkText } from "../../operations/roll/file/chunk-text.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { codeMaker } from "../../places/operators/roll-codes.ts";
import { credentialsOf } from "../../places/sample-credentials.ts";
import type { Cast, Deck, OnRoll } from "./deck.ts";

/** A voter of the deck with what a letter would say. It stays in memory. */
export interface Person {
  readonly nas: string;
  /** The code that is loaded. */
  readonly code: string;
  /** The code of a change, for those whose code is replaced. */
  readonly newCode: string;
  /** A code of this stage that nobody has. */
  readonly wrongCode: string;
}

/**
 * Makes the credentials of a deck's voters. Where the law takes only codes with a check, the stage makes the codes.
 *
 * @param api the operators' API
 * @param lawId the law of the rehearsal
 * @param deck the deck
 */
export async function makePeople(api: Pick<OperatorsApi, "look">, lawId: string, deck: Deck): Promise<Person[]> {
  const makeCodes = await codeMaker(api, lawId);
  let text = "";
  for await (const piece of credentialsOf(deck.voters.length * 3, { makeCodes })) text += piece;
  const [, ...lines] = text.trimEnd().split("\n");
  const credentials = lines.map((line) => {
    const [nas = "", code = ""] = line.split(",");
    return { nas, code };
  });
  const codeAt = (index: number) => credentials[index]?.code ?? "";
  return deck.voters.map((_, index) => ({
    nas: credentials[index]?.nas ?? "",
    code: codeAt(index),
    newCode: codeAt(index + deck.voters.length),
    wrongCode: codeAt(index + deck.voters.length * 2),
  }));
}

/**
 * The roll file of the voters who are on the roll when it is sealed.
 *
 * @param deck the deck
 * @param people its voters
 */
export function rollFile(deck: Deck, people: readonly Person[]): string {
  const lines = people.flatMap(({ nas, code }, index) => {
    const roll = deck.voters[index]?.roll;
    return roll === "added" || roll === "never" ? [] : `${nas},${code}\n`;
  });
  return `nas,code\n${lines.join("")}`;
}

/**
 * The voters of a change of the sealed roll, as the act takes them.
 *
 * @param deck the deck
 * @param people its voters
 * @param roll who
 */
export function changeLines(
  deck: Deck,
  people: readonly Person[],
  roll: Extract<OnRoll, "added" | "struck" | "replaced">,
): string {
  const those = people.filter((_, index) => deck.voters[index]?.roll === roll);
  if (roll === "struck") return those.map(({ nas }, index) => `${index + 1},${nas}`).join(";");
  return chunkText(
    those.map(({ nas, code, newCode }, index) => ({ line: index + 1, nas, code: roll === "added" ? code : newCode })),
  );
}

/**
 * What a voter sends.
 *
 * @param cast the submission
 * @param people the voters
 * @param lawId the law of the rehearsal
 */
export function voteOf({ voter, choice, code, isMistyped }: Cast, people: readonly Person[], lawId: string) {
  const person = people[voter];
  if (person === undefined) throw new Error(`the deck has no voter ${voter}`);
  const typed = code === "new" ? person.newCode : code === "wrong" ? person.wrongCode : person.code;
  return {
    nas: isMistyped === true ? person.nas.slice(0, 8) : person.nas,
    code: typed,
    law_id: lawId,
    vote: choice,
  };
}
