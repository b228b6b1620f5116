import { priceOf, rupees } from '../fixtures/terms.ts';
import { type Marketplace, openMarketplace } from './marketplace.ts';
import { allowApproving, join, scan } from './membership.ts';
import type { Following, Person } from './person.ts';

const hours = 3_600_000;
/** Rupees of the massage: in the catalogue, and of the vendor. */
const basePrice = rupees(1_500);
const price = 1_800;
/** No one has an account yet. */
const people = {
  admin: ['Asha Rao', '+919800000001'],
  hr: ['Ravi Iyer', '+919800000002'],
  fieldOfficer: ['Farah Khan', '+919800000011'],
  manager: ['Manoj Pillai', '+919800000012'],
  director: ['Divya Menon', '+919800000013'],
  vicePresident: ['Vikram Seth', '+919800000014'],
  owner: ['Leela Nair', '+919800000021'],
  therapist: ['Tara Das', '+919800000022'],
  receptionist: ['Rekha Jain', '+919800000023'],
  customer: ['Kiran Shah', '+919800000031'],
  stranger: ['Sunil Bose', '+919800000032'],
} as const;

let market: Marketplace;
let who: Record<keyof typeof people, Person>;

beforeAll(async () => {
  market = await openMarketplace();
  who = Object.fromEntries(
    Object.entries(people).map(([role, [name, mobile]]) => [role, market.person(name, mobile)]),
  ) as typeof who;
  // Ten in the morning in India, tomorrow: vendors are open, and a day lies ahead.
  const tomorrow = new Date(market.clock.now().getTime() + 24 * hours);
  market.clock.advanceTo(new Date(`${tomorrow.toISOString().slice(0, 10)}T04:30:00Z`));
}, 120_000);

afterAll(async () => {
  await market?.close();
});

// One story: each chapter stands on those before it.
describe('a marketplace is opened', () => {
  it('visitors of the empty one find nothing', async () => {
    const { vendors, services } = await market.visitor(
      '{ vendors { totalCount } services { totalCount } }',
    );
    expect([vendors.totalCount, services.totalCount]).toEqual([0, 0]);
  });

  it('its operator makes the first administrator', async () => {
    const { name, mobile } = who.admin;
    const made = await market.ombaro('admin', 'create', '--mobile', mobile, '--name', name);
    expect(made).toMatchObject({ code: 0 });
    const listed = await market.ombaro('admin', 'list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name, mobile, role: 'super_admin' }]);
    await who.admin.signIn();
    const { me } = await who.admin.query('{ me { name role } }');
    expect(me).toEqual({ name, role: 'super_admin' });
  });

  it('a user who is not an administrator adds nothing to the catalogue', async () => {
    await who.stranger.signIn();
    const service = { name: 'Nothing', slug: 'nothing', duration: 60, basePrice: '1' };
    expect(await who.stranger.refusedAct('createService', { service })).toBe('42501');
  });

  it('the administrator fills the catalogue', async () => {
    const { serviceCategoryBySlug } = await who.admin.query(
      '{ serviceCategoryBySlug(slug: "massage") { id } }',
    );
    await who.admin.act(
      'createService',
      {
        service: {
          name: 'Swedish massage',
          slug: 'swedish-massage',
          categoryId: serviceCategoryBySlug.id,
          duration: 60,
          basePrice,
        },
      },
      '{ service { id } }',
    );
    const { services } = await market.visitor('{ services { nodes { name basePrice } } }');
    expect(services.nodes).toEqual([{ name: 'Swedish massage', basePrice }]);
  });
});

describe('employees who may approve join', () => {
  const employee = (employeeCode: string, departmentCode: string, designation: string) => ({
    kind: 'employee',
    employeeCode,
    departmentCode,
    designation,
    employmentType: 'full_time',
    joiningDate: market.clock.now().toISOString().slice(0, 10),
  });

  it('an administrator invites HR, who accepts', async () => {
    await join(who.admin, who.hr, employee('EMP-001', 'HR', 'HR Officer'));
    const { employees } = await who.hr.query('{ employees { nodes { id name } } }');
    expect(employees.nodes).toMatchObject([{ name: who.hr.name }]);
    const [{ id: userId }] = employees.nodes;
    await who.admin.act('grantRole', { userId, roleCode: 'hr' }, '{ clientMutationId }');
  });

  it('HR invites four reviewers and proposes what they may approve; an administrator confirms', async () => {
    const reviewers = [
      [who.fieldOfficer, 'EMP-011', 'Field Officer', 1],
      [who.manager, 'EMP-012', 'Manager', 2],
      [who.director, 'EMP-013', 'Director', 3],
      [who.vicePresident, 'EMP-014', 'Vice President', 4],
    ] as const;
    for (const [person, code, designation, hierarchyLevel] of reviewers) {
      await join(who.hr, person, employee(code, 'OPS', designation));
      await allowApproving(who.hr, who.admin, code, { hierarchyLevel, approvalLimit: '500000.00' });
    }
    const { employees } = await who.hr.query(
      '{ employees(orderBy: EMPLOYEE_CODE_ASC) { nodes { hierarchyLevel canApproveVendors } } }',
    );
    expect(employees.nodes).toEqual([
      { hierarchyLevel: 1, canApproveVendors: false },
      ...reviewers.map(([, , , hierarchyLevel]) => ({ hierarchyLevel, canApproveVendors: true })),
    ]);
  });

  it('a user who proposes rights does not confirm them', async () => {
    const { employeeByEmployeeCode } = await who.hr.query(
      '{ employeeByEmployeeCode(employeeCode: "EMP-011") { id } }',
    );
    const { result } = await who.hr.act(
      'setEmployeeApproval',
      { employeeId: employeeByEmployeeCode.id, canApproveVendors: false, hierarchyLevel: 1 },
      '{ result { id } }',
    );
    const confirm = { proposalId: result.id, approve: true };
    expect(await who.hr.refusedAct('confirmEmployeeApproval', confirm)).toBe('OB002');
    await who.admin.act(
      'confirmEmployeeApproval',
      { ...confirm, approve: false, reason: 'Farah goes on.' },
      '{ result { status } }',
    );
  });
});

describe('a vendor joins', () => {
  let applicationId: string;

  it('its owner applies with all documents', async () => {
    await who.owner.signIn();
    const { vendorApplication } = await who.owner.act(
      'createVendorApplication',
      {
        vendorApplication: {
          businessName: 'Lotus Spa',
          businessType: 'spa',
          contactPerson: who.owner.name,
          contactMobile: who.owner.mobile,
          contactEmail: 'leela@lotus.example',
          addressLine1: 'MG Road',
          city: 'Pune',
          state: 'Maharashtra',
          pincode: '411001',
          latitude: 18.52,
          longitude: 73.85,
          panNumber: 'ABCPE1234F',
          yearsInBusiness: 3,
          partnerType: 'INDEPENDENT',
        },
      },
      '{ vendorApplication { id missingDocuments } }',
    );
    applicationId = vendorApplication.id;
    const { vendorCategoryTree } = await market.visitor(
      '{ vendorCategoryTree { id categoryCode } }',
    );
    const spa = vendorCategoryTree.find(
      ({ categoryCode }: { categoryCode: string }) => categoryCode === 'spa',
    );
    await who.owner.act(
      'createVendorApplicationCategory',
      { vendorApplicationCategory: { applicationId, categoryId: spa.id, isPrimary: true } },
      '{ clientMutationId }',
    );
    const { vendorApplication: applied } = await who.owner.query(
      'query ($id: UUID!) { vendorApplication(id: $id) { missingDocuments } }',
      { id: applicationId },
    );
    expect(applied.missingDocuments).not.toEqual([]);
    for (const documentType of applied.missingDocuments) {
      const fileUrl = await who.owner.upload('vendor_document', 'application/pdf', scan);
      await who.owner.act(
        'createVendorApplicationDocument',
        {
          vendorApplicationDocument: {
            applicationId,
            documentType,
            documentName: documentType,
            fileUrl,
          },
        },
        '{ clientMutationId }',
      );
    }
    const { result } = await who.owner.act(
      'submitVendorApplication',
      { applicationId },
      '{ result { status } }',
    );
    expect(result.status).toBe('fo_review');
  });

  it('no user approves at a level that is not theirs', async () => {
    expect(await who.manager.refusedAct('approveVendorApplication', { applicationId })).toBe(
      'OB032',
    );
  });

  it('four levels approve it, each in turn', async () => {
    const { vendorApplicationDocuments } = await who.fieldOfficer.query(
      '{ vendorApplicationDocuments { nodes { id } } }',
    );
    for (const { id: documentId } of vendorApplicationDocuments.nodes) {
      await who.fieldOfficer.act(
        'verifyApplicationDocument',
        { documentId, isRight: true },
        '{ result { verificationStatus } }',
      );
    }
    const stages = [];
    for (const reviewer of [who.fieldOfficer, who.manager, who.director, who.vicePresident]) {
      const { result } = await reviewer.act(
        'approveVendorApplication',
        { applicationId },
        '{ result { status } }',
      );
      stages.push(result.status);
    }
    expect(stages).toEqual(['manager_review', 'director_review', 'admin_review', 'approved']);
    const { vendors } = await market.visitor('{ vendors { nodes { businessName } } }');
    expect(vendors.nodes).toEqual([{ businessName: 'Lotus Spa' }]);
  });
});

describe('the vendor opens', () => {
  let vendorId: string;
  let serviceId: string;

  it('the owner offers a service and sets its hours', async () => {
    const data = await who.owner.query('{ vendors { nodes { id } } services { nodes { id } } }');
    vendorId = data.vendors.nodes[0].id;
    serviceId = data.services.nodes[0].id;
    await who.owner.act(
      'createVendorService',
      { vendorService: { vendorId, serviceId, customPrice: rupees(price) } },
      '{ clientMutationId }',
    );
    for (let dayOfWeek = 0; dayOfWeek < 7; dayOfWeek += 1) {
      await who.owner.act(
        'createVendorAvailability',
        { vendorAvailability: { vendorId, dayOfWeek, openTime: '09:00', closeTime: '21:00' } },
        '{ clientMutationId }',
      );
    }
  });

  it('a receptionist and a therapist join by invitation', async () => {
    await join(who.owner, who.receptionist, {
      kind: 'vendor_staff',
      vendorId,
      role: 'receptionist',
    });
    await join(who.owner, who.therapist, { kind: 'provider', vendorId, role: 'therapist' });
    const { therapists } = await who.owner.query('{ therapists { nodes { name status } } }');
    expect(therapists.nodes).toEqual([{ name: who.therapist.name, status: 'active' }]);
  });

  it('the therapist cannot be booked before their identity is verified', async () => {
    const { providers } = await who.therapist.query(
      '{ providers { nodes { id isListed therapistId } } }',
    );
    const [{ id: providerId, isListed, therapistId }] = providers.nodes;
    expect(isListed).toBe(false);
    await who.owner.act(
      'createTherapistService',
      { therapistService: { therapistId, serviceId } },
      '{ clientMutationId }',
    );
    for (let dayOfWeek = 0; dayOfWeek < 7; dayOfWeek += 1) {
      await who.owner.act(
        'createTherapistSchedule',
        { therapistSchedule: { therapistId, dayOfWeek, startTime: '09:00', endTime: '21:00' } },
        '{ clientMutationId }',
      );
    }
    const verify = { providerId, isRight: true };
    expect(await who.owner.refusedAct('verifyProvider', verify)).toBe('42501');
    expect(await who.admin.refusedAct('verifyProvider', verify)).toBe('OB034');
    const fileUrl = await who.therapist.upload('provider_document', 'application/pdf', scan);
    for (const documentType of ['identity', 'certificate']) {
      await who.therapist.act(
        'createProviderDocument',
        { providerDocument: { providerId, documentType, documentName: documentType, fileUrl } },
        '{ clientMutationId }',
      );
    }
    const { verificationQueue } = await who.admin.query(
      '{ verificationQueue { nodes { kind holder } } }',
    );
    expect(verificationQueue.nodes).toContainEqual({
      kind: 'provider',
      holder: who.therapist.name,
    });
    await who.admin.act('verifyProvider', verify, '{ clientMutationId }');
    const listed = await market.visitor('{ providers { nodes { id isListed } } }');
    expect(listed.providers.nodes).toEqual([{ id: providerId, isListed: true }]);
  });
});

describe('a customer is served', () => {
  let bookingId: string;
  let startsAt: Date;
  let following: Following;

  const signAllIn = async () => {
    for (const person of [who.customer, who.owner, who.therapist, who.admin]) {
      await person.signIn();
    }
  };

  it('finds a slot, holds it and books for cash', async () => {
    await who.customer.signIn();
    const { me } = await who.customer.query('{ me { id } }');
    await who.customer.act(
      'updateUserProfile',
      { id: me.id, patch: { dateOfBirth: '1990-05-17' } },
      '{ clientMutationId }',
    );
    const { vendors, services } = await who.customer.query(
      '{ vendors { nodes { id } } services { nodes { id } } }',
    );
    const vendorId = vendors.nodes[0].id;
    const serviceIds = [services.nodes[0].id];
    following = who.owner.follow(
      'subscription ($id: UUID!) { vendorBookingsUpdated(vendorId: $id) { event booking { status } } }',
      { id: vendorId },
    );
    const { availableSlots } = await who.customer.query(
      `query ($vendorId: UUID!, $serviceIds: [UUID]!) {
        availableSlots(vendorId: $vendorId, serviceIds: $serviceIds) {
          startsAt price providers { id } } }`,
      { vendorId, serviceIds },
    );
    const slot = availableSlots.at(-1);
    expect(slot.price).toBe(rupees(priceOf(price)));
    startsAt = new Date(slot.startsAt);
    const { result: hold } = await who.customer.act(
      'holdSlot',
      {
        vendorId,
        serviceIds,
        providerId: slot.providers[0].id,
        startsAt: slot.startsAt,
        bookingType: 'spa_visit',
        idempotencyKey: 'the first hold of all',
      },
      '{ result { id } }',
    );
    const { result: booking } = await who.customer.act(
      'confirmBooking',
      { holdId: hold.id, paymentMethod: 'cash' },
      '{ result { id status } }',
    );
    expect(booking.status).toBe('confirmed');
    bookingId = booking.id;
  });

  it('the receptionist gives the booking to the best therapist, and all parties are told', async () => {
    const { result } = await who.receptionist.act(
      'assignBest',
      { bookingId },
      '{ result { status } }',
    );
    expect(result.status).toBe('assigned');
    await until(() =>
      following.events.some((event) => event.vendorBookingsUpdated?.booking.status === 'assigned'),
    );
    await following.stop();
    await until(() => who.customer.received().some((text) => text.includes('confirmed')));
  });

  it('no provider starts before the time or without the code that the customer has', async () => {
    await who.therapist.act('acknowledgeAssignment', { bookingId }, '{ clientMutationId }');
    const { booking } = await who.customer.query(
      'query ($id: UUID!) { booking(id: $id) { startCode } }',
      { id: bookingId },
    );
    expect(booking.startCode).toMatch(/^\d{4}$/);
    const { booking: seen } = await who.therapist.query(
      'query ($id: UUID!) { booking(id: $id) { startCode } }',
      { id: bookingId },
    );
    expect(seen.startCode).toBeNull();
    const start = { bookingId, code: booking.startCode };
    expect(await who.therapist.refusedAct('startService', start)).toBe('OB044');
    market.clock.advanceTo(startsAt);
    await signAllIn();
    const wrong = String((Number(booking.startCode) + 1) % 10_000).padStart(4, '0');
    expect(await who.therapist.refusedAct('startService', { bookingId, code: wrong })).toBe(
      'OB045',
    );
    const { result } = await who.therapist.act('startService', start, '{ result { status } }');
    expect(result.status).toBe('in_progress');
  });

  it('the service takes its time and is paid in cash', async () => {
    const { booking } = await who.customer.query(
      'query ($id: UUID!) { booking(id: $id) { finalAmount amountDue } }',
      { id: bookingId },
    );
    const complete = { bookingId, cashCollected: booking.amountDue };
    expect(await who.therapist.refusedAct('completeService', complete)).toBe('OB044');
    market.clock.advanceTo(new Date(startsAt.getTime() + hours));
    await signAllIn();
    const { result } = await who.therapist.act(
      'completeService',
      complete,
      '{ result { status isAttested amountDue } }',
    );
    expect({ ...result, amountDue: Number(result.amountDue) }).toEqual({
      status: 'completed',
      isAttested: true,
      amountDue: 0,
    });
  });

  it('the customer reviews it, the review is approved, and visitors see the rating', async () => {
    const { result: review } = await who.customer.act(
      'writeVendorReview',
      { bookingId, rating: 5, reviewText: 'Calm hands.' },
      '{ result { id } }',
    );
    expect(
      await who.owner.refusedAct('moderateVendorReview', {
        reviewId: review.id,
        status: 'approved',
      }),
    ).toBe('42501');
    await who.admin.act(
      'moderateVendorReview',
      { reviewId: review.id, status: 'approved' },
      '{ clientMutationId }',
    );
    const { vendors } = await market.visitor('{ vendors { nodes { rating totalReviews } } }');
    expect(vendors.nodes).toEqual([{ rating: '5.00', totalReviews: 1 }]);
  });

  it('the books add up', async () => {
    expect(await market.ombaro('validate')).toMatchObject({ code: 0 });
  });
});

describe('the vendor rests, and is suspended for a while', () => {
  let vendorId: string;
  let serviceIds: readonly string[];

  /** What a visitor finds: the vendor, its people, and the next slot or why there is none. */
  const found = async () => {
    const { vendors, providers } = await market.visitor(
      '{ vendors { totalCount } providers { totalCount } }',
    );
    return [vendors.totalCount, providers.totalCount];
  };
  const nextSlot = `query ($vendorId: UUID!, $serviceIds: [UUID]!) {
    nextAvailable(vendorId: $vendorId, serviceIds: $serviceIds) { startsAt } }`;

  it('while the owner has paused it, visitors find it and no slot', async () => {
    const data = await who.owner.query('{ vendors { nodes { id } } services { nodes { id } } }');
    vendorId = data.vendors.nodes[0].id;
    serviceIds = [data.services.nodes[0].id];
    const slot = async () =>
      (await who.customer.query(nextSlot, { vendorId, serviceIds })).nextAvailable;
    expect(await slot()).not.toBeNull();
    const paused = await who.owner.act(
      'pauseVendor',
      { vendorId, reason: 'Holidays' },
      '{ result { status isListed takesBookings } }',
    );
    expect(paused.result).toEqual({ status: 'paused', isListed: true, takesBookings: false });
    expect(await found()).toEqual([1, 1]);
    expect(await slot()).toBeNull();
    expect(await who.admin.refusedAct('resumeVendor', { vendorId })).toBe('OB002');
    await who.owner.act('resumeVendor', { vendorId }, '{ clientMutationId }');
    expect(await slot()).not.toBeNull();
  });

  it('while the platform has suspended it, visitors find nothing of it', async () => {
    const suspend = { vendorId, reason: 'A complaint' };
    expect(await who.owner.refusedAct('suspendVendor', suspend)).toBe('42501');
    await who.admin.act('suspendVendor', suspend, '{ clientMutationId }');
    expect(await found()).toEqual([0, 0]);
    await until(() => who.owner.received().some((text) => text.includes('is suspended')));
    expect(await who.owner.refusedAct('resumeVendor', { vendorId })).toBe('OB002');
    await who.admin.act('reinstateVendor', { vendorId }, '{ clientMutationId }');
    expect(await found()).toEqual([1, 1]);
    const { nextAvailable } = await who.customer.query(nextSlot, { vendorId, serviceIds });
    expect(nextAvailable).not.toBeNull();
  });
});

describe('a day ends at midnight in India, wherever the server stands', () => {
  const minutes = 60_000;
  const dayInIndia = () =>
    new Date(market.clock.now().getTime() + 5.5 * hours).toISOString().slice(0, 10);

  /** Books the first slot that is offered without a day being asked for. */
  const bookFirstSlot = async () => {
    const { vendors, services } = await who.customer.query(
      '{ vendors { nodes { id } } services { nodes { id } } }',
    );
    const wanted = { vendorId: vendors.nodes[0].id, serviceIds: [services.nodes[0].id] };
    const { availableSlots } = await who.customer.query(
      `query ($vendorId: UUID!, $serviceIds: [UUID]!) {
        availableSlots(vendorId: $vendorId, serviceIds: $serviceIds) {
          day startsAt providers { id } } }`,
      wanted,
    );
    const [slot] = availableSlots;
    const { result: hold } = await who.customer.act(
      'holdSlot',
      {
        ...wanted,
        providerId: slot.providers[0].id,
        startsAt: slot.startsAt,
        bookingType: 'spa_visit',
        idempotencyKey: `the slot of ${slot.startsAt}`,
      },
      '{ result { id } }',
    );
    const { result: booking } = await who.customer.act(
      'confirmBooking',
      { holdId: hold.id, paymentMethod: 'cash' },
      '{ result { bookingNumber taxAmount finalAmount } }',
    );
    const untaxed = Number(booking.finalAmount) - Number(booking.taxAmount);
    return {
      number: booking.bookingNumber,
      taxPercentage: Math.round((100 * Number(booking.taxAmount)) / untaxed),
    };
  };

  it('a booking carries the date and the tax of its side of midnight', async () => {
    const evening = `${market.clock.now().toISOString().slice(0, 10)}T18:28:00Z`;
    market.clock.advanceTo(new Date(evening));
    await who.customer.signIn();
    await who.admin.signIn();
    const before = dayInIndia();
    const tomorrow = new Date(market.clock.now().getTime() + 10 * hours).toISOString().slice(0, 10);
    const taxRate = { tax: 'gst', validFrom: tomorrow, percentage: '12', source: 'A new law' };
    await who.admin.act('createTaxRate', { taxRate }, '{ clientMutationId }');
    expect(await bookFirstSlot()).toEqual({
      number: expect.stringMatching(`^OBO-${before.replaceAll('-', '')}-`),
      taxPercentage: 5,
    });
    market.clock.advanceTo(new Date(market.clock.now().getTime() + 4 * minutes));
    expect(dayInIndia()).toBe(tomorrow);
    expect(await bookFirstSlot()).toEqual({
      number: expect.stringMatching(`^OBO-${tomorrow.replaceAll('-', '')}-`),
      taxPercentage: 12,
    });
  });
});

describe('members leave', () => {
  const days = 24 * hours;
  /** As the owner sees it. */
  const therapistStatus = async () =>
    (await who.owner.query('{ therapists { nodes { status } } }')).therapists.nodes[0].status;
  const permissionsOf = async (person: Person) =>
    (await person.query('{ myPermissions }')).myPermissions;

  it('the therapist leaves with seven days of notice, an employee with ten', async () => {
    await who.admin.signIn();
    await who.admin.act(
      'updateSystemSetting',
      { key: 'employees.notice_days', value: 10 },
      '{ clientMutationId }',
    );
    await who.therapist.signIn();
    await who.fieldOfficer.signIn();
    const vendorId = (await market.visitor('{ vendors { nodes { id } } }')).vendors.nodes[0].id;
    const { result: lastDay } = await who.therapist.act(
      'leaveMembership',
      { kind: 'provider', vendorId },
      '{ result }',
    );
    const dayIn = (wanted: number) =>
      new Date(market.clock.now().getTime() + 5.5 * hours + wanted * days)
        .toISOString()
        .slice(0, 10);
    expect(lastDay).toBe(dayIn(7));
    const { result: lastDayOfEmployee } = await who.fieldOfficer.act(
      'leaveMembership',
      { kind: 'employee' },
      '{ result }',
    );
    expect(lastDayOfEmployee).toBe(dayIn(10));
    // Both still work.
    await who.owner.signIn();
    expect(await therapistStatus()).toBe('active');
    expect(await permissionsOf(who.fieldOfficer)).not.toEqual([]);
    market.clock.advanceTo(new Date(`${lastDayOfEmployee}T12:00:00Z`));
    market.clock.advanceTo(new Date(market.clock.now().getTime() + 2 * days));
  });

  it('after their last days the clock has ended both', async () => {
    await who.owner.signIn();
    await who.fieldOfficer.signIn();
    await until(async () => (await therapistStatus()) === 'ended');
    await until(async () => (await permissionsOf(who.fieldOfficer)).length === 0);
    const { providers } = await market.visitor('{ providers { totalCount } }');
    expect(providers.totalCount).toBe(0);
  });
});

/** Waits for what arrives by itself. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error('It has not arrived within 20 seconds.');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
