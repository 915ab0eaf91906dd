import { escapeHtml } from "./plot.ts";

/**
 * Shares of a whole as a table with a bar in each row: names and figures stand beside the bars, so that colours only
 * help.
 *
 * @param title what is shared out
 * @param parts name, count and colour (CSS)
 */
export function shareBars(title: string, parts: readonly { name: string; count: number; color: string }[]): string {
  const total = Math.max(
    1,
    parts.reduce((sum, part) => sum + part.count, 0),
  );
  const rows = parts.map(({ name, count, color }) => {
    const width = ((count / total) * 100).toFixed(2);
    const text = `${name}: ${count.toLocaleString("en")} (${width} %)`;
    return `<tr><th scope="row">${escapeHtml(name)}</th><td>${count.toLocaleString("en")}</td><td>${width} %</td><td class="bar"><svg viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true"><rect data-series="${escapeHtml(name)}" width="${width}" height="16" fill="${escapeHtml(color)}"><title>${escapeHtml(text)}</title></rect></svg></td></tr>`;
  });
  return `<figure class="plot"><figcaption><h3>${escapeHtml(title)}</h3></figcaption>
<table class="shares"><thead><tr><th scope="col">Kind</th><th scope="col">Number</th><th scope="col">Share</th><th scope="col">Of all</th></tr></thead><tbody>
${rows.join("\n")}
</tbody></table></figure>`;
}
