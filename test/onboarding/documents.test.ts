import { addStoredFile } from '../helpers/files.ts';
import { act, apply, approveAll, create, missing, newcomer, vendorsOf, verify } from './steps.ts';
import { type Onboarding, outcome, startOnboarding } from './support.ts';

let onboarding: Onboarding;

/** What every application needs. */
const required = ['pan', 'registration'];

beforeAll(async () => {
  onboarding = await startOnboarding();
});

afterAll(async () => {
  await onboarding?.close();
});

type Applicant = { readonly id: string };

const attach = async (who: Applicant, applicationId: string, documentType: string, more = {}) =>
  create(onboarding, who, 'VendorApplicationDocument', {
    applicationId,
    documentType,
    documentName: `${documentType}.pdf`,
    fileUrl: await addStoredFile(onboarding.owner, who.id, 'vendor_document'),
    ...more,
  });

const submit = (who: Applicant, id: string) => onboarding.act(who, 'submitVendorApplication', id);

const remove = async (who: Applicant, id: string) =>
  (
    await onboarding.ask(
      who,
      'mutation ($id: UUID!) { deleteVendorApplicationDocument(input: { id: $id }) { clientMutationId } }',
      { id },
    )
  ).errors?.[0]?.extensions.code ?? 'ok';

const documentsOf = async (applicationId: string) =>
  (
    await onboarding.owner.query<{ id: string; type: string; status: string }>(
      `select id, document_type as type, verification_status as status from vendor_application_documents
      where application_id = $1 order by document_type, created_at`,
      [applicationId],
    )
  ).rows;

async function submitted(): Promise<{ who: Applicant; id: string }> {
  const who = await newcomer(onboarding);
  const id = await apply(onboarding, who);
  for (const type of required) {
    expect(await attach(who, id, type)).toBe('ok');
  }
  expect(outcome(await submit(who, id))).toBe('fo_review');
  return { who, id };
}

it('an application is submitted with all required documents, and the refusal names the missing ones', async () => {
  const who = await newcomer(onboarding);
  const id = await apply(onboarding, who);
  const refused = await submit(who, id);
  expect(refused.errors?.[0]).toMatchObject({
    extensions: { code: 'OB034' },
    message: 'These documents are missing: pan, registration. Attach them first.',
  });
  await attach(who, id, 'pan');
  // One that has expired is none.
  await attach(who, id, 'registration', { expiryDate: '2020-01-01' });
  expect((await submit(who, id)).errors?.[0]?.message).toBe(
    'These documents are missing: registration. Attach them first.',
  );
  await attach(who, id, 'registration');
  expect(outcome(await submit(who, id))).toBe('fo_review');
});

it('what a category asks for is attached, too', async () => {
  const who = await newcomer(onboarding);
  const id = await apply(onboarding, who);
  const { rows } = await onboarding.owner.query<{ category: string; type: string }>(
    `select r.category_id as category, r.document_type as type from vendor_document_requirements r
    where r.category_id is not null and r.is_required and r.document_type <> all ($1) limit 1`,
    [required],
  );
  const asked = rows[0];
  expect(asked).toBeDefined();
  await create(onboarding, who, 'VendorApplicationCategory', {
    applicationId: id,
    categoryId: asked?.category,
    isPrimary: true,
  });
  for (const type of required) {
    await attach(who, id, type);
  }
  expect(outcome(await submit(who, id))).toBe('OB034');
  for (const type of await missing(onboarding, who, id)) {
    await attach(who, id, type);
  }
  expect(outcome(await submit(who, id))).toBe('fo_review');
});

it('documents are added and rejected ones replaced during the review, and nothing else is taken away', async () => {
  const { who, id } = await submitted();
  const [pan, registration] = await documentsOf(id);
  expect(await attach(who, id, 'gst')).toBe('ok');
  expect(
    await verify(
      onboarding,
      'field_officer',
      { id, applicant: who },
      { isRight: false, reason: 'Blurred' },
    ),
  ).toBe('rejected');
  expect(await remove(who, registration?.id as string)).toBe('ok');
  expect(await attach(who, id, 'registration')).toBe('ok');
  // What waits or is verified stays.
  const fresh = (await documentsOf(id)).find(({ type }) => type === 'registration');
  expect(await remove(who, fresh?.id as string)).toBe('OB003');
  const stranger = await newcomer(onboarding);
  expect(await remove(stranger, pan?.id as string)).toBe('OB003');
  expect(await attach(stranger, id, 'pan')).toBe('42501');
  expect(await attach(who, id, 'pan')).toBe('ok');
  expect(await verify(onboarding, 'field_officer', { id, applicant: who }, { isRight: true })).toBe(
    'verified',
  );
  expect(await missing(onboarding, who, id)).toEqual([]);
});

it('at approval the documents become the vendor’s, and no more are added', async () => {
  const { who, id } = await submitted();
  await verify(onboarding, 'field_officer', { id, applicant: who }, { isRight: true });
  expect(await attach(who, id, 'gst')).toBe('ok');
  await attach(who, id, 'other');
  const other = (await documentsOf(id)).find(({ type }) => type === 'other');
  await onboarding.ask(
    'field_officer',
    `mutation ($id: UUID!) { verifyApplicationDocument(input: { documentId: $id, isRight: false, reason: "Empty" }) { clientMutationId } }`,
    { id: other?.id },
  );
  expect((await approveAll(onboarding, id)).at(-1)).toBe('approved');
  expect(await vendorsOf(onboarding, who)).toMatchObject({ me: { role: 'vendor' } });
  const { data } = await onboarding.ask(
    who,
    '{ vendorDocuments { nodes { documentType verificationStatus fileUrl } } }',
  );
  const carried: { documentType: string; verificationStatus: string; fileUrl: string }[] =
    data.vendorDocuments.nodes;
  expect(
    carried
      .map(({ documentType, verificationStatus }) => [documentType, verificationStatus])
      .sort(),
  ).toEqual([['gst', 'pending'], ...required.map((type) => [type, 'verified'])]);
  // The vendor's own document keeps the file when the application's row would go.
  const { rows } = await onboarding.owner.query(
    `select table_name from app_private.file_uses
    where file_id = $1 order by table_name`,
    [carried[0]?.fileUrl.slice('file:'.length)],
  );
  expect(rows).toEqual([
    { table_name: 'vendor_application_documents' },
    { table_name: 'vendor_documents' },
  ]);
  expect(await attach(who, id, 'gst')).toBe('OB030');
});

it('no vendor takes a file of another’s application as its document', async () => {
  const { who, id } = await submitted();
  await verify(onboarding, 'field_officer', { id, applicant: who }, { isRight: true });
  await approveAll(onboarding, id);
  const another = await submitted();
  const { rows } = await onboarding.owner.query(
    'select file_url from vendor_application_documents where application_id = $1 limit 1',
    [another.id],
  );
  const { rows: vendors } = await onboarding.owner.query(
    'select id from vendors where user_id = $1',
    [who.id],
  );
  expect(
    await create(onboarding, who, 'VendorDocument', {
      vendorId: vendors[0].id,
      documentType: 'gst',
      documentName: 'Theirs',
      fileUrl: rows[0].file_url,
    }),
  ).toBe('OB003');
});

it('a document is added while the application is decided: it is refused, or carried over', async () => {
  for (let round = 0; round < 4; round += 1) {
    const { who, id } = await submitted();
    await verify(onboarding, 'field_officer', { id, applicant: who }, { isRight: true });
    for (const reviewer of ['field_officer', 'manager', 'director'] as const) {
      await act(onboarding, reviewer, 'approveVendorApplication', id);
    }
    const [added, decided] = await Promise.all([
      attach(who, id, 'gst'),
      act(onboarding, 'vice_president', 'approveVendorApplication', id),
    ]);
    expect(decided).toBe('approved');
    const { rows } = await onboarding.owner.query(
      `select from vendor_documents d join vendors v on v.id = d.vendor_id
      where v.user_id = $1 and d.document_type = 'gst'`,
      [who.id],
    );
    expect([added, rows.length]).toEqual(added === 'ok' ? ['ok', 1] : ['OB030', 0]);
  }
});
