/** As people write them in India: spaces and hyphens, with or without 0, 91 or +91. */
export function mobileNumber(text: string): string {
  const digits = `regexp_replace(${text}, '[\\s().-]', '', 'g')`;
  return `regexp_replace(regexp_replace(${digits}, '^(0|\\+?91|0091)?([6-9][0-9]{9})$', '+91\\2'), '^00', '+')`;
}
