const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const orphanCheckMs = 500;

export type Interruption = {
  /** Resolves with what asked this process to end, the first time. */
  readonly promise: Promise<string>;
  /** Gives the signals their usual meaning back. */
  readonly release: () => void;
};

/**
 * Waits until this process is asked to end: by a signal, or by the end of its parent (the launcher
 * in front of it, or npm, which dies of a signal without passing it on). Further requests are ignored until
 * `release`, so that an orderly end is not cut short by the same Ctrl-C arriving twice, from the terminal
 * and from the launcher.
 */
export function untilSignal(): Interruption {
  const { promise, resolve } = Promise.withResolvers<string>();
  const onDisconnect = (): void => resolve('the end of its launcher');
  for (const signal of signals) {
    process.on(signal, resolve);
  }
  process.on('disconnect', onDisconnect);
  // The channel to the launcher alone must not keep this process alive.
  process.channel?.unref();
  const orphanCheck = watchParent(() => resolve('the end of npm'));
  return {
    promise,
    release: () => {
      for (const signal of signals) {
        process.off(signal, resolve);
      }
      process.off('disconnect', onDisconnect);
      clearInterval(orphanCheck);
    },
  };
}

/** Only under npm: a server that a person puts into the background outlives its shell by intention. */
function watchParent(onGone: () => void): NodeJS.Timeout | undefined {
  if (process.env.npm_lifecycle_event === undefined) {
    return undefined;
  }
  const parent = process.ppid;
  const check = (): void => {
    if (process.ppid !== parent) {
      onGone();
    }
  };
  return setInterval(check, orphanCheckMs).unref();
}
