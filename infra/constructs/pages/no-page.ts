import { readdirSync } from "node:fs";
import { missingPage } from "../../../shared/messages/missing-page.ts";
import { missingPageHeaders } from "../../../shared/messages/page-headers.ts";

/**
 * What runs at CloudFront's edge before a page is looked for, and answers where none is. CloudFront's own error pages
 * cannot do it: they would take the place of the API's answers too. A script or a style that is not there is left to
 * S3, because the bucket keeps those of older releases.
 *
 * @param pagesDirectory the folder of the built pages
 * @returns its code, for the runtime cloudfront-js-2.0
 */
export function whereNoPageIs(pagesDirectory: string): string {
  const names = readdirSync(pagesDirectory, { withFileTypes: true }).filter((one) => one.isFile());
  const pages = ["/", ...names.map(({ name }) => `/${name}`)];
  const headers = Object.entries(missingPageHeaders()).map(([name, value]) => [name, { value }] as const);
  const answer = {
    statusCode: 404,
    statusDescription: "Not Found",
    headers: Object.fromEntries(headers),
    body: { encoding: "text", data: missingPage("/") },
  };
  return (
    `var pages = ${JSON.stringify(pages)}; function handler(event) { var uri = event.request.uri; ` +
    `return pages.includes(uri) || uri.startsWith("/assets/") ? event.request : ${JSON.stringify(answer)}; }`
  );
}
