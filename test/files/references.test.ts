import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PersonaName } from '../../src/demo/personas.ts';
import { codeIn } from '../api/support.ts';
import { codeOf } from '../db/attempt.ts';
import { untilBlocked } from '../db/concurrency.ts';
import { claimsOf, idOf } from '../fixtures/people.ts';
import { addStoredFile } from '../helpers/files.ts';
import { pdf, pictures } from './pictures.ts';
import { type Files, get, startFiles } from './support.ts';

let files: Files;

beforeAll(async () => {
  files = await startFiles();
});
afterAll(async () => {
  await files?.close();
});
beforeEach(async () => {
  // Nothing that a test leaves behind counts for the next.
  await files.database.owner.query(
    'delete from user_documents; update user_profiles set profile_image = null',
  );
});

const hand = `mutation ($url: FileReference!) { createUserDocument(input: { userDocument: {
  documentType: pan documentName: "PAN card" fileUrl: $url } }) { userDocument { id } } }`;
const read = 'query ($id: UUID!) { userDocument(id: $id) { fileUrl fileDownloadUrl } }';

async function codeOfHanding(person: PersonaName, reference: string): Promise<string> {
  const answer = await files.ask(person, hand, { url: reference });
  return answer.errors ? (codeIn(answer) ?? 'none') : 'ok';
}

async function unusedSince(id: string): Promise<Date | null> {
  const { rows } = await files.database.owner.query(
    'select unused_since as since from files where id = $1',
    [id],
  );
  return rows[0].since;
}

describe('a reference', () => {
  test('to one’s own stored file of the purpose is accepted; to anything else it is refused', async () => {
    const own = await files.send('customer', 'user_document', 'application/pdf', pdf);
    const another = await files.send('customer2', 'user_document', 'application/pdf', pdf);
    const portrait = await files.send('customer', 'profile_image', 'image/png', pictures.png);
    const waiting = await files.announce('customer', 'user_document', 'image/png', 10);
    const nowhere = 'file:99999999-9999-4999-8999-999999999999';
    expect(await codeOfHanding('customer', another.reference)).toBe('OB003');
    expect(await codeOfHanding('customer', portrait.reference)).toBe('OB003');
    expect(await codeOfHanding('customer', nowhere)).toBe('OB003');
    expect(await codeOfHanding('customer', waiting.reference)).toBe('OB030');
    for (const address of [
      'https://files.example.com/pan.pdf',
      'javascript:alert(1)',
      own.uploadUrl,
      own.id,
      `${own.reference} `,
      own.reference.toUpperCase(),
    ]) {
      expect({ address, code: await codeOfHanding('customer', address) }).toEqual({
        address,
        code: '23514',
      });
    }
    expect(await codeOfHanding('customer', own.reference)).toBe('ok');
    expect(await codeOfHanding('customer2', another.reference)).toBe('ok');
  });

  test('is not changed to another’s either, and an unchanged one is not checked again', async () => {
    const own = await files.send('customer', 'profile_image', 'image/png', pictures.png);
    const another = await files.send('customer2', 'profile_image', 'image/png', pictures.png);
    const change = (patch: object) =>
      files.ask(
        'customer',
        'mutation ($input: UpdateUserProfileInput!) { updateUserProfile(input: $input) { clientMutationId } }',
        { input: { id: idOf('customer'), patch } },
      );
    expect((await change({ profileImage: own.reference })).errors).toBeUndefined();
    expect(codeIn(await change({ profileImage: another.reference }))).toBe('OB003');
    expect((await change({ profileImage: own.reference, name: 'Me' })).errors).toBeUndefined();
  });

  test('in a list is checked one by one', async () => {
    const { owner, asUser } = files.database;
    const [own, another] = [
      await addStoredFile(owner, idOf('customer'), 'ticket_attachment'),
      await addStoredFile(owner, idOf('customer2'), 'ticket_attachment'),
    ];
    await owner.query('insert into customers (id) values ($1) on conflict do nothing', [
      idOf('customer'),
    ]);
    const open = (attachments: readonly string[]) =>
      asUser(claimsOf('customer'), (client) =>
        client.query(
          `insert into support_tickets (category, subject, description, attachments)
          values ('other', 'Help', 'Please', $1)`,
          [attachments],
        ),
      ).then(
        () => 'ok',
        (error: unknown) => codeOf(error),
      );
    expect(await open([own])).toBe('ok');
    expect(await open([own, another])).toBe('OB003');
    expect(await open([own, 'https://files.example.com/a'])).toBe('23514');
  });

  test('to an external file is accepted from migrations and import, and from no user', async () => {
    const { owner } = files.database;
    const { rows } = await owner.query<{ reference: string }>(
      `select app_private.adopt_file('https://old.example.com/p.pdf', 'user_document', $1) as reference`,
      [idOf('customer')],
    );
    const reference = rows[0]?.reference as string;
    expect(await codeOfHanding('customer', reference)).toBe('OB030');
    const { rows: made } = await owner.query<{ id: string }>(
      `insert into user_documents (user_id, document_type, document_name, file_url)
      values ($1, 'pan', 'PAN', $2) returning id`,
      [idOf('customer'), reference],
    );
    const { data } = await files.ask('customer', read, { id: made[0]?.id });
    const answer = await get(data.userDocument.fileDownloadUrl);
    expect([answer.status, answer.code]).toEqual([404, 'OB003']);
  });
});

describe('reading files', () => {
  test('a document is read by its owner and the user who verifies it, and by no one else', async () => {
    const { reference } = await files.send('customer', 'user_document', 'application/pdf', pdf);
    const { data } = await files.ask('customer', hand, { url: reference });
    const { id } = data.createUserDocument.userDocument;
    for (const person of ['customer', 'hr', 'admin'] as const) {
      const { data: seen } = await files.ask(person, read, { id });
      expect(seen.userDocument.fileUrl).toBe(reference);
      expect((await get(seen.userDocument.fileDownloadUrl)).body).toEqual(pdf);
    }
    for (const person of [
      'customer2',
      'vendor',
      'therapist',
      'finance',
      'customer_care',
      null,
    ] as const) {
      const answer = await files.ask(person, read, { id });
      expect({ person, document: answer.data?.userDocument ?? null }).toEqual({
        person,
        document: null,
      });
    }
  });

  test('the row of a file is seen by its owner alone, and so is where it is sent and read', async () => {
    const stored = await files.send('customer', 'user_document', 'application/pdf', pdf);
    const waiting = await files.announce('customer', 'user_document', 'application/pdf', 10);
    const query = 'query ($id: UUID!) { file(id: $id) { uploadUrl downloadUrl } }';
    for (const { id } of [stored, waiting]) {
      for (const person of ['customer2', 'hr', 'super_admin', null] as const) {
        const answer = await files.ask(person, query, { id });
        expect({ person, file: answer.data?.file ?? null }).toEqual({ person, file: null });
      }
      expect((await files.ask('customer', query, { id })).data.file).not.toBeNull();
    }
  });

  test('a picture of the catalogue is read by visitors, several in their order', async () => {
    const sent = [];
    for (const kind of ['jpeg', 'png', 'webp'] as const) {
      sent.push(await files.send('marketing', 'service_image', `image/${kind}`, pictures[kind]));
    }
    const [main, ...further] = sent.map(({ reference }) => reference);
    const { data, errors } = await files.ask(
      'marketing',
      `mutation ($main: FileReference!, $further: [FileReference]) { createService(input: { service: {
        name: "Massage" slug: "massage" duration: 60 basePrice: "1000" imageUrl: $main images: $further } }) {
        service { id } } }`,
      { main, further },
    );
    expect(errors).toBeUndefined();
    const { data: seen } = await files.ask(
      null,
      'query ($id: UUID!) { service(id: $id) { imageUrl imageDownloadUrl images imagesDownloadUrls } }',
      { id: data.createService.service.id },
    );
    expect(seen.service.images).toEqual(further);
    expect((await get(seen.service.imageDownloadUrl)).body).toEqual(pictures.jpeg);
    const bodies = await Promise.all(
      seen.service.imagesDownloadUrls.map(async (url: string) => (await get(url)).body),
    );
    expect(bodies).toEqual([pictures.png, pictures.webp]);
  });

  test('a row without a file has no address', async () => {
    const { data } = await files.ask('customer', '{ me { profileImage profileImageDownloadUrl } }');
    expect(data.me).toEqual({ profileImage: null, profileImageDownloadUrl: null });
  });
});

describe('the use of a file', () => {
  const set = (person: PersonaName, reference: string | null) =>
    files.database.asUser(
      claimsOf(person),
      (client) => client.query('update user_profiles set profile_image = $1', [reference]),
      { commit: true },
    );

  test('is recorded: by the first row, until the last', async () => {
    const { owner, asUser } = files.database;
    const { id, reference } = await files.send('customer', 'user_document', 'application/pdf', pdf);
    expect(await unusedSince(id)).not.toBeNull();
    await files.ask('customer', hand, { url: reference });
    await files.ask('customer', hand, { url: reference });
    expect(await unusedSince(id)).toBeNull();
    const remove = () =>
      asUser(
        claimsOf('customer'),
        (client) =>
          client.query(
            'delete from user_documents where id = (select id from user_documents limit 1)',
          ),
        { commit: true },
      );
    await remove();
    expect(await unusedSince(id)).toBeNull();
    await remove();
    expect(await unusedSince(id)).not.toBeNull();
    expect(
      (await owner.query('select from app_private.file_uses where file_id = $1', [id])).rowCount,
    ).toBe(0);
  });

  test('ends when the row gets another file', async () => {
    const { owner } = files.database;
    const before = await addStoredFile(owner, idOf('customer'), 'profile_image');
    const after = await addStoredFile(owner, idOf('customer'), 'profile_image');
    await set('customer', before);
    expect(await unusedSince(before.slice(5))).toBeNull();
    await set('customer', after);
    expect(await unusedSince(before.slice(5))).not.toBeNull();
    expect(await unusedSince(after.slice(5))).toBeNull();
  });

  test('of referring and deleting at once the later one is refused', async () => {
    const { owner } = files.database;
    const reference = await addStoredFile(owner, idOf('customer'), 'profile_image');
    const id = reference.slice(5);
    const old = `update files set unused_since = now() - interval '2 days' where id = $1`;
    const statusOf = async () =>
      (await owner.query('select status from files where id = $1', [id])).rows[0].status;

    // Refers first: the deletion passes it over.
    await owner.query(old, [id]);
    const first = await owner.connect();
    await first.query('begin');
    await first.query('update user_profiles set profile_image = $1 where id = $2', [
      reference,
      idOf('customer'),
    ]);
    await owner.query('select app_private.retire_files(100)');
    await first.query('commit');
    expect(await statusOf()).toBe('stored');
    await owner.query('select app_private.retire_files(100)');
    expect(await statusOf()).toBe('stored');

    // Deletes first: the reference waits, and is refused.
    await set('customer', null);
    await owner.query(old, [id]);
    await first.query('begin');
    await first.query('select app_private.retire_files(100)');
    const refers = set('customer', reference).then(
      () => 'ok',
      (error: unknown) => codeOf(error),
    );
    await untilBlocked(owner);
    await first.query('commit');
    first.release();
    expect(await refers).toBe('OB030');
    expect(await statusOf()).toBe('deleted');
  });
});
