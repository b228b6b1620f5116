import type { Account } from './accounts.ts';
import type { Moment } from './calendar.ts';
import type { PersonaAccounts } from './people.ts';

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

/** Status and reviewers of each stage, from 1. */
export const stages = [
  { status: 'fo_review', reviewers: ['field_officer'] },
  { status: 'manager_review', reviewers: ['manager'] },
  { status: 'director_review', reviewers: ['director'] },
  { status: 'admin_review', reviewers: ['vice_president', 'admin'] },
] as const;

/** Walks the stages as the functions of the workflow do. */
export function walk(
  accounts: PersonaAccounts,
  { account, acts, appliedAt, secondsPerAct }: Review,
): Step[] {
  let stage = 1;
  return acts.map(([action, comments = null], index) => {
    const acted = action === 'submitted' ? 0 : stage;
    const isApplicants = action === 'submitted' || action === 'info_provided';
    const [reviewer] = stageAt(stage).reviewers;
    let status = stageAt(stage).status as string;
    if (action === 'approved') {
      stage = Math.min(stage + 1, stages.length);
      status = acted === stages.length ? 'approved' : stageAt(stage).status;
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

function stageAt(stage: number): (typeof stages)[number] {
  const found = stages[stage - 1];
  if (found === undefined) {
    throw new Error(`There is no stage ${stage}.`);
  }
  return found;
}
