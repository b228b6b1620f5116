import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PersonaName } from '../../src/demo/personas.ts';
import { idOf } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { addStoredFile } from '../helpers/files.ts';
import { codeIn, startApi, type TestApi, tokenFor } from './support.ts';

const { two, closed } = worldIds;

describe('reviews over GraphQL', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const as = async (
    person: PersonaName | null,
    query: string,
    variables: Record<string, unknown> = {},
  ) =>
    api.graphql(query, {
      variables,
      ...(person === null ? {} : { token: await tokenFor(idOf(person)) }),
    });

  test('a customer reviews the therapist, a moderator approves, everyone sees stars and rating', async () => {
    const photo = await addStoredFile(database.owner, idOf('customer2'), 'review_photo');
    const write = `mutation ($booking: UUID!, $therapist: UUID!) {
      writeReview(input: { bookingId: $booking, reviewableType: "therapist",
        reviewableId: $therapist, rating: 4, title: "Thank you", reviewText: "Strong hands",
        photos: ["${photo}"] }) {
        result { id status reviewableType rating photos booking { id } }
      }
    }`;
    const variables = { booking: two, therapist: two };
    const written = await as('customer2', write, variables);
    expect(written.errors).toBeUndefined();
    const { id, ...review } = written.data.writeReview.result;
    expect(review).toEqual({
      status: 'pending',
      reviewableType: 'therapist',
      rating: 4,
      photos: [photo],
      booking: { id: two },
    });
    expect((await as('customer2', write, variables)).errors).toMatchObject([
      { message: 'You have already reviewed this.', extensions: { code: '23505' } },
    ]);

    const seen = `query ($id: UUID!, $therapist: UUID!) {
      review(id: $id) { rating reviewText } therapist(id: $therapist) { rating totalReviews }
    }`;
    expect((await as(null, seen, { id, therapist: two })).data).toEqual({
      review: null,
      therapist: { rating: '0.00', totalReviews: 0 },
    });
    const moderate = `mutation ($id: UUID!, $status: String!, $notes: String) {
      moderateReview(input: { reviewId: $id, status: $status, notes: $notes }) {
        result { status reviewModeration { moderatedBy moderationNotes } }
      }
    }`;
    expect(codeIn(await as('marketing', moderate, { id, status: 'approved' }))).toBe('OB002');
    expect(codeIn(await as('admin', moderate, { id, status: 'rejected' }))).toBe('OB036');
    const verdict = { id, status: 'approved', notes: 'Fine' };
    expect((await as('admin', moderate, verdict)).data).toEqual({
      moderateReview: {
        result: {
          status: 'approved',
          reviewModeration: { moderatedBy: idOf('admin'), moderationNotes: 'Fine' },
        },
      },
    });
    expect((await as(null, seen, { id, therapist: two })).data).toEqual({
      review: { rating: 4, reviewText: 'Strong hands' },
      therapist: { rating: '4.00', totalReviews: 1 },
    });
  });

  test('a customer reviews the vendor in three respects', async () => {
    const write = `mutation ($booking: UUID!, $rating: Int!) {
      writeVendorReview(input: { bookingId: $booking, rating: $rating, reviewTitle: "Calm",
        serviceQualityRating: 5, cleanlinessRating: 4, valueRating: 3 }) {
        result { id vendor { id } reviewTitle reviewText serviceQualityRating }
      }
    }`;
    expect((await as('customer', write, { booking: closed, rating: 6 })).errors).toMatchObject([
      { message: 'Rating must be 1 to 5 stars.', extensions: { code: '23514' } },
    ]);
    const { data } = await as('customer', write, { booking: closed, rating: 4 });
    const { id, ...review } = data.writeVendorReview.result;
    expect(review).toEqual({
      vendor: { id: closed },
      reviewTitle: 'Calm',
      reviewText: null,
      serviceQualityRating: 5,
    });
    const moderate = `mutation ($id: UUID!) {
      moderateVendorReview(input: { reviewId: $id, status: "approved" }) {
        result { vendor { rating totalReviews } vendorReviewModeration { moderatedBy } }
      }
    }`;
    expect((await as('admin', moderate, { id })).data.moderateVendorReview.result).toEqual({
      vendor: { rating: '4.00', totalReviews: 1 },
      vendorReviewModeration: { moderatedBy: idOf('admin') },
    });
  });

  test('reviewing a vendor as a service is refused with a hint, and an anonymous user is asked to sign in', async () => {
    const write = `mutation ($id: UUID!) {
      writeReview(input: { bookingId: $id, reviewableType: "vendor", reviewableId: $id, rating: 4 }) {
        result { id }
      }
    }`;
    expect(codeIn(await as('customer', write, { id: closed }))).toBe('OB080');
    expect(codeIn(await as(null, write, { id: closed }))).toBe('OB001');
  });
});
