import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import { BeckonError } from '../../base/errors.ts';
import type { ServingParts } from '../parts.ts';

/** More files than a pack has. */
const FILES_MAX = 64;

const strict = { additionalProperties: false } as const;
const Body = Type.Object(
  {
    files: Type.Record(Type.String(), Type.String(), {
      description: 'The files of the pack by name, as they stand in its folder: `pack.yaml`, `features.yaml`, …',
      maxProperties: FILES_MAX,
    }),
    heads: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "Versions of model bundles, by head, that the service's pack folder must have",
        maxProperties: FILES_MAX,
      }),
    ),
  },
  { ...strict, examples: [{ files: { 'pack.yaml': 'name: retail\n…', 'features.yaml': 'features:\n…' } }] },
);
const Query = Type.Object(
  { dryRun: Type.Optional(Type.Enum(['true', 'false'], { description: 'Only tell what would change' })) },
  strict,
);

const Text = Type.String();
const change = {
  name: Text,
  how: Type.Enum(['added', 'removed', 'changed']),
  told: Type.String({ description: 'What is told of it, such as `halfLife 10d → 20d`' }),
};
const Changes = Type.Array(Type.Object(change));
const Difference = Type.Object({
  settings: Changes,
  features: Type.Array(
    Type.Object({ ...change, words: Type.Integer({ description: 'Words of a row that come with it, or go' }) }),
  ),
  featuresSame: Type.Integer(),
  rowBytes: Type.Array(Type.Integer(), { description: 'Before and after', minItems: 2, maxItems: 2 }),
  items: Changes,
  labels: Changes,
  segments: Changes,
  actions: Changes,
  channels: Changes,
  campaigns: Changes,
  triggers: Changes,
  heads: Changes,
});
const Answer = Type.Object({
  name: Text,
  version: Text,
  sha256: Type.String({ description: 'Of the files' }),
  before: Type.Object({ version: Text, sha256: Text }, { description: 'What was in force' }),
  applied: Type.Boolean({ description: 'False after a dry run, and where this very pack was in force already' }),
  difference: Difference,
  refold: Type.Boolean({ description: 'Whether the state is made anew from the log' }),
  filled: Type.Array(Text, { description: 'Features that get their values from the log' }),
  problems: Type.Array(Text, { description: 'Why it could not be applied; told by a dry run, refused otherwise' }),
  notes: Type.Array(Text, { description: 'What should be known before' }),
  logOffset: Type.Optional(Type.Integer({ description: 'Of the `pack.changed` in the log' })),
});
const Progress = Type.Object({
  underWay: Type.Boolean(),
  folded: Type.Optional(Type.Integer({ description: 'Events folded while the state is made anew' })),
  events: Type.Optional(Type.Integer({ description: 'Of how many' })),
});

/** `POST /v1/packs`: another pack in the place of the one in force, while the service runs. */
export const packChangeRoutes = (app: FastifyInstance, { overseer, notReady }: ServingParts): void => {
  const tags = ['packs'];
  app.post<{ Body: Static<typeof Body>; Querystring: Static<typeof Query> }>(
    '/v1/packs',
    {
      schema: {
        tags,
        summary: 'Check a changed pack, tell the difference, log it and switch to it; answered when it is in force',
        body: Body,
        querystring: Query,
        response: { 200: Answer },
      },
    },
    async ({ body, query }) => {
      const reason = notReady();
      if (reason !== undefined) throw new BeckonError('NOT_READY', reason);
      return overseer.changePack({ ...body, isDryRun: query.dryRun === 'true' });
    },
  );
  app.get(
    '/v1/packs/change',
    { schema: { tags, summary: 'How far a change of the pack has come', response: { 200: Progress } } },
    async () => overseer.packChange(),
  );
};
