import path from 'node:path';

/**
 * What this process runs, for others that wait for it: `ombaro demo --bookings 1000000`. Words that may be
 * secrets, such as addresses of databases, are left out.
 */
export function commandLine([, script = '', ...words] = process.argv): string {
  if (!/^ombaro(\.js)?$/.test(path.basename(script))) {
    return 'ombaro';
  }
  const shown = words.map((word) => (/^[\w-]{1,20}$/.test(word) ? word : '…'));
  return ['ombaro', ...shown].join(' ').slice(0, 40);
}

/** In PostgreSQL's list of connections, of which it keeps 63 bytes. */
export function applicationName(): string {
  const command = commandLine();
  return command === 'ombaro' ? command : `${command} (process ${process.pid})`;
}
