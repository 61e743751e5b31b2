import type { Clock } from '../base/clock.ts';
import { wallClock } from '../base/clock.ts';
import { ColumnScorer } from '../decisions/column-scorer.ts';
import { Decider } from '../decisions/decide.ts';
import { HeadInputs } from '../decisions/head-inputs.ts';
import { HeadOutputs } from '../decisions/head-outputs.ts';
import type { ColdRows } from '../features/cold-store.ts';
import { FeatureReader } from '../features/read.ts';
import { HeadRegistry } from '../inference/registry.ts';
import type { Bundle } from '../inference/repository.ts';
import { HeadSession } from '../inference/session.ts';
import { compileChoices } from '../packs/choices.ts';
import type { Pack } from '../packs/pack.ts';
import { compileSegments, segmentFeatures } from '../packs/segments.ts';
import { decisionSchema } from '../serving/http/decision-schema.ts';
import type { Config } from './config-schema.ts';
import type { StateView } from './shared-state.ts';

/** What one thread needs to answer questions: serving threads and pool workers alike. */
export const openScoring = async (
  config: Config,
  pack: Pack,
  bundles: readonly Bundle[],
  view: StateView,
  cold: ColdRows | undefined,
) => {
  const registry = new HeadRegistry();
  for (const bundle of bundles) await registry.swap(HeadSession.open(bundle));
  const outputs = new HeadOutputs(bundles);
  const segments = compileSegments(pack.segments, pack.featureNames, new Set(outputs.scores.map(({ name }) => name)));
  const choices = compileChoices(pack, outputs.names);
  pack.ruleItems.follow(view.itemBoard);
  const clock: Clock = config.clock === 'log' ? { nowMs: () => view.status.logNowMs } : wallClock;
  const wanted = [...segmentFeatures(segments, pack.featureNames), ...choices.features];
  const reader = new FeatureReader(pack.plan, view.tables, wanted, cold);
  const { status } = view;
  const decider = new Decider({
    reader,
    registry,
    pack,
    segments,
    choices,
    outputs,
    progress: {
      get appliedOffset() {
        return status.appliedOffset;
      },
      lagMs: () => status.lagMs(wallClock.nowMs()),
    },
    clock,
  });
  const columns = new ColumnScorer({
    reader: new FeatureReader(pack.plan, view.tables, [], cold),
    registry,
    outputs,
    inputs: new HeadInputs(pack.featureNames),
    features: pack.featureNames.length,
  });
  const schema = decisionSchema({
    segments: segments.map((segment) => segment.name),
    heads: outputs.heads,
    scores: outputs.scores.map(({ name }) => name),
  });
  return { registry, decider, columns, clock, schema };
};
