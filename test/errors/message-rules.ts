import { replacedWords } from '../helpers/wording.ts';

/** Words and phrases that a message does not use. */
const badWords = new RegExp(
  `\\b(${[...replacedWords, 'constraint', 'please'].join('|')})\\b|is no |not acceptable`,
  'i',
);

/** One of these makes a sentence of a text. */
const verbs =
  /\b(is|are|was|were|be|has|have|had|must|can|cannot|may|needs?|does|do|did|went|waits|hold|signed|agree|breaks|belongs?|refers|overlaps|contains|uses|asks|paused|names|choose|sign|already)\b/i;

/** What to do begins a sentence with one of these. */
const advice =
  /(^|[.!:,;] |%|then |or )(Add|Adjust|Ask|Assign|Attach|Book|Call|Cancel|Change|Check|Choose|Close|Collect|Complete|Confirm|Connect|Contact|Continue|Copy|Correct|Create|Decide|Decline|Delete|Enable|End|Enter|Fetch|Fill|Get|Give|Invite|Leave|Let|List|Load|Make|Name|Open|Pay|Proceed|Read|Record|Redirect|Refresh|Reject|Reload|Remove|Reopen|Report|Resend|Restore|Resume|Review|Revoke|Send|Set|Shorten|Sign|Spend|Split|Start|Try|Unmark|Upload|Use|Verify|Wait|Write)\b/i;

/** Says by itself what is right, so that nothing else needs to be said. */
const rule = /\b(must|cannot|only|at most|already|required)\b/i;

/**
 * What is wrong with a text that a client may be told, `%` standing for a value that is put in;
 * undefined where nothing is.
 */
export function faultOf(text: string): string | undefined {
  const words = text.replaceAll('%', '1').split(/\s+/);
  if (words.length < 3) {
    return 'is too short';
  }
  if (
    !/^(["“%₹]|[A-Z0-9]|[a-z]+[A-Z0-9])/.test(text) ||
    !/[.!]["”]?$|[:.] [%1]$|: ombaro .+$/.test(text)
  ) {
    return 'is no sentence';
  }
  if (/[a-z0-9]_[a-z0-9]/i.test(text)) {
    return 'has an identifier of the database';
  }
  if (badWords.test(text)) {
    return `says "${badWords.exec(text)?.[0].trim()}"`;
  }
  if (!verbs.test(text) && !advice.test(text)) {
    return 'has no verb';
  }
  if (!advice.test(text) && !rule.test(text)) {
    return 'does not say what to do';
  }
  return undefined;
}
