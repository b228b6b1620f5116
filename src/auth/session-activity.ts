import type { Logger } from 'pino';
import type { SignIns } from './sign-ins.ts';

export type SessionActivity = {
  /** Notes that a session was used. */
  mark(sessionId: string): void;
  /** Writes what was noted and stops. */
  close(): Promise<void>;
};

/** Between two writes, in milliseconds. */
const intervalMs = 60_000;

/**
 * Remembers which sessions were used and writes that down once a minute: a read must not cost a
 * write. What a crash loses is a minute of "last used".
 */
export function startSessionActivity(
  signIns: Pick<SignIns, 'touchSessions'>,
  logger: Logger,
): SessionActivity {
  let used = new Set<string>();
  const write = async () => {
    if (used.size === 0) {
      return;
    }
    const sessionIds = [...used];
    used = new Set();
    try {
      await signIns.touchSessions(sessionIds);
    } catch (error) {
      logger.error({ err: error }, 'the use of sessions could not be noted');
    }
  };
  let writing = Promise.resolve();
  const timer = setInterval(() => {
    writing = writing.then(write);
  }, intervalMs);
  return {
    mark: (sessionId) => void used.add(sessionId),
    async close() {
      clearInterval(timer);
      await writing;
      await write();
    },
  };
}
