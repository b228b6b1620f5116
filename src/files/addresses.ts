import { createHmac, timingSafeEqual } from 'node:crypto';

/** Signs addresses of files, and knows its own again. The database decides until when one is valid. */
export type FileAddresses = {
  /** Where to PUT the file. */
  upload(id: string): string;
  /** Where to GET it. The same for a minute, so that a browser asks once. */
  download(id: string): string;
  isUpload(id: string, signature: string): boolean;
  /** When such an address was signed; null for one that we never made. */
  downloadSignedAt(id: string, at: string, signature: string): Date | null;
};

const minute = 60;

export type FileAddressOptions = {
  secret: string;
  /** Where the API is reached, without a slash at the end. */
  publicUrl: () => string;
};

export function makeFileAddresses({ secret, publicUrl }: FileAddressOptions): FileAddresses {
  const sign = (words: string): Buffer => createHmac('sha256', secret).update(words).digest();
  const uploadOf = (id: string) => sign(`PUT ${id}`);
  const downloadOf = (id: string, at: string) => sign(`GET ${id} ${at}`);
  return {
    upload: (id) => `${publicUrl()}/files/${id}?signature=${uploadOf(id).toString('base64url')}`,
    download(id) {
      const now = Math.floor(Date.now() / 1000);
      const at = String(now - (now % minute));
      const signature = downloadOf(id, at).toString('base64url');
      return `${publicUrl()}/files/${id}?at=${at}&signature=${signature}`;
    },
    isUpload: (id, signature) => isSame(signature, uploadOf(id)),
    downloadSignedAt: (id, at, signature) =>
      isSame(signature, downloadOf(id, at)) ? new Date(Number(at) * 1000) : null,
  };
}

/** In the same time wherever they differ. */
function isSame(text: string, signature: Buffer): boolean {
  const given = Buffer.from(text, 'base64url');
  return given.length === signature.length && timingSafeEqual(given, signature);
}
