import {
  type GraphQLArgument,
  GraphQLError,
  type GraphQLInputField,
  type GraphQLInputType,
  GraphQLScalarType,
  Kind,
} from 'postgraphile/graphql';

/** What a scalar of numbers takes: numbers with decimals, or whole ones of eight bytes. */
type NumberKind = 'decimal' | 'integer';

/** How many digits a column of the type `numeric(precision, scale)` keeps. */
type Digits = {
  readonly precision: number;
  readonly scale: number;
};

declare module 'graphql' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: it adds to the library's own.
  interface GraphQLScalarTypeExtensions {
    numberKind?: NumberKind;
  }
  // biome-ignore lint/style/useConsistentTypeDefinitions: it adds to the library's own.
  interface GraphQLInputFieldExtensions {
    digits?: Digits;
  }
}

/** Longer than any number that anything here means. */
const maxLength = 64;
const maxExponent = 40;

const decimal = /^[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,3}))?$/;
const integer = /^[+-]?\d{1,19}$/;
const minInteger = -(2n ** 63n);
const maxInteger = 2n ** 63n - 1n;

/**
 * Arguments of functions that are rupees; the catalogue keeps no scale of an argument. By name, so
 * that all functions say the same: `amount`, `cashCollected`, `minimumPrice`.
 */
const amountNames =
  /(^a|A)mount$|(^p|P)rice$|(^f|F)ee$|(^c|C)harge$|(^c|C)ollected$|(^r|R)upees$|(^l|L)imit$/;

/** And those that are not, for a test that finds an argument which is in neither. */
export const otherNumbers: readonly string[] = [
  'latitude',
  'longitude',
  'accuracy',
  'speed',
  'heading',
  'altitude',
  'radiusKm',
  'minimumRating',
  'percentage',
  // In the unit of the key figure.
  'value',
  'target',
];

/** Whether an argument of this name is rupees. */
export function isAmountName(name: string): boolean {
  return amountNames.test(name);
}

/** The kind of numbers of a type, where it is one that our checks know. */
export function numberKindOf(type: GraphQLInputType): NumberKind | undefined {
  if (!(type instanceof GraphQLScalarType)) {
    return undefined;
  }
  return type.extensions.numberKind ?? (type.name === 'Float' ? 'decimal' : undefined);
}

/** What is wrong with a number; undefined where it is right. */
export function numberFault(value: unknown, kind: NumberKind): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') {
    return 'This must be a number, such as 100 or 99.50.';
  }
  const text = String(value);
  if (kind === 'integer') {
    const isInteger =
      integer.test(text) && BigInt(text) >= minInteger && BigInt(text) <= maxInteger;
    return isInteger ? undefined : 'This must be a whole number of at most 18 digits.';
  }
  const [, , , , exponent = '0'] = text.length <= maxLength ? (decimal.exec(text) ?? []) : [];
  if (text.length > maxLength || Math.abs(Number(exponent)) > maxExponent) {
    return 'This must be a number with fewer digits.';
  }
  return decimal.test(text) ? undefined : 'This must be a number, such as 100 or 99.50.';
}

/** What is wrong with a number for the place that takes it: too many decimals, or digits. */
export function digitsFault(
  value: string | number,
  definition: GraphQLArgument | GraphQLInputField,
): string | undefined {
  const digits = (definition as GraphQLInputField).extensions.digits;
  const scale = digits ? digits.scale : isAmountName(definition.name) ? 2 : undefined;
  if (scale === undefined) {
    return undefined;
  }
  if (decimalsOf(String(value)) > scale) {
    const most = ['no decimals', 'at most one decimal', 'at most two decimals'][scale];
    return `This must have ${most ?? `at most ${scale} decimals`}.`;
  }
  const limit = digits && 10 ** (digits.precision - digits.scale);
  return limit !== undefined && Math.abs(Number(value)) >= limit
    ? `This must be a number below ${limit.toLocaleString('en-IN')}.`
    : undefined;
}

/** Places after the point that count: 1.50 has one, 15e-2 two. */
function decimalsOf(text: string): number {
  const [, whole = '', after, only, exponent = '0'] = decimal.exec(text) ?? [];
  const fraction = after ?? only ?? '';
  const written = `${whole}${fraction}`.replace(/0+$/, '');
  const trailing = whole.length + fraction.length - written.length;
  return written === '' ? 0 : Math.max(0, fraction.length - trailing - Number(exponent));
}

/** The scalars of numbers: they take what is a number, as a literal of either kind or a text. */
export const NumbersPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroNumbersPlugin',
  version: '1.0.0',
  gather: {
    hooks: {
      pgCodecs_attribute(_info, { pgAttribute, attribute }) {
        const typmod = pgAttribute.atttypmod ?? -1;
        if (pgAttribute.getType()?.typname === 'numeric' && typmod >= 0) {
          // As numeric_typmod_scale of PostgreSQL reads it.
          const digits = { precision: (typmod - 4) >> 16, scale: (typmod - 4) & 0x7ff };
          attribute.extensions = { ...attribute.extensions, digits };
        }
      },
    },
  },
  schema: {
    hooks: {
      GraphQLScalarType(config, build) {
        const kind = kindOfScalar(config.name, build);
        return kind === undefined ? config : { ...config, ...numberScalar(kind) };
      },
      GraphQLInputObjectType_fields_field(field, _build, { scope: { pgAttribute } }) {
        const digits = pgAttribute?.extensions?.digits;
        return digits ? { ...field, extensions: { ...field.extensions, digits } } : field;
      },
    },
  },
};

declare global {
  namespace DataplanPg {
    // biome-ignore lint/style/useConsistentTypeDefinitions: it adds to the library's own.
    interface PgCodecAttributeExtensions {
      digits?: Digits;
    }
  }
}

function kindOfScalar(name: string, build: GraphileBuild.Build): NumberKind | undefined {
  const { numeric, bigint } = build.dataplanPg.TYPES;
  for (const codec of build.allPgCodecs) {
    const base = codec.domainOfCodec ?? codec;
    if (
      (base === numeric || base === bigint) &&
      build.getGraphQLTypeNameByPgCodec(codec, 'input') === name
    ) {
      return base === numeric ? 'decimal' : 'integer';
    }
  }
  return undefined;
}

function numberScalar(kind: NumberKind) {
  const parse = (value: unknown): string => {
    const fault = numberFault(value, kind);
    if (fault !== undefined) {
      throw new GraphQLError(fault, { extensions: { code: 'OB020' } });
    }
    return String(value);
  };
  return {
    extensions: { numberKind: kind },
    parseValue: parse,
    parseLiteral: (node: { kind: string; value?: unknown }) =>
      parse(
        node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT
          ? node.value
          : undefined,
      ),
  };
}
