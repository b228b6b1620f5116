/** Waits for what arrives by itself. @throws Error with `what` after 20 seconds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`Not within 20 seconds: ${what}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
