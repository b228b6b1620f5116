import type pg from 'pg';

/** The warnings that the server sends while `act` runs, such as that it has skipped a locked table. */
export async function collectWarnings(
  client: pg.ClientBase,
  act: () => Promise<unknown>,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  const onNotice = (notice: {
    severity?: string | undefined;
    message?: string | undefined;
  }): void => {
    if (notice.severity === 'WARNING') {
      warnings.push(notice.message ?? '');
    }
  };
  client.on('notice', onNotice);
  try {
    await act();
  } finally {
    client.off('notice', onNotice);
  }
  return warnings;
}
