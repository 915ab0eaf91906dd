/**
 * What a browser is shown at an address where no page is. It needs no other file, because the address may be as deep as
 * anybody likes and names of files change with a release. Its headers are in page-headers.ts.
 */

const STYLE =
  "body{margin:0;font:1.1875rem/1.4 system-ui,sans-serif;color:#0b0c0c;background:#fff}" +
  "header{background:#1f3a5f;color:#fff;padding:1rem;font-weight:700}" +
  "main{max-width:40rem;padding:1rem}a{color:#1a65a6}" +
  "a:focus{outline:3px solid transparent;background:#fd0;color:#0b0c0c;box-shadow:0 4px #0b0c0c}";

/**
 * Takes a letter's code out of the address, as every page does (web/tab/fragment.ts). The script is within the page for
 * the same reason as the style. Without its origin, an address whose path begins with two slashes names another host.
 */
const SCRIPT =
  'function f(){if(location.hash)history.replaceState(null,"",location.origin+location.pathname+location.search)}' +
  "f();onhashchange=f";

/**
 * The only style within a page that the content security policy of the pages lets in: by the hash of STYLE, which a
 * test computes (CSP Level 3, §2.3.1).
 */
export const MISSING_PAGE_STYLE = "'sha256-SpYxQl4QyD8M+PI2iqGsW0ydoV4RZbzz/O/AcLZ6Ch0='";

/** As MISSING_PAGE_STYLE, of SCRIPT. */
export const MISSING_PAGE_SCRIPT = "'sha256-W55KelVIiuBoRZZvndycCx+yttUU1+HR9LhF4awskjk='";

/**
 * The page in both languages, with a way to the first page.
 *
 * @param home the address of the first page
 */
export function missingPage(home: string): string {
  return (
    '<!doctype html><html lang="fr"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light">' +
    `<title>Page introuvable – Page not found</title><style>${STYLE}</style><script>${SCRIPT}</script></head><body>` +
    '<header>Référendum – <span lang="en">Referendum</span></header><main>' +
    '<h1>Page introuvable<br><span lang="en">Page not found</span></h1>' +
    `<p>Il n’y a pas de page à cette adresse. <a href="${home}?lang=fr">Aller à la liste des lois</a></p>` +
    `<p lang="en">There is no page at this address. <a href="${home}?lang=en">Go to the list of laws</a></p>` +
    "</main></body></html>"
  );
}

/**
 * The first page as seen from another address, which works below the path of a stage too.
 *
 * @param path an address without its stage, such as /a/b
 */
export function homeFrom(path: string): string {
  return "../".repeat(Math.max(0, path.split("/").length - 2)) || "./";
}
