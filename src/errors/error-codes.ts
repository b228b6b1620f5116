/**
 * The registered error codes: what a code means for people and which HTTP status a request gets
 * when it is refused as a whole. `docs/error-codes.md` explains each; a test keeps the two in step.
 */
export const errorCodes = {
  OB001: { status: 401, message: 'Sign in first.' },
  OB002: { status: 403, message: 'You are not allowed to do this.' },
  OB003: { status: 404, message: 'There is nothing here that you may see.' },
  OB004: { status: 401, message: 'This access token is not valid.' },
  OB005: { status: 401, message: 'This access token has expired.' },
  OB006: { status: 401, message: 'This account is suspended or closed.' },
  OB007: { status: 401, message: 'This session has ended. Sign in again.' },
  OB008: { status: 401, message: 'This account is not known.' },
  OB010: { status: 400, message: 'The request could not be understood.' },
  OB011: { status: 400, message: 'The query asks for too much. Ask in several requests.' },
  OB012: { status: 400, message: 'The query asks for too many rows.' },
  OB013: { status: 503, message: 'This took too long and was stopped. Ask for less at once.' },
  OB014: { status: 413, message: 'The request is too large.' },
  OB015: { status: 403, message: 'You may not listen to this topic.' },
  OB016: { status: 405, message: 'This method or content type is not supported here.' },
  OB020: { status: 400, message: 'A value is not acceptable.' },
  OB030: { status: 409, message: 'This cannot be done as things are now.' },
  OB031: { status: 403, message: 'Nobody decides in their own matter.' },
  OB032: { status: 403, message: 'This is for another level to decide.' },
  OB033: { status: 403, message: 'This is above your limit.' },
  OB034: { status: 409, message: 'A required document is not verified yet.' },
  OB035: { status: 409, message: 'The franchise fee is not recorded as paid.' },
  OB036: { status: 400, message: 'Please say why.' },
  OB037: { status: 409, message: 'Something required is missing.' },
  OB040: { status: 500, message: 'The words of a notification are not complete.' },
  OB041: { status: 429, message: 'No more invitations for now.' },
  OB044: { status: 409, message: 'It is too early or too late for this.' },
  OB045: {
    status: 403,
    message: 'Code is not the start code of this booking. Ask the customer again.',
  },
  OB046: { status: 403, message: 'The start code was tried too often.' },
  OB050: { status: 409, message: 'This figure is computed; nobody enters it.' },
  OB051: { status: 400, message: 'Figures are entered for days up to today.' },
  OB052: { status: 400, message: 'Webhooks are not sent to this address.' },
  OB053: { status: 409, message: 'The vendor has as many webhook endpoints as it may have.' },
  OB054: { status: 400, message: 'Files of this type are not taken for this.' },
  OB055: { status: 413, message: 'The file is too large.' },
  OB056: { status: 415, message: 'The file is not what was announced.' },
  OB057: { status: 403, message: 'This address is not valid, or not any more.' },
  OB058: { status: 400, message: 'The value does not fit this setting.' },
  OB059: { status: 429, message: 'Too many activities at once. Send them again in a moment.' },
  OB060: { status: 409, message: 'This time is not free.' },
  OB061: { status: 409, message: 'The hold has lapsed.' },
  OB062: { status: 409, message: 'This is not offered.' },
  OB063: { status: 409, message: 'There is not enough money in the wallet.' },
  OB064: { status: 409, message: 'There are not enough points for this.' },
  OB065: { status: 403, message: 'You are too young to book.' },
  OB066: { status: 409, message: 'This idempotency key was used for another request.' },
  OB067: { status: 409, message: 'This booking was moved as often as its terms allow.' },
  OB068: { status: 409, message: 'The amount is more than there is.' },
  OB069: { status: 409, message: 'The booking is not paid for.' },
  OB070: { status: 409, message: 'Bookings stand in the way.' },
  OB071: { status: 409, message: 'You hold too many slots.' },
  OB072: { status: 409, message: 'Your position is not wanted now.' },
  OB073: { status: 409, message: 'Nobody comes there.' },
  OB074: { status: 401, message: 'The signature does not match.' },
  OB075: {
    status: 410,
    message:
      'This place in the events is no longer kept. Fetch everything again and follow from eventCursor.',
  },
  OB076: { status: 429, message: 'You follow too much at once. End a subscription first.' },
  OB077: { status: 429, message: 'You have too many connections. Close one first.' },
  OB080: { status: 400, message: 'A vendor is reviewed in another way.' },
  OB081: { status: 409, message: 'This was not part of the booking.' },
  OB082: { status: 409, message: 'This person does not work on tickets.' },
  OB083: { status: 429, message: 'Too many requests. Try again in a moment.' },
  OB084: { status: 429, message: 'A code was sent a moment ago. Wait until another may be sent.' },
  OB085: { status: 401, message: 'This code is wrong or no longer valid.' },
  OB086: { status: 401, message: 'This code was tried too often. Ask for another.' },
  OB087: { status: 401, message: 'This refresh token is not valid. Sign in again.' },
  OB088: { status: 401, message: 'This refresh token was used before. Sign in again.' },
  OB089: { status: 409, message: 'This belongs to another account.' },
  OB090: { status: 503, message: 'Codes cannot be sent at the moment. Try again in a minute.' },
  OB091: { status: 403, message: 'Accounts are kept by another issuer here. Sign in there.' },
  OB092: { status: 400, message: 'Nobody is sent to this address.' },
  OB093: {
    status: 400,
    message: 'This sign-in is unknown here, or was finished before. Begin again.',
  },
  OB094: {
    status: 502,
    message: 'The answer of the sign-in provider cannot be trusted. Begin again.',
  },
  OB095: {
    status: 401,
    message: 'The sign-in provider does not accept this sign-in. Begin again.',
  },
  OB096: { status: 403, message: 'The sign-in provider has not verified your e-mail address.' },
  OB097: { status: 401, message: 'You did not agree to sign in there.' },
  OB098: { status: 401, message: 'This proof is unknown or too old. Begin again.' },
  OB099: { status: 500, message: 'Something went wrong on our side.' },
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
  '23505': 'This already exists.',
  '23503': 'Something that this refers to does not exist, or is still in use.',
  '23514': 'A value is not acceptable.',
  '23502': 'A required value is missing.',
  '23P01': 'This overlaps with something that is already there.',
  '22P02': 'A value is not in the expected format.',
  '22003': 'A number is too large or too small.',
  '22007': 'A date or time is not in the expected format.',
  '22008': 'A date or time is out of range.',
  '22021': 'A text has a character that cannot be kept. Leave it out.',
  '22P05': 'A text has a character that cannot be kept. Leave it out.',
  '42501': 'You are not allowed to do this.',
  '40001': 'Somebody else changed this at the same time. Try again.',
  '40P01': 'Somebody else changed this at the same time. Try again.',
};
