import type { PgCodec, PgCodecAttributes } from 'postgraphile/@dataplan/pg';
import { lambda, list, type Step } from 'postgraphile/grafast';
import type { GraphileConfig } from 'postgraphile/graphile-build';
import { extendSchema } from 'postgraphile/utils';
import type { FileAddresses } from '../files/addresses.ts';

interface RowStep extends Step {
  get(column: string): Step;
}

/**
 * Gives every column that refers to files a field beside it with the signed address of the file, or of each:
 * whoever reads the row reads the file. And `File` the address to send it to.
 *
 * `addresses` is null where there is nothing to sign with; the fields are null then.
 */
export function makeFileFieldsPlugins(addresses: FileAddresses | null): GraphileConfig.Plugin[] {
  return [makeFilePlugin(addresses), makeReferencePlugin(addresses)];
}

function makeFilePlugin(addresses: FileAddresses | null): GraphileConfig.Plugin {
  const ofStatus = (wanted: string, addressOf: (id: string) => string | undefined) => {
    return ($file: RowStep) =>
      lambda(list([$file.get('id'), $file.get('status')]), ([id, status]) =>
        status === wanted ? (addressOf(String(id)) ?? null) : null,
      );
  };
  return extendSchema(() => ({
    typeDefs: `
      """A header to send along with a file."""
      type UploadHeader {
        """What it is called."""
        name: String!
        """What it says."""
        value: String!
      }
      extend type File {
        """Where to PUT the bytes, with uploadHeaders, until uploadExpiresAt; null when they have come."""
        uploadUrl: String
        """Headers to send along with the bytes."""
        uploadHeaders: [UploadHeader!]
        """Where to GET the file, for some minutes; null while it is not stored."""
        downloadUrl: String
      }
    `,
    objects: {
      File: {
        plans: {
          uploadUrl: ofStatus('pending', (id) => addresses?.upload(id)),
          downloadUrl: ofStatus('stored', (id) => addresses?.download(id)),
          uploadHeaders: ($file: RowStep) =>
            lambda(list([$file.get('content_type'), $file.get('status')]), ([type, status]) =>
              status === 'pending' ? [{ name: 'content-type', value: String(type) }] : null,
            ),
        },
      },
    },
  }));
}

/** Domains are known by their names; their codecs are made anew for each schema. */
function isReference(codec: PgCodec | undefined): boolean {
  return codec?.extensions?.pg?.name === 'file_reference';
}

function makeReferencePlugin(addresses: FileAddresses | null): GraphileConfig.Plugin {
  const downloadOf = (reference: unknown) =>
    typeof reference === 'string' && addresses !== null
      ? addresses.download(reference.slice('file:'.length))
      : null;
  return {
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
                ? `Where to GET each of ${column}, in their order, for some minutes; null without any.`
                : `Where to GET what ${column} refers to, for some minutes; null without it.`,
              type: isList ? new GraphQLList(GraphQLString) : GraphQLString,
              plan: ($row: RowStep) =>
                lambda($row.get(attributeName), (value: unknown) =>
                  Array.isArray(value) ? value.map(downloadOf) : downloadOf(value),
                ),
            }));
          }
          return build.extend(fields, added, 'Adding the addresses of files');
        },
      },
    },
  };
}
