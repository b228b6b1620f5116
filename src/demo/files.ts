import type { Rows } from './copy.ts';
import type { Random } from './random.ts';

export type DemoFile = {
  readonly ownerId: string;
  readonly purpose: 'user_document' | 'vendor_document' | 'provider_document' | 'vendor_picture';
  /** A PDF without. */
  readonly contentType?: string;
  readonly createdAt: string;
};

/** Adds the row of a file that is nowhere, as the people of the demo are, and returns its reference. */
export function addFile(rows: Rows, random: Random, file: DemoFile): string {
  const id = random.uuid();
  rows.add('public.files', {
    id,
    owner_id: file.ownerId,
    purpose: file.purpose,
    content_type: file.contentType ?? 'application/pdf',
    status: 'absent',
    created_at: file.createdAt,
  });
  return `file:${id}`;
}
