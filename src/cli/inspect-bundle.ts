import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import { prove } from '../inference/prove.ts';
import { readBundle } from '../inference/repository.ts';
import { loadPack } from '../packs/pack.ts';
import { configOf } from './folded-state.ts';
import type { Inspection } from './inspection.ts';

/**
 * What a bundle says of itself, and whether it is what it says: it is loaded and run in a process of its own.
 * @throws BeckonError BUNDLE_REFUSED; FILE_UNREADABLE where there is no such folder
 */
export const inspectBundle: Inspection = async (path, args, io) => {
  const folder = resolve(io.folder, path);
  if (!existsSync(folder)) throw new BeckonError('FILE_UNREADABLE', `there is no folder ${folder}`);
  const head = dirname(folder);
  const owner = dirname(head);
  // A bundle stands in its pack; one that was copied elsewhere is held against the configured pack.
  const pack = loadPack(existsSync(join(owner, 'pack.yaml')) ? owner : configOf(args, io).pack);
  const ref = { pack: pack.name, head: basename(head), version: basename(folder), folder };
  const bundle = readBundle(ref, new Set(pack.featureNames));
  const { plan, planApart, noPlan } = await prove(bundle);
  const { name, version, input, context, output, opset, sha256, training, metrics } = bundle.manifest;
  return {
    bundle: bundle.id,
    name,
    version,
    proven: true,
    engine: plan === undefined ? 'onnxruntime' : 'plan',
    ...(planApart === undefined ? {} : { planApart }),
    ...(noPlan === undefined ? {} : { noPlan }),
    sha256: bundle.sha256,
    modelSha256: sha256,
    modelBytes: bundle.model.length,
    opset,
    features: input.features.map((feature) => feature.name),
    context: context.map((input) => input.name),
    outputs: output.columns,
    goldenRows: bundle.golden.rows.length,
    training,
    metrics,
  };
};
