import { MISSING_PAGE_SCRIPT, MISSING_PAGE_STYLE } from "./missing-page.ts";

/**
 * The headers of every page, script and style, wherever they are served. The pages need nothing but themselves and the
 * API beside them: no frame and no third party, and nothing inline but the style and the script of the page that is
 * shown where no page is (OWASP Secure Headers Project).
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src 'self' ${MISSING_PAGE_SCRIPT}`,
  `style-src 'self' ${MISSING_PAGE_STYLE}`,
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
]
  // Ends with a semicolon: LocalStack takes a quote at the end for the one that closes the value.
  .map((directive) => `${directive};`)
  .join(" ");

/** Two years, as the preload list of browsers asks for. Over plain HTTP, as on one machine, browsers ignore it. */
export const HSTS_SECONDS = 63_072_000;

/** What no page needs: each feature for no origin. */
const PERMISSIONS_POLICY = [
  "accelerometer",
  "camera",
  "display-capture",
  "geolocation",
  "gyroscope",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "usb",
]
  .map((feature) => `${feature}=()`)
  .join(", ");

/** Pages are asked for again each time; a script or style whose content changes has another name. */
export const CACHE = { page: "no-cache", asset: "public, max-age=31536000, immutable" } as const;

/**
 * All of them as they are sent.
 *
 * @param cache how long the file may be kept
 */
export function pageHeaders(cache: string): Readonly<Record<string, string>> {
  return {
    "Cache-Control": cache,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": `max-age=${HSTS_SECONDS}; includeSubDomains`,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
  };
}

/** Those of the page that is shown where no page is, wherever it is served; their names in small letters. */
export function missingPageHeaders(): Readonly<Record<string, string>> {
  const headers = Object.entries(pageHeaders("no-store")).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...Object.fromEntries(headers), "content-type": "text/html; charset=utf-8" };
}
