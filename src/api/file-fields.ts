import type { PgCodec, PgCodecAttributes } from 'postgraphile/@dataplan/pg';
import { context, lambda, list, type Step } from 'postgraphile/grafast';
import type { GraphileConfig } from 'postgraphile/graphile-build';
import { extendSchema } from 'postgraphile/utils';
import type { FileAddresses } from '../files/addresses.ts';

type RowStep = Step & {
  get(column: string): Step;
};

/** A user who can read a file's row, or one that refers to it, can read the file: by an address that is signed here. */
const fileAddresses = () => context().get('fileAddresses');

const ofStatus =
  (wanted: string, addressOf: (addresses: FileAddresses, id: string) => string) =>
  ($file: RowStep) =>
    lambda(
      list([fileAddresses(), $file.get('id'), $file.get('status')]),
      ([addresses, id, status]) =>
        status === wanted && addresses !== null ? addressOf(addresses, String(id)) : null,
    );

/** Gives `File` the addresses to send it to and to read it at; null where there is nothing to sign with. */
export const FileAddressesPlugin: GraphileConfig.Plugin = extendSchema(() => ({
  typeDefs: `
      """An HTTP header to send with a file."""
      type UploadHeader {
        """Name of the header."""
        name: String!
        """Value of the header."""
        value: String!
      }
      extend type File {
        """Address to PUT the bytes to, with uploadHeaders, until uploadExpiresAt; null once they are uploaded."""
        uploadUrl: String
        """Headers to send with the bytes; null once they are uploaded."""
        uploadHeaders: [UploadHeader!]
        """Address to GET the file from, valid for some minutes; null while it is not stored."""
        downloadUrl: String
      }
    `,
  objects: {
    File: {
      plans: {
        uploadUrl: ofStatus('pending', (addresses, id) => addresses.upload(id)),
        downloadUrl: ofStatus('stored', (addresses, id) => addresses.download(id)),
        uploadHeaders: ($file: RowStep) =>
          lambda(list([$file.get('content_type'), $file.get('status')]), ([type, status]) =>
            status === 'pending' ? [{ name: 'content-type', value: String(type) }] : null,
          ),
      },
    },
  },
}));

/** Domains are known by their names; their codecs are made anew for each schema. */
function isReference(codec: PgCodec | undefined): boolean {
  return codec?.extensions?.pg?.name === 'file_reference';
}

function downloadOf(addresses: FileAddresses | null, reference: unknown): string | null {
  return typeof reference === 'string' && addresses !== null
    ? addresses.download(reference.slice('file:'.length))
    : null;
}

/** Gives every column that refers to files a field beside it with the signed address of the file, or of each. */
export const FileReferencesPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroFileReferencesPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType_fields(fields, build, { scope, fieldWithHooks }) {
        const { pgCodec, isPgClassType } = scope;
        if (!isPgClassType || !pgCodec?.attributes) {
          return fields;
        }
        const { GraphQLString, GraphQLList } = build.graphql;
        const added: typeof fields = {};
        for (const [attributeName, { codec }] of Object.entries(
          pgCodec.attributes as PgCodecAttributes,
        )) {
          const isList = isReference(codec.arrayOfCodec);
          if (!isList && !isReference(codec)) {
            continue;
          }
          const column = build.inflection.attribute({ attributeName, codec: pgCodec });
          const fieldName = `${column.replace(/Url$/, '')}DownloadUrl${isList ? 's' : ''}`;
          added[fieldName] = fieldWithHooks({ fieldName }, () => ({
            description: isList
              ? `Addresses to GET the files of ${column} from, in the same order, valid for some minutes; null when there are none.`
              : `Address to GET the file of ${column} from, valid for some minutes; null when there is none.`,
            type: isList ? new GraphQLList(GraphQLString) : GraphQLString,
            plan: ($row: RowStep) =>
              lambda(list([fileAddresses(), $row.get(attributeName)]), ([addresses, value]) =>
                Array.isArray(value)
                  ? value.map((reference) => downloadOf(addresses, reference))
                  : downloadOf(addresses, value),
              ),
          }));
        }
        return build.extend(fields, added, 'Adding the addresses of files');
      },
    },
  },
};
