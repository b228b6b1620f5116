/**
 * Documents that take a parser, a validator or a planner long, each in the size that is asked for:
 * `size` counts what is repeated.
 */
export const adversarialShapes: Readonly<Record<string, (size: number) => string>> = {
  'comments of one character': (size) => `{__typename}${'#\n'.repeat(size)}`,
  'one long comment': (size) => `{__typename}#${'a'.repeat(size)}`,
  'blank lines': (size) => `{__typename}${'\n'.repeat(size)}`,
  'carriage returns': (size) => `{__typename}${'\r'.repeat(size)}`,
  commas: (size) => `{__typename}${','.repeat(size)}`,
  'byte order marks': (size) => `{__typename}${'\ufeff'.repeat(size)}`,
  'blank lines before unknown fields': (size) => `{${`${'\n'.repeat(300)}a `.repeat(size / 30)}}`,
  'a long name': (size) => `{${'a'.repeat(size)}}`,
  'a long number': (size) => `{vendor(id:${'1'.repeat(size)}){id}}`,
  'a number with a long exponent': (size) => `{vendor(id:1e${'9'.repeat(size)}){id}}`,
  'a long string': (size) => `{vendor(id:"${'a'.repeat(size)}"){id}}`,
  'a string of escapes': (size) => `{vendor(id:"${'\\n'.repeat(size)}"){id}}`,
  'a string of code points': (size) => `{vendor(id:"${'\\u{1F600}'.repeat(size)}"){id}}`,
  'a block string of lines': (size) => `{vendor(id:"""${'\n a'.repeat(size)}"""){id}}`,
  'a string without an end': (size) => `{vendor(id:"${'a'.repeat(size)}`,
  'one field again and again': (size) => `{${'__typename '.repeat(size)}}`,
  'one object again and again': (size) => `{${'vendors{nodes{id businessName}} '.repeat(size)}}`,
  'an object within an object, again and again': (size) =>
    `{${`vendors{${'nodes{id} '.repeat(20)}} `.repeat(size / 20)}}`,
  'arguments to be compared': (size) =>
    `{${`vendors(filter:{city:{in:[${'"a",'.repeat(40)}]}}){totalCount} `.repeat(size / 40)}}`,
  'inline fragments again and again': (size) => `{${'...on Query{__typename} '.repeat(size)}}`,
  'inline fragments in each other': (size) =>
    `{${'...{'.repeat(size)}__typename${'}'.repeat(size)}}`,
  'as many aliases': (size) => `{${times(size, (n) => `a${n}:__typename`)}}`,
  'as many lists': (size) => `{${times(size, (n) => `a${n}:vendors{totalCount}`)}}`,
  'as many aliases of the schema': (size) =>
    `{${times(size, (n) => `a${n}:__schema{types{fields{name type{name}}}}`)}}`,
  'as many aliases of a type': (size) =>
    `{${times(size, (n) => `a${n}:__type(name:"Query"){fields{args{type{fields{name}}}}}`)}}`,
  'as many aliases within the schema': (size) =>
    `{__schema{${times(size, (n) => `a${n}:types{fields{args{name}}}`)}}}`,
  'types of types': (size) => `{__schema{types${'{ofType'.repeat(size)}{name}${'}'.repeat(size)}}}`,
  'unknown fields that are like known ones': (size) =>
    `{${times(size, (n) => `vendorServiceConnectios${n}`)}}`,
  'unknown types that are like known ones': (size) =>
    `{__typename ${times(size, (n) => `...on VendorServiceAddonsConnectiox${n}Aggregates{id}`)}}`,
  'unknown arguments': (size) => `{vendors(${times(size, (n) => `firxt${n}:1`)}){totalCount}}`,
  'one argument again and again': (size) => `{vendors(${'first:1 '.repeat(size)}){totalCount}}`,
  'one argument again and again over lines': (size) =>
    `{vendors(${'first:1\n'.repeat(size)}){totalCount}}`,
  'unknown orders': (size) => `{${'vendors(orderBy:BUSINES_NAME_ASC){totalCount} '.repeat(size)}}`,
  'a list of wrong values': (size) =>
    `{vendors(filter:{city:{in:[${times(size, String)}]}}){totalCount}}`,
  'one field of a value again and again': (size) =>
    `{vendors(filter:{${'city:{} '.repeat(size)}}){totalCount}}`,
  'one directive again and again': (size) => `{__typename ${'@skip(if:true)'.repeat(size)}}`,
  'unknown directives': (size) => `{__typename ${'@ski '.repeat(size)}}`,
  'directives of an operation': (size) => `query ${'@skip(if:true)'.repeat(size)} {__typename}`,
  'variables that are not used': (size) => `query(${times(size, (n) => `$v${n}:Int`)}){__typename}`,
  'one variable again and again over lines': (size) =>
    `query(${'$v:Int\n'.repeat(size)}){__typename}`,
  'a list of lists as a type': (size) =>
    `query($v:${'['.repeat(size)}Int${']'.repeat(size)}){__typename}`,
  'a type without an end': (size) => `query($v:${'['.repeat(size)}`,
  'selections in each other': (size) => `${'{a'.repeat(size)}${'}'.repeat(size)}`,
  'selections without an end': (size) => '{a'.repeat(size),
  'lists in each other': (size) =>
    `{vendors(filter:${'['.repeat(size)}${']'.repeat(size)}){totalCount}}`,
  'objects in each other': (size) =>
    `{vendors(filter:${'{not:'.repeat(size)}{}${'}'.repeat(size)}){totalCount}}`,
  'fragments that spread the next': (size) =>
    `{...f0} ${times(size, (n) => `fragment f${n} on Query{...f${n + 1}}`)} ${last(size)}`,
  'fragments that spread the next twice': (size) =>
    `{...f0} ${times(size, (n) => `fragment f${n} on Query{...f${n + 1} ...f${n + 1}}`)} ${last(size)}`,
  'fragments that spread the next twice in objects': (size) =>
    `{vendors{nodes{...f0}}} ${times(
      size,
      (n) => `fragment f${n} on Vendor{a:bookings{nodes{vendor{...f${n + 1}}}} ...f${n + 1}}`,
    )} fragment f${size} on Vendor{id}`,
  'fragments that spread the next twice in the schema': (size) =>
    `{__schema{types{...f0}}} ${times(
      size,
      (n) => `fragment f${n} on __Type{ofType{...f${n + 1}} ...f${n + 1}}`,
    )} fragment f${size} on __Type{name}`,
  'fragments that are spread in a circle': (size) =>
    `{...f0} ${times(size, (n) => `fragment f${n} on Query{...f${(n + 1) % size}}`)}`,
  'fragments that spread each other': (size) => {
    const spreads = times(Math.sqrt(size), (n) => `...f${n}`);
    return `{...f0} ${times(Math.sqrt(size), (n) => `fragment f${n} on Query{${spreads}}`)}`;
  },
  'fragments to be compared': (size) =>
    `{${times(size, (n) => `...f${n}`)}} ${times(
      size,
      (n) => `fragment f${n} on Query{__typename ...f${n + 1}}`,
    )} ${last(size)}`,
  'fragments that are not spread': (size) =>
    `{__typename} ${times(size, (n) => `fragment f${n} on Query{__typename}`)}`,
  'operations that spread fragments': (size) =>
    `${times(size, (n) => `query q${n}{...f0}`)} ${times(
      size,
      (n) => `fragment f${n} on Query{...f${n + 1}}`,
    )} ${last(size)}`,
  'operations with the variables of a fragment': (size) =>
    `${times(size, (n) => `query q${n}{...f}`)} fragment f on Query{${times(
      size,
      (n) => `a${n}:vendor(id:$x){id}`,
    )}}`,
  'definitions of types': (size) => times(size, (n) => `type T${n}{a:Int}`),
  'no GraphQL': (size) => '}{'.repeat(size),
  'characters that GraphQL does not know': (size) => '\u0000'.repeat(size),
};

function times(size: number, text: (n: number) => string): string {
  return Array.from({ length: size }, (_, n) => text(n)).join(' ');
}

function last(size: number): string {
  return `fragment f${Math.floor(size)} on Query{__typename}`;
}
