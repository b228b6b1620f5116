import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeBookings } from '../bookings.ts';
import { scan } from '../membership.ts';
import type { Person } from '../person.ts';
import { type Act, expectedOf, type Matter } from '../rights/act.ts';
import { acts } from '../rights/acts.ts';
import { all, type Column } from '../rights/columns.ts';
import { tableOfRights } from '../rights/table.ts';
import type { Season } from '../season.ts';

const page = path.resolve(import.meta.dirname, '../../../docs/who-may-do-what.md');

/** Every person tries every act of the domain page. */
export function rightsChapter(season: Season): void {
  const { facts } = season;
  let matter: Matter;

  describe('who may do what', () => {
    it('has something to be done about', async () => {
      matter = await makeMatter();
      expect(Object.values(matter)).not.toContain(undefined);
    });

    it('everyone is allowed what the domain page lets them do, and refused the rest', async () => {
      const rows = [];
      for (const act of acts) {
        rows.push(...(await tryAll(act)));
      }
      expect(rows.filter(({ is, expected }) => is !== expected)).toEqual([]);
    });

    it('the page of it is written from the same table', () => {
      const text = tableOfRights();
      if (!existsSync(page)) {
        writeFileSync(page, text);
      }
      expect(readFileSync(page, 'utf8')).toBe(text);
    });
  });

  const personOf = (column: Column): Person =>
    column === 'visitor' ? season.market.person('a visitor', '') : season.who[column];

  const tryAll = (act: Act) =>
    Promise.all(
      all.map(async (column) => {
        const outcome = await act.attempt(personOf(column), matter);
        const is = act.stopsAt?.includes(outcome) ? 'allowed' : outcome;
        return {
          act: act.name,
          by: column,
          is,
          expected: act.differs?.[column] ?? expectedOf(act, column),
        };
      }),
    );

  const makeMatter = async (): Promise<Matter> => {
    const { admin, applicant, care, customer, owner, therapist } = season.who;
    const bookings = makeBookings(season);
    const { id: bookingId } = await bookings.forCash({
      by: customer,
      provider: facts.therapist,
      services: [facts.massageId],
      day: 9,
      time: '11:00',
    });
    const booked = season.tally.bookings.at(-1);
    if (booked !== undefined) {
      await bookings.assign(booked, 'therapist');
    }
    const { vendorApplication } = await applicant.act(
      'createVendorApplication',
      {
        vendorApplication: {
          businessName: 'Rose Room',
          businessType: 'salon',
          contactPerson: applicant.name,
          contactMobile: applicant.mobile,
          contactEmail: 'rose@season.example',
          addressLine1: 'FC Road',
          city: 'Pune',
          state: 'Maharashtra',
          pincode: '411004',
          panNumber: 'ABCPE1234H',
          yearsInBusiness: 2,
          partnerType: 'AGGREGATOR',
        },
      },
      '{ vendorApplication { id missingDocuments } }',
    );
    for (const documentType of vendorApplication.missingDocuments) {
      await applicant.act('createVendorApplicationDocument', {
        vendorApplicationDocument: {
          applicationId: vendorApplication.id,
          documentType,
          documentName: documentType,
          fileUrl: await applicant.upload('vendor_document', 'application/pdf', scan),
        },
      });
    }
    await applicant.act('submitVendorApplication', { applicationId: vendorApplication.id });
    const { therapistLeave } = await therapist.act(
      'createTherapistLeave',
      {
        therapistLeave: {
          therapistId: facts.therapistId,
          leaveType: 'casual',
          startDate: season.day(28),
          endDate: season.day(28),
          reason: 'A move',
        },
      },
      '{ therapistLeave { id } }',
    );
    const { vendorAvailabilities, supportTickets, partnerTypeByTypeCode } = {
      ...(await owner.query('{ vendorAvailabilities { nodes { id } } }')),
      ...(await customer.query('{ supportTickets { nodes { id } } }')),
      ...(await admin.query('{ partnerTypeByTypeCode(typeCode: "ASSOCIATION") { id } }')),
    };
    return {
      vendorId: facts.vendorId,
      bookingId,
      customerId: customer.id(),
      applicationId: vendorApplication.id,
      serviceId: facts.massageId,
      facialId: facts.facialId,
      leaveId: therapistLeave.id,
      availabilityId: vendorAvailabilities.nodes[0].id,
      therapistId: facts.therapistId,
      therapistProviderId: facts.therapist,
      ticketId: supportTickets.nodes[0].id,
      employeeId: care.id(),
      partnerTypeId: partnerTypeByTypeCode.id,
    };
  };
}
