import { withClient } from '../lib/postgres.ts';
import { loadDemo, readContents } from './load.ts';

const bookingsOfFirstStart = 600;

/** Loads the small set into a database that holds nothing yet; leaves every other as it is. */
export async function seedDemoOnce(ownerUrl: string, say: (line: string) => void): Promise<void> {
  if ((await withClient(ownerUrl, readContents)) === 'empty') {
    say(`Loading demo data (${bookingsOfFirstStart} bookings) …`);
    await loadDemo({ ownerUrl, bookings: bookingsOfFirstStart });
  }
}
