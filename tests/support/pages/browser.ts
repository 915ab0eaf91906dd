import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type LaunchOptions,
} from "playwright-core";
import { findChromium } from "../../../machine/browser.ts";

export const CHROMIUM = findChromium();
export type Language = "fr" | "en";
export const LANGUAGES = ["fr", "en"] as const;

/**
 * Starts the system's Chromium, headless.
 *
 * @param options what is otherwise than usual
 */
export function startBrowser(options: LaunchOptions = {}): Promise<Browser> {
  // Root has no sandbox, and a container's /dev/shm is small.
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--renderer-process-limit=1"];
  return chromium.launch({ ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }), args, ...options });
}

/** Starts the system's Chromium so that it keeps pages whole for Back, as people's browsers do. */
export function startKeepingBrowser(): Promise<Browser> {
  return startBrowser({ ignoreDefaultArgs: ["--disable-back-forward-cache"] });
}

/** A reader: a browser with nothing in its memory, that speaks this language. */
export function reader(
  browser: Browser,
  language: Language,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  return browser.newContext({
    locale: `${language}-CA`,
    timezoneId: "America/Toronto",
    reducedMotion: "reduce",
    serviceWorkers: "block",
    ...options,
  });
}
