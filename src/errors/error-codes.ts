/**
 * The registered error codes: what a code means for people and which HTTP status a request gets
 * when it is refused as a whole. `docs/error-codes.md` explains each; a test keeps the two in step.
 */
export const errorCodes = {
  OB001: { status: 401, message: 'Sign in first.' },
  OB002: {
    status: 403,
    message: 'You are not allowed to do this. Ask someone who has the right to it.',
  },
  OB003: { status: 404, message: 'This does not exist, or you may not see it. Check the id.' },
  OB004: { status: 401, message: 'This access token is not valid. Sign in again.' },
  OB005: { status: 401, message: 'This access token has expired. Refresh it, or sign in again.' },
  OB006: { status: 401, message: 'This account is suspended or closed. Contact customer care.' },
  OB007: { status: 401, message: 'This session has ended. Sign in again.' },
  OB008: { status: 401, message: 'This account does not exist here. Sign in again.' },
  OB010: {
    status: 400,
    message: 'The request could not be understood. Correct it and send it again.',
  },
  OB011: { status: 400, message: 'The query asks for too much. Split it into several requests.' },
  OB012: { status: 400, message: 'The query asks for too many rows. Ask for smaller pages.' },
  OB013: {
    status: 503,
    message: 'This took too long and was stopped. Ask for less at once, or try again.',
  },
  OB014: { status: 413, message: 'The request is too large. Send less at once.' },
  OB015: {
    status: 403,
    message: 'You may not follow this topic, or it does not exist. Check the topic.',
  },
  OB016: {
    status: 405,
    message:
      'This method or content type is not supported here. Use the one that the documentation names.',
  },
  OB020: {
    status: 400,
    message: 'A value of the request breaks a rule of its field. Correct the value.',
  },
  OB030: { status: 409, message: 'This cannot be done in the present state. Reload it and check.' },
  OB031: {
    status: 403,
    message: 'You cannot decide on your own matters. Leave it to someone else.',
  },
  OB032: { status: 403, message: 'This waits for another level. Leave it to that level.' },
  OB033: {
    status: 403,
    message: 'This is above your approval limit. Ask someone with a higher limit.',
  },
  OB034: {
    status: 409,
    message:
      'A required document is missing or not verified yet. Attach it, or have it verified first.',
  },
  OB035: {
    status: 409,
    message: 'The franchise fee is not recorded as paid. Record the payment first.',
  },
  OB036: { status: 400, message: 'A required text is empty. Enter it.' },
  OB037: {
    status: 409,
    message: 'Something that is required first is missing. Add it, then try again.',
  },
  OB038: {
    status: 409,
    message: 'You cannot choose cash at present. Pay online, or pay what is due first.',
  },
  OB040: {
    status: 500,
    message: 'The template of a notification is missing or incomplete. Correct the template.',
  },
  OB041: { status: 429, message: 'You have sent too many invitations. Invite later.' },
  OB042: {
    status: 409,
    message:
      'The expected amount is not the price of the booking. Check the price, then confirm it again.',
  },
  OB043: {
    status: 409,
    message:
      'You already have a booking at this time. Enter the name of the guest who is served then, or choose another time.',
  },
  OB044: {
    status: 409,
    message: 'It is too early or too late for this. Check the time of the booking.',
  },
  OB045: {
    status: 403,
    message: 'Code is not the start code of this booking. Ask the customer again.',
  },
  OB046: {
    status: 403,
    message:
      'The start code was tried too often. Ask a manager of the vendor to start the service.',
  },
  OB048: {
    status: 409,
    message: 'An amount of an earlier booking is still due. Pay it, then book again.',
  },
  OB049: {
    status: 429,
    message: 'You have opened too many tickets. Write to an open one, or open another later.',
  },
  OB050: {
    status: 409,
    message: 'This figure is computed and cannot be entered. Choose another figure.',
  },
  OB051: { status: 400, message: 'Day must not be in the future. Set a target for a day to come.' },
  OB052: {
    status: 400,
    message: 'The webhook address is not allowed. Use a public https address.',
  },
  OB053: {
    status: 409,
    message:
      'The vendor already has the largest allowed number of webhook endpoints. Delete one first.',
  },
  OB054: {
    status: 400,
    message: 'Files of this type are not allowed for this purpose. Choose another type.',
  },
  OB055: { status: 413, message: 'The file is too large. Choose a smaller file.' },
  OB056: {
    status: 415,
    message:
      'The file does not have the announced type or length, or is damaged. Send the announced file.',
  },
  OB057: {
    status: 403,
    message: 'This file address is not valid or has expired. Load the page again to get a new one.',
  },
  OB058: {
    status: 400,
    message: 'The value does not fit this setting. Enter a value of its type and range.',
  },
  OB059: {
    status: 429,
    message: 'Too many activities were sent at once. Send them again in a moment.',
  },
  OB060: { status: 409, message: 'This time is not available. Choose another slot.' },
  OB061: { status: 409, message: 'The hold has expired. Choose a time again.' },
  OB062: {
    status: 409,
    message: 'This is not offered here. Choose another service, vendor or provider.',
  },
  OB063: { status: 409, message: 'There is not enough money in the wallet. Pay another way.' },
  OB064: { status: 409, message: 'There are not enough points for this. Use fewer points.' },
  OB065: { status: 403, message: 'You are too young to book. Ask an adult to book for you.' },
  OB066: {
    status: 409,
    message: 'This idempotency key was already used for another request. Use a new key.',
  },
  OB067: {
    status: 409,
    message: 'This booking has been moved as often as its terms allow. Cancel it and book again.',
  },
  OB068: { status: 409, message: 'The amount is more than is left. Enter a smaller amount.' },
  OB069: { status: 409, message: 'The booking has not been paid in full. Collect the rest first.' },
  OB070: {
    status: 409,
    message: 'The provider has bookings at this time. Assign them to other providers first.',
  },
  OB071: { status: 409, message: 'You hold too many slots. Confirm or release one first.' },
  OB072: {
    status: 409,
    message:
      'Your position cannot be recorded now. Report it every few seconds while you are on the way or serving.',
  },
  OB073: {
    status: 409,
    message: 'Home services do not come to this place. Choose another address.',
  },
  OB074: { status: 401, message: 'The signature does not match. Check the secret on both sides.' },
  OB075: {
    status: 410,
    message:
      'The events since this cursor are no longer stored. Fetch everything again, then follow from eventCursor.',
  },
  OB076: { status: 429, message: 'You have too many running subscriptions. End one first.' },
  OB077: { status: 429, message: 'You have too many open connections. Close one first.' },
  OB080: { status: 400, message: 'A vendor cannot be reviewed here. Use writeVendorReview.' },
  OB081: {
    status: 409,
    message: 'This was not part of the booking, or was not performed. Review something that was.',
  },
  OB082: { status: 409, message: 'This person does not work on tickets. Choose someone who does.' },
  OB083: { status: 429, message: 'You have sent too many requests. Wait a moment and try again.' },
  OB084: { status: 429, message: 'A code was sent a moment ago. Wait before you ask for another.' },
  OB085: {
    status: 401,
    message: 'This code is wrong or no longer valid. Check it, or ask for a new one.',
  },
  OB086: { status: 401, message: 'This code was tried too often. Ask for a new one.' },
  OB087: { status: 401, message: 'This refresh token is not valid. Sign in again.' },
  OB088: { status: 401, message: 'This refresh token was already used. Sign in again.' },
  OB089: {
    status: 409,
    message: 'This contact or sign-in belongs to another account. Sign in with it, or use another.',
  },
  OB090: { status: 503, message: 'Codes cannot be sent at the moment. Try again in a minute.' },
  OB091: { status: 403, message: 'Another service manages the accounts here. Sign in there.' },
  OB092: {
    status: 400,
    message: 'Redirects to this address are not allowed. Use one of the addresses that are set up.',
  },
  OB093: { status: 400, message: 'This sign-in is unknown or was already finished. Start again.' },
  OB094: {
    status: 502,
    message: 'The answer of the sign-in provider cannot be trusted. Start again.',
  },
  OB095: { status: 401, message: 'The sign-in provider did not accept this sign-in. Start again.' },
  OB096: {
    status: 403,
    message:
      'The sign-in provider has not verified your e-mail address. Verify it there, or sign in with a code.',
  },
  OB097: {
    status: 401,
    message: 'You did not agree to sign in at the provider. Start again and agree.',
  },
  OB098: { status: 401, message: 'This proof of an account is unknown or too old. Start again.' },
  OB099: {
    status: 500,
    message: 'Something went wrong on our side. Try again, and report the error if it stays.',
  },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Whether a string is one of the registered codes. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code);
}

const endsAccess: ReadonlySet<string> = new Set(['OB004', 'OB006', 'OB007', 'OB008']);

/** Whether the database refused the person, not the act: suspended, signed out or unknown. */
export function isAccessEnded(code: unknown): boolean {
  return typeof code === 'string' && endsAccess.has(code);
}

/**
 * Standard SQLSTATEs that a client can do something about, with a message of our own: PostgreSQL's
 * names tables and constraints. Any other state is an internal error.
 */
export const sqlStateMessages: Readonly<Record<string, string>> = {
  '23505': 'This value is already in use. Choose another one.',
  '23503': 'This refers to something that does not exist, or is still in use. Check the id.',
  '23514': 'The values do not follow the rules of their fields. Correct them.',
  '23502': 'A required value is missing. Enter it.',
  '23P01': 'This overlaps with an entry that already exists. Choose another time.',
  '22P02': 'A value does not have the expected format. Correct it.',
  '22003': 'A number is too large or too small. Enter another number.',
  '22007': 'A date or time does not have the expected format. Correct it.',
  '22008': 'A date or time is out of range. Choose another one.',
  '22021': 'A text has a character that cannot be stored. Remove it.',
  '22P05': 'A text has a character that cannot be stored. Remove it.',
  '42501': 'You are not allowed to do this. Ask someone who has the right to it.',
  '40001': 'Someone else changed this at the same time. Try again.',
  '40P01': 'Someone else changed this at the same time. Try again.',
};
