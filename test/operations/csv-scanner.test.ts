import { CsvScanner, splitRecord } from '../../src/operations/import/csv-scanner.ts';

/** Fed in pieces of so many bytes. */
function scan(input: string | Buffer, size = 1_000_000): [number, string, number, string | null][] {
  const bytes = Buffer.from(input);
  const scanner = new CsvScanner();
  const records = [];
  for (let at = 0; at < bytes.length; at += size) {
    records.push(...scanner.push(bytes.subarray(at, at + size)));
  }
  records.push(...scanner.end());
  return records.map(({ line, bytes: part, fields, problem }) => [
    line,
    part.toString(),
    fields,
    problem,
  ]);
}

it('records have the line where they begin, whatever line breaks they have inside', () => {
  expect(scan('a,b\n1,"x\ny\r\nz"\n\n2,"""q"", r"\r\n3,\n4,é')).toEqual([
    [1, 'a,b', 2, null],
    [2, '1,"x\ny\r\nz"', 2, null],
    [6, '2,"""q"", r"', 2, null],
    [7, '3,', 2, null],
    [8, '4,é', 2, null],
  ]);
});

it.each([
  'a,b\n1,"x\ny"\n2,"""q"",é"\r\n3,\r\n"4",x"y\n5,"a"b\n6\rx,1\n',
  '\uFEFFa,b\n1,2',
  'a\n"never closed\n1,2\n',
  'x',
  ',',
  '"',
  '\n\n',
  '',
])('%j is read the same in pieces of any size', (input) => {
  const whole = scan(input);
  for (let size = 1; size <= Buffer.byteLength(input) + 1; size += 1) {
    expect(scan(input, size)).toEqual(whole);
  }
});

it.each([
  ['a quote in the middle', '1,5" wide', /quote in a field/],
  ['text after a quote', '1,"a"b', /after a closing quote/],
  ['a lone carriage return', '1\r2,x', /carriage return/],
  ['a zero byte', '1,a\0b', /zero byte/],
  ['a quoted zero byte', '1,"a\0b"', /zero byte/],
])('%s is a problem of its line alone', (_, bad, problem) => {
  const [before, found, after] = scan(`0,0\n${bad}\n9,"9"\n`);
  expect([before?.[3], after]).toEqual([null, [3, '9,"9"', 2, null]]);
  expect(found?.slice(0, 2)).toEqual([2, bad]);
  expect(found?.[3]).toMatch(problem);
});

it('bytes that are not UTF-8 are a problem of their line alone', () => {
  const bytes = Buffer.concat([
    Buffer.from('é,1\n'),
    Buffer.from([0xff, 0x0a]),
    Buffer.from('ü,2\n'),
  ]);
  expect(scan(bytes).map(([line, , , problem]) => [line, problem])).toEqual([
    [1, null],
    [2, 'bytes that are not UTF-8'],
    [3, null],
  ]);
});

it('a quote that is never closed is a problem of the line that opens it', () => {
  const records = scan('1\n2,"x\n3\n');
  expect(records).toEqual([
    [1, '1', 1, null],
    [2, '2,"x\n3\n', 2, expect.stringMatching(/never closed/)],
  ]);
});

it('a file that is one endless record is not read into memory', () => {
  const scanner = new CsvScanner();
  scanner.push(Buffer.from('a\n"'));
  const piece = Buffer.alloc(1024 * 1024, 'x');
  expect(() => {
    for (let count = 0; count < 20; count += 1) {
      scanner.push(piece);
    }
  }).toThrow(/Line 2 .* 16 MiB/);
});

it('a record is taken apart where the header needs it', () => {
  const [record] = new CsvScanner().push(Buffer.from('a,"b ""c"", d",,"e"\n'));
  expect(record && splitRecord(record)).toEqual(['a', 'b "c", d', '', 'e']);
});
