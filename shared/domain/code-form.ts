/** The form of codes that carry a check, for whoever reads one without the key: pages, for example. */

/** 32 characters that a reader of a letter does not confuse: no I, O, 0 or 1. */
export const CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/** 16 characters of 5 bits each: 80 random bits. */
export const SECRET_CHARACTERS = 16;
/** 4 characters of 5 bits each: one in a million made-up codes has the right check. */
const CHECK_CHARACTERS = 4;
export const CHECKED_CODE_LENGTH = SECRET_CHARACTERS + CHECK_CHARACTERS;

const CHECKED_CODE = new RegExp(`^[${CODE_ALPHABET}]{${CHECKED_CODE_LENGTH}}$`);

/**
 * Whether a text has the form of a code with a check, in capital or small letters. Whether the check is right, only
 * its key tells.
 *
 * @param code blanks and dashes already removed
 */
export function hasCheckedForm(code: string): boolean {
  return CHECKED_CODE.test(code.toUpperCase());
}
