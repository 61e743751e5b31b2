import { formatTime, wallClock } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';
import { idProblem } from '../base/ids.ts';
import { consentView, FeatureReader } from '../features/read.ts';
import { askService } from './ask-service.ts';
import { existingShards } from './data-folder.ts';
import { configOf, foldedState } from './folded-state.ts';
import type { Inspection } from './inspection.ts';
import { readTime } from './moments.ts';

/** Features and consents of a customer, as `GET /v1/customers/{id}` shows them. */
export const inspectCustomer: Inspection = async (id, args, io) => {
  const problem = idProblem(id);
  if (problem !== undefined) throw new BeckonError('USAGE', `a customer id ${problem}`);
  const at = args.values.at as string | undefined;
  const atMs = at === undefined ? undefined : readTime('at', at);
  if (typeof args.values.url === 'string') {
    const query = atMs === undefined ? '' : `?at=${formatTime(atMs)}`;
    return askService(args.values.url, `v1/customers/${encodeURIComponent(id)}${query}`);
  }
  const config = configOf(args, io);
  existingShards(config.dataDir);
  const state = await foldedState(config, io);
  try {
    const { pack, status, tables, coldReader } = state;
    const reader = new FeatureReader(pack.plan, tables, undefined, coldReader);
    const nowMs = config.clock === 'log' ? status.logTimeMs : wallClock.nowMs();
    const askedMs = atMs ?? nowMs;
    const values = new Float64Array(pack.featureNames.length);
    const outcome = reader.read(id, Math.floor(askedMs / 1000), atMs !== undefined, values);
    if (outcome === 'unknown') throw new BeckonError('CUSTOMER_UNKNOWN', 'no event has named this customer');
    if (outcome === 'beforeState') {
      const last = formatTime(reader.lastSec * 1000);
      throw new BeckonError('AT_BEFORE_STATE', `--at is before the customer's last event (${last})`);
    }
    return {
      customerId: id,
      at: formatTime(askedMs),
      asOf: { offset: reader.offset },
      consent: consentView(reader.profile(id)?.consents ?? {}),
      features: Object.fromEntries(pack.featureNames.map((name, i) => [name, values[i]])),
    };
  } finally {
    await state.close();
  }
};
