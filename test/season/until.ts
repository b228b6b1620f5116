/** Waits for what arrives by itself. @throws Error with `what` after a minute. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`Not within a minute: ${what}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
