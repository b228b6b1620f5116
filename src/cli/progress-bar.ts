import type { WriteStream } from 'node:tty';

const width = 30;

export type ProgressBar = {
  readonly show: (done: number, total: number, what: string) => void;
  /** Goes on to the next line. */
  readonly end: () => void;
};

/** A bar that redraws itself on a terminal; elsewhere a line at every tenth. */
export function makeProgressBar(stream: WriteStream): ProgressBar {
  let shownTenth = -1;
  return {
    show: (done, total, what) => {
      const part = total === 0 ? 1 : Math.min(1, done / total);
      const percent = `${Math.floor(part * 100)}`.padStart(3);
      if (stream.isTTY) {
        const filled = Math.floor(part * width);
        const bar = '#'.repeat(filled).padEnd(width, '.');
        stream.write(`\r[${bar}] ${percent} % ${what}`);
        stream.clearLine(1);
        return;
      }
      const tenth = Math.floor(part * 10);
      if (tenth !== shownTenth) {
        shownTenth = tenth;
        stream.write(`${percent} % ${what}\n`);
      }
    },
    end: () => {
      if (stream.isTTY) {
        stream.write('\n');
      }
    },
  };
}
