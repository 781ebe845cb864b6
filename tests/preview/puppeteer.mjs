// The browser that tests/preview/browser installed.
import { createRequire } from "node:module";
import { join } from "node:path";

const { TIDINGS_BROWSER, TIDINGS_MODULES } = process.env;
const puppeteer = createRequire(join(TIDINGS_MODULES, "here.js"))("puppeteer-core");

export const launch = () =>
  puppeteer.launch({
    executablePath: TIDINGS_BROWSER,
    headless: "shell",
    // A container has no sandbox to offer, and the page is our own.
    args: ["--no-sandbox", "--no-zygote", "--single-process", "--in-process-gpu", "--disable-webgl"],
  });
