import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { launch } from 'puppeteer-core';
import { makeTemporaryDirectory } from '../../helpers/temporary-directory.ts';

export type Chromium = {
  /** Does something in a browser without a past; what it throws comes out when the browser's window is closed. */
  readonly inNewWindow: <Result>(act: (page: Page) => Promise<Result>) => Promise<Result>;
  readonly close: () => Promise<void>;
};

export type Page = Awaited<ReturnType<Awaited<ReturnType<typeof launch>>['newPage']>>;

export async function openChromium(): Promise<Chromium> {
  const profile = makeTemporaryDirectory();
  const browser = await launch({
    executablePath: findChromium(),
    userDataDir: profile.path,
    // It does not sandbox as root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  return {
    inNewWindow: async (act) => {
      const context = await browser.createBrowserContext();
      try {
        return await act(await context.newPage());
      } finally {
        await context.close();
      }
    },
    close: async () => {
      await browser.close();
      profile.remove();
    },
  };
}

function findChromium(): string {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const places = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const found = ['/usr/bin/chromium', ...places].find(isExecutable);
  if (found === undefined) {
    throw new Error('There is no Chromium. Install it: apt-get install chromium');
  }
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
