/**
 * Colours, letters and tables of the pages that commands write: reports of loads and of tests. Text has a contrast of
 * at least 4.5 on its paper and lines have 3 (WCAG 2.2, 1.4.3 and 1.4.11), in light and in dark mode.
 */
export const PAGE_STYLE = `:root{color-scheme:light dark;--paper:#fff;--ink:#1b1b1b;--rule:#767676;--grid:#ddd;
--ok:#1b7837;--fair:#8a5a00;--bad:#b2182b;--link:#1a5fb4;
--blue:#2166ac;--green:#1b7837;--orange:#c05000;--red:#b2182b;--purple:#8a5fc0;--teal:#0b7d7d;--brown:#96604a;--gold:#9a7000;--grey:#666;
--pink:#c2255c;--indigo:#3b3fb6;--magenta:#9c1fa0;--olive:#566b00;--maroon:#6d1f1f;--black:#1b1b1b;--slate:#3f5870}
@media (prefers-color-scheme:dark){:root{--paper:#161616;--ink:#ececec;--rule:#949494;--grid:#3a3a3a;
--ok:#7fd18b;--fair:#e3b341;--bad:#ff8f85;--link:#8ab8ff;
--blue:#6cb0f5;--green:#5cc98a;--orange:#f5a04c;--red:#ff8f85;--purple:#c3a1f0;--teal:#4ccfcf;--brown:#d7a58e;--gold:#e3c341;--grey:#b0b0b0;
--pink:#ff8fc0;--indigo:#9aa5ff;--magenta:#e58bee;--olive:#b8cf5a;--maroon:#c98080;--black:#ececec;--slate:#8fa9c4}}
*{box-sizing:border-box}body{background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;margin:0 auto;padding:16px;overflow-wrap:anywhere}
h1{font-size:1.4em;line-height:1.25}h2{font-size:1.2em;margin:28px 0 8px}h3{font-size:1em;margin:0}
table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:3px 8px 3px 0;border-bottom:1px solid var(--grid)}th{font-weight:600}
summary{cursor:pointer;padding:4px 0}:focus-visible{outline:3px solid var(--link);outline-offset:2px}`;

/** The colours of lines, as CSS: each has one value for light and one for dark paper. A stack has sixteen processes. */
export const COLORS = {
  blue: "var(--blue)",
  green: "var(--green)",
  orange: "var(--orange)",
  red: "var(--red)",
  purple: "var(--purple)",
  teal: "var(--teal)",
  brown: "var(--brown)",
  gold: "var(--gold)",
  grey: "var(--grey)",
  pink: "var(--pink)",
  indigo: "var(--indigo)",
  magenta: "var(--magenta)",
  olive: "var(--olive)",
  maroon: "var(--maroon)",
  black: "var(--black)",
  slate: "var(--slate)",
} as const;
