import type { TSchema } from 'typebox';
import { FEATURES_SCHEMA } from '../../src/features/spec.ts';
import { ACTIONS_SCHEMA } from '../../src/packs/actions.ts';
import { CAMPAIGNS_SCHEMA } from '../../src/packs/campaigns.ts';
import { CHANNELS_SCHEMA } from '../../src/packs/channels.ts';
import { TRIGGERS_SCHEMA } from '../../src/packs/triggers.ts';

const SCHEMAS: Readonly<Record<string, TSchema>> = {
  features: FEATURES_SCHEMA,
  actions: ACTIONS_SCHEMA,
  channels: CHANNELS_SCHEMA,
  campaigns: CAMPAIGNS_SCHEMA,
  triggers: TRIGGERS_SCHEMA,
};

/** The schemas of a pack's files, for editors. */
export const packSchemas = Object.entries(SCHEMAS).map(([name, schema]) => ({
  file: `docs/schemas/${name}.schema.json`,
  make: (): string => {
    const title = `${name}.yaml of a Beckon pack`;
    return `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title, ...schema }, null, 2)}\n`;
  },
}));
