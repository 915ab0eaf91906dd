/**
 * The verifier of a published law, without dependencies, for Node.js 20 or newer and browsers. docs/verifiability.md is
 * its page.
 */
export { CannotVerify } from "./bytes/ed25519.ts";
export { CHECK_IDS, CHECKS, type CheckId, type Kind, PHASES, type Phase, type Who } from "./checks.ts";
export { type Comparison, compareMemories, type View, writeTwoViews } from "./compare.ts";
export { type Memory, type Remembered, readMemory, writeMemory } from "./files/remembered.ts";
export { readSaved, type SavedPromise } from "./files/saved.ts";
export type { CheckResult, Reason, Verdict } from "./report.ts";
export { type BundleSource, bundleAt, CannotRead, type UrlOptions } from "./source.ts";
export type { Doing } from "./steps/context.ts";
export type { Signatures } from "./steps/promises.ts";
export { en } from "./texts/en.ts";
export { fr } from "./texts/fr.ts";
export { type Finding, inWords, type Texts } from "./texts/texts.ts";
export { type Contents, type OpenFile, type Verification, type VerifyOptions, verify } from "./verify.ts";
