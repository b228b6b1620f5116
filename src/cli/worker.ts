import { loadConfig } from '../config/load.ts';
import { say } from './print.ts';
import { runUntilSignal } from './run-until-signal.ts';
import type { Verb } from './verb.ts';

export const workerVerb: Verb = {
  usage: 'worker',
  summary:
    'Start the relay of events, the jobs, messages and webhooks alone, beside APIs on other machines',
  options: {},
  run: async () => {
    const config = loadConfig();
    const { work } = await import('../main.ts');
    await runUntilSignal(async (running) => {
      await work(config, running, say);
      say('The relay, the jobs, messages and webhooks are working. Ctrl-C stops it.');
    });
    say('Stopped.');
  },
};
