import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { withoutBrand } from "../../web/without-brand.ts";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  publicDir: false,
  plugins: [withoutBrand()],
  logLevel: "error",
  // GOV.UK Frontend still has rules for Internet Explorer, which are left out.
  css: { lightningcss: { errorRecovery: true } },
  build: {
    target: "es2023",
    // Content security policy: nothing inline, no data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
