/** What looks like a secret, or like personal data, and what stands in its place. */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]+\.[\w-]*\.?[\w-]*/g, '[token]'],
  [/\b(Bearer|Basic)\s+\S+/gi, '$1 [secret]'],
  // The user and password of an address.
  [/(\w+:\/\/)[^\s/@]+@/g, '$1[secret]@'],
  [
    /\b(password|passwd|secret|token|otp|api_?key|authorization)\b(["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;)]+)/gi,
    '$1$2[secret]',
  ],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '[email]'],
  // Numbers of phones, cards, accounts; not those of lines or times.
  [/\+?\d[\d ]{7,}\d/g, '[number]'],
];

/** A text of a program without what must not be kept: tokens, passwords, addresses, long numbers. */
export function withoutSecrets(text: string): string {
  return replacements.reduce(
    (current, [pattern, replacement]) => current.replace(pattern, replacement),
    text,
  );
}
