import type { Account } from './accounts.ts';
import type { Moment } from './calendar.ts';
import { type PersonaAccounts, reviewersOf } from './people.ts';
import type { PersonaName } from './personas.ts';

/** One act of a review: what was done, and why where that is said. */
export type Act = readonly [action: string, comments?: string];

export type Review = {
  /** The applicant. */
  readonly account: Account;
  /** What was done, the first at `appliedAt`; none while it is not handed in. */
  readonly acts: readonly Act[];
  readonly appliedAt: Moment;
  readonly secondsPerAct: number;
};

/** What became of an application by one act. */
export type Step = {
  readonly action: string;
  readonly comments: string | null;
  readonly at: Moment;
  /** The stage at which it was done; 0 before the first. */
  readonly stage: number;
  readonly actor: Account;
  readonly status: string;
  /** The stage at which the application is since then. */
  readonly stageAfter: number;
};

/** A stage of the approval: the status of what waits there, and the levels of those who decide. */
export type Stage = {
  readonly status: string;
  readonly minimumLevel: number;
  readonly maximumLevel: number;
};

/** Walks the stages as the functions of the workflow do. */
export function walk(
  stages: readonly Stage[],
  accounts: PersonaAccounts,
  { account, acts, appliedAt, secondsPerAct }: Review,
): Step[] {
  let stage = 1;
  return acts.map(([action, comments = null], index) => {
    const acted = action === 'submitted' ? 0 : stage;
    const isApplicants = action === 'submitted' || action === 'info_provided';
    const [reviewer] = reviewersAt(stageAt(stages, stage));
    if (reviewer === undefined) {
      throw new Error(`No persona decides at stage ${stage}.`);
    }
    let { status } = stageAt(stages, stage);
    if (action === 'approved') {
      stage = Math.min(stage + 1, stages.length);
      status = acted === stages.length ? 'approved' : stageAt(stages, stage).status;
    } else if (action === 'rejected' || action === 'on_hold') {
      status = action;
    } else if (action === 'info_requested') {
      status = 'additional_info_required';
    }
    return {
      action,
      comments,
      at: appliedAt + index * secondsPerAct,
      stage: acted,
      actor: isApplicants ? account : accounts[reviewer],
      status,
      stageAfter: stage,
    };
  });
}

/** The personas who decide there, the lowest level first. */
export function reviewersAt({ minimumLevel, maximumLevel }: Stage): PersonaName[] {
  return reviewersOf(minimumLevel, maximumLevel);
}

/** From 1. */
function stageAt(stages: readonly Stage[], stage: number): Stage {
  const found = stages[stage - 1];
  if (found === undefined) {
    throw new Error(`There is no stage ${stage}.`);
  }
  return found;
}
