import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isRequiredArgument,
  isUnionType,
  type OperationTypeNode,
} from 'graphql';
import type { Dice } from '../booking/slots-worlds.ts';
import { type Known, ValueMaker } from './values.ts';

/** One request: `variables` is the text of a JSON object, which may say what no program could hold. */
export type FuzzDocument = {
  readonly operation: OperationTypeNode;
  readonly query: string;
  readonly variables: string;
};

const oddness = [0, 0.05, 0.1, 0.3];

/** Makes documents over a whole schema; the same ones for the same dice. */
export class DocumentMaker {
  readonly #schema: GraphQLSchema;
  readonly #dice: Dice;
  readonly #known: Known;

  constructor(schema: GraphQLSchema, dice: Dice, known: Known) {
    this.#schema = schema;
    this.#dice = dice;
    this.#known = known;
  }

  next(): FuzzDocument {
    const dice = this.#dice;
    const operation = dice.pick([
      'query',
      'query',
      'query',
      'mutation',
      'mutation',
      'subscription',
    ]) as OperationTypeNode;
    const root = this.#schema.getRootType(operation) as GraphQLObjectType;
    const values = new ValueMaker(dice, this.#known, dice.pick(oddness));
    return new OneDocument(this.#schema, dice, values).write(operation, root);
  }
}

class OneDocument {
  readonly #schema: GraphQLSchema;
  readonly #dice: Dice;
  readonly #values: ValueMaker;
  readonly #variables: { readonly name: string; readonly type: string; readonly json: string }[] =
    [];
  readonly #fragments: string[] = [];
  readonly #wildness: number;
  #aliases = 0;

  constructor(schema: GraphQLSchema, dice: Dice, values: ValueMaker) {
    this.#schema = schema;
    this.#dice = dice;
    this.#values = values;
    // What is wild in every place is refused for the first of them.
    this.#wildness = dice.pick([0, 0, 0, 0.02]);
  }

  write(operation: OperationTypeNode, root: GraphQLObjectType): FuzzDocument {
    const fields = operation === 'query' ? 1 + this.#dice.below(3) : 1;
    const selection = this.#selection(root, 0, fields);
    const variables = this.#variables.map(({ name, type }) => `$${name}:${type}`);
    const head = variables.length > 0 ? `(${variables.join(' ')})` : '';
    const query = `${operation} Q${head}${this.#wildDirective()}${selection} ${this.#fragments.join(' ')}`;
    const given = this.#variables.filter(() => !this.#isWild());
    return {
      operation,
      query: this.#isWild() ? this.#damaged(query) : query,
      variables: `{${given.map(({ name, json }) => `${JSON.stringify(name)}:${json}`)}}`,
    };
  }

  #selection(type: GraphQLCompositeType, depth: number, most?: number): string {
    const dice = this.#dice;
    const fields = isUnionType(type) ? [] : Object.values(type.getFields());
    const able = depth < 7 ? fields : fields.filter((field) => !isComposite(field));
    const parts = Array.from({ length: most ?? 1 + dice.below(depth < 3 ? 4 : 3) }, () =>
      able.length === 0 ? '__typename' : this.#field(dice.pick(able), depth),
    );
    if (dice.chance(0.1)) {
      parts.push('__typename');
    }
    if (isAbstractType(type)) {
      const on = dice.pick(this.#schema.getPossibleTypes(type));
      parts.push(`...on ${on.name}${this.#directives()}${this.#selection(on, depth + 1)}`);
    }
    if (depth === 0 && this.#isWild()) {
      parts.push(dice.pick(introspections));
    }
    return `{${this.#inFragments(type, parts)}}`;
  }

  #inFragments(type: GraphQLCompositeType, parts: readonly string[]): string {
    const dice = this.#dice;
    const inside = parts.join(' ');
    if (dice.chance(0.1)) {
      const name = `F${this.#fragments.length}`;
      this.#fragments.push(`fragment ${name} on ${type.name}${this.#wildDirective()}{${inside}}`);
      const spread = `...${name}${this.#directives()}`;
      return dice.chance(0.3) ? `${spread} ${spread}` : spread;
    }
    if (this.#isWild()) {
      return `${inside} ${dice.pick(['...F0', '...Unknown', 'unknown', '...on Nothing{a}'])}`;
    }
    return dice.chance(0.1) ? `...${this.#directives()}{${inside}}` : inside;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const dice = this.#dice;
    const given = field.args.filter((arg) => isRequiredArgument(arg) || dice.chance(0.3));
    if (this.#isWild()) {
      given.pop();
    }
    const args = given.map((arg) => `${arg.name}:${this.#argument(arg)}`);
    if (this.#isWild()) {
      args.push(...args.slice(0, 1), 'unknown:1');
    }
    this.#aliases += 1;
    const alias = dice.chance(0.05) ? dice.pick(['a', '__proto__', 'constructor']) : '';
    const name = `${alias || `a${this.#aliases}`}:${field.name}`;
    const type = getNamedType(field.type);
    const inside = isCompositeType(type) ? this.#selection(type, depth + 1) : '';
    return `${name}${args.length > 0 ? `(${args.join(' ')})` : ''}${this.#directives()}${inside}`;
  }

  #argument({ type }: GraphQLArgument): string {
    const { literal, json } = this.#values.of(type);
    if (json !== undefined && (literal === undefined || this.#dice.chance(0.5))) {
      const name = `v${this.#variables.length}`;
      this.#variables.push({ name, type: String(type), json });
      return `$${name}`;
    }
    return literal ?? 'null';
  }

  #directives(): string {
    if (!this.#dice.chance(0.05)) {
      return this.#wildDirective();
    }
    const condition = this.#dice.pick(['true', 'false', undefined]);
    const name = this.#dice.pick(['skip', 'include']);
    if (condition !== undefined) {
      return ` @${name}(if:${condition}) `;
    }
    const variable = `v${this.#variables.length}`;
    const json = String(this.#dice.chance(0.5));
    this.#variables.push({ name: variable, type: 'Boolean!', json });
    return ` @${name}(if:$${variable}) `;
  }

  #wildDirective(): string {
    return this.#isWild() ? ` ${this.#dice.pick(wildDirectives)} ` : ' ';
  }

  #isWild(): boolean {
    return this.#dice.chance(this.#wildness);
  }

  #damaged(query: string): string {
    const at = this.#dice.below(query.length);
    const piece = this.#dice.pick(['', '\u0000', '}', '{', '"', '$', '\ud800', '...', '#']);
    return `${query.slice(0, at)}${piece}${query.slice(at + this.#dice.below(3))}`;
  }
}

const introspections = [
  '__schema{queryType{name}}',
  '__type(name:"Vendor"){name}',
  '__type(name:"\\u0000"){name}',
  'x:__schema{directives{name args{name}}}',
];

const wildDirectives = [
  '@unknown',
  '@skip',
  '@skip(if:null)',
  '@skip(if:"true")',
  '@skip(if:true)@skip(if:false)',
  '@include(if:$nothing)',
  '@include(if:true,unless:1)',
  '@deprecated(reason:"x")',
  '@defer',
  '@stream(initialCount:1)',
  '@oneOf',
  '@specifiedBy(url:"")',
];

function isComposite(field: GraphQLField<unknown, unknown>): boolean {
  return isCompositeType(getNamedType(field.type));
}
