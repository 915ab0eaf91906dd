import { isPlainLine } from "../../shared/domain/printable.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { PaperDocument } from "../document.ts";
import type { PaperName } from "../page-size.ts";
import { layAddress } from "./draw-letter.ts";

/** After this many addresses, what was measured of their words is forgotten: memory must not grow with the roll. */
const FORGET_AFTER = 20_000;

/**
 * Says of addresses whether they can be printed.
 *
 * @param paper the paper
 * @returns a function that says what is wrong with an address, undefined when nothing is
 */
export function addressChecker(
  paper: PaperName,
): (address: readonly string[]) => "address_characters" | "address_too_long" | undefined {
  const make = () => {
    const options = { title: "-", author: "-", language: "fr", paper, createdAt: new Date(0) } as const;
    return new PaperDocument(options);
  };
  let document = make();
  let checked = 0;
  return (address) => {
    if (++checked % FORGET_AFTER === 0) document = make();
    if (address.length === 0) return undefined;
    if (!address.every(isPlainLine)) return "address_characters";
    try {
      return layAddress(document, address) === undefined ? "address_too_long" : undefined;
    } catch (error) {
      if (error instanceof Refusal) return "address_characters";
      throw error;
    }
  };
}
