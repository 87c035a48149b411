import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';

/** What a browser saw of a page. */
export interface Seen {
  readonly text: string;
  /** Console errors and exceptions. */
  readonly problems: string[];
  /** Everything it asked for besides the page itself. */
  readonly requests: string[];
  /** Whether a phone would have to scroll sideways. */
  readonly overflow: boolean;
}

/** `test` for what needs a browser: skipped where Debian's Chromium is missing, but not under CI, which installs it. */
export const testInBrowser = existsSync(PROGRAM) || Boolean(process.env.CI) ? test : test.skip;

let browser: Browser | undefined;

/** Opens a local page as a phone does. */
export async function lookAt(file: string, screenshot?: string): Promise<Seen> {
  if (!existsSync(PROGRAM))
    throw new Error(`'${PROGRAM}' must be installed, got nothing; run apt-get install chromium`);
  browser ??= await chromium.launch({
    executablePath: PROGRAM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
    ],
  });
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  const problems: string[] = [];
  const requests: string[] = [];
  const url = pathToFileURL(file).href;
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on(
    'request',
    (request) => request.url() !== url && !request.url().startsWith('data:') && requests.push(request.url()),
  );
  await page.goto(url);
  const overflow = await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  if (screenshot !== undefined) await page.screenshot({ path: screenshot, fullPage: true });
  const text = await page.innerText('body');
  await page.close();
  return { text, problems, requests, overflow: overflow === true };
}

/** Ends the browser. */
export async function closeBrowser(): Promise<void> {
  await browser?.close();
  browser = undefined;
}
