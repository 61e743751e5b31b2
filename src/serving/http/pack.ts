import type { FastifyInstance } from 'fastify';
import { HOLD_ID } from '../../packs/actions.ts';
import type { ServingParts } from '../parts.ts';

const WORD_BYTES = 4;

/** `GET /v1/packs/current` and `GET /v1/models`: what is loaded. */
export const packRoutes = (app: FastifyInstance, { pack, registry }: ServingParts): void => {
  const answer = {
    name: pack.name,
    version: pack.version,
    sha256: pack.sha256,
    currency: pack.currency,
    rowBytes: pack.plan.rowWords * WORD_BYTES,
    features: pack.plan.features.map(({ spec }) => ({ default: 0, ...spec })),
    actions: [{ actionId: HOLD_ID, kind: 'hold', discount: false, channels: [] }, ...pack.actions],
    channels: pack.channels,
    campaigns: pack.campaigns,
    triggers: pack.triggers,
    policy: null,
  };
  app.get('/v1/packs/current', { schema: { tags: ['packs'], summary: 'The pack as loaded' } }, (_request, reply) => {
    reply.send(answer);
  });
  app.get('/v1/models', { schema: { tags: ['models'], summary: 'The models behind the heads' } }, (_request, reply) => {
    reply.send({ models: registry.list() });
  });
};
