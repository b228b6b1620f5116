import type { Clock } from './clock.ts';

/** Waits for what arrives by itself. @throws Error with `what` after a minute. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  if (!(await comes(condition, 60_000))) {
    throw new Error(`Not within a minute: ${what}.`);
  }
}

/**
 * Waits for what is done once an hour, and lets hours pass: what one job leaves to be done may come after the job that
 * waits for it.
 *
 * @throws Error with `what` after a day.
 */
export async function untilTheHour(
  clock: Clock,
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  for (let hours = 0; hours < 24; hours += 1) {
    if (await comes(condition, 3_000)) {
      return;
    }
    clock.advanceTo(new Date(clock.now().getTime() + 61 * 60_000));
  }
  throw new Error(`Not within a day: ${what}.`);
}

async function comes(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}
