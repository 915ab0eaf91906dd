import type { Plugin } from "vite";

/**
 * The design system without its brand: GDS Transport is licensed for GOV.UK only, and neither its files nor its name go
 * out. Fonts are those of the reader's machine, so that nothing has to be loaded.
 */
export function withoutBrand(): Plugin {
  return {
    name: "without-brand",
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "asset" || !file.fileName.endsWith(".css")) continue;
        file.source = String(file.source)
          .replaceAll(/@font-face\s*\{[^}]*\}/g, "")
          .replaceAll(
            /GDS Transport,\s*arial,\s*sans-serif/gi,
            "system-ui,-apple-system,Segoe UI,Roboto,Arial,sans-serif",
          )
          .replaceAll(/[^{}]*\{[^{}]*govuk-crest\.svg[^{}]*\}/g, "")
          .replaceAll(/\/\*# sourceMappingURL.*?\*\//g, "");
      }
    },
  };
}
