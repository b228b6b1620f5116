/** Words that descriptions do not use, as regular expressions; docs/glossary.md has the words to use instead. */
export const replacedWords = [
  'somebody',
  'anybody',
  'everybody',
  'nobody',
  'who(m)?ever',
  'oneself',
  "one's",
  'himself',
  'herself',
  'wish(es|ed)?',
  'promis(e|es|ed)',
  'patience',
  'turnstile',
  'diary',
  'breath',
  'manners',
] as const;
