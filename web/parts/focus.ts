/**
 * Remembers which part of the page has the focus: whoever is at a button stays there when the page is drawn anew.
 *
 * @param main the part of the page that is drawn anew
 * @returns gives the focus to the same part again; undefined when nothing in the page has it
 */
export function focusHolder(main: HTMLElement): (() => void) | undefined {
  const held = document.activeElement;
  if (!(held instanceof HTMLElement) || held === main || !main.contains(held)) return undefined;
  const alike = () => [...main.querySelectorAll<HTMLElement>(held.tagName)];
  const place = alike().indexOf(held);
  return () => {
    const now = alike();
    const same = now.find(({ id, textContent }) => id === held.id && textContent === held.textContent) ?? now[place];
    // A heading takes the focus only when it is told that it can.
    if (held.hasAttribute("tabindex")) same?.setAttribute("tabindex", "-1");
    same?.focus({ preventScroll: true });
  };
}
