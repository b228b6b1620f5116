import { Lexer, Source, TokenKind } from 'postgraphile/graphql';
import { apiError } from '../../errors/errors.ts';

const maxLength = 100_000;
/** Each place in an error is found by reading all lines before it. */
const maxLines = 2_000;
/** Names, values and marks. */
const maxTokens = 5_000;
/** The parser calls itself for every bracket. */
const maxNesting = 100;

const opening = new Set<TokenKind>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing = new Set<TokenKind>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Throws OB011 for a text that would take long to parse, and a syntax error for what is not a text of
 * GraphQL. Reads the text once and calls nothing that calls itself.
 */
export function checkText(text: string): void {
  if (text.length > maxLength) {
    throw tooLarge(
      `A document must have at most ${maxLength} characters. Send long values as variables.`,
    );
  }
  const lexer = new Lexer(new Source(text));
  let nesting = 0;
  let tokens = 0;
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
    tokens += 1;
    if (tokens > maxTokens) {
      throw tooLarge(
        `A document must have at most ${maxTokens} names, values and punctuation marks. Send values as variables, or several documents.`,
      );
    }
    if (opening.has(kind)) {
      nesting += 1;
    } else if (closing.has(kind)) {
      nesting -= 1;
    }
    if (nesting > maxNesting) {
      throw tooLarge(
        `Brackets must be nested at most ${maxNesting} levels deep. Ask for deeper data in a separate request.`,
      );
    }
  }
  if (lexer.line > maxLines) {
    throw tooLarge(
      `A document must have at most ${maxLines} lines. Leave out blank lines and comments.`,
    );
  }
}

function tooLarge(message: string) {
  return apiError('OB011', message);
}
