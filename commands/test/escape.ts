const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * Makes text safe inside HTML or XML, in an element or in a quoted attribute. Removes control characters that XML
 * cannot hold, and colours of the terminal.
 * @param text any text
 */
export function escapeMarkup(text: string): string {
  return withoutControls(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function withoutControls(text: string): string {
  const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, "g");
  return [...text.replace(colours, "")]
    .filter((character) => {
      const code = character.codePointAt(0) ?? 0;
      return (
        code === 9 || code === 10 || code === 13 || (code >= 32 && code !== 127 && code !== 0xfffe && code !== 0xffff)
      );
    })
    .join("")
    .toWellFormed();
}
