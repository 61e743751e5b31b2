import { BeckonError } from '../base/errors.ts';
import type { HeadOutputs } from '../decisions/head-outputs.ts';
import type { Bundle, BundleRef } from '../inference/repository.ts';
import type { Pack } from '../packs/pack.ts';
import type { Command, CommandIo } from './command.ts';
import { configOptions } from './config-options.ts';

export const command: Command = {
  usage: 'check [--diff OTHER_PACK] [options]',
  description: `Checks what the service would start with, and changes nothing: the configuration, the pack (features, labels,
segments, triggers, actions, channels, campaigns) and every model bundle of the pack, each loaded and held against its golden rows in a process of its own.
With --diff it shows instead what would change if another pack took the place of this one: features added (+), removed
(-), changed in meaning (~), the size of a row, labels, segments, heads.
Exit code 0: all of it can be used. 1: something is refused. 2: the configuration is wrong.`,
  options: {
    diff: {
      type: 'string',
      value: 'OTHER_PACK',
      help: 'Show the way from the pack to this one, named as --pack names it',
    },
    ...configOptions(),
  },
  async run(args, io) {
    const { configOf } = await import('./folded-state.ts');
    const { packInForce } = await import('../app/pack-in-force.ts');
    const { compilePack } = await import('../packs/pack.ts');
    const config = configOf(args, io);
    io.stdout.write(`ok  configuration: pack ${config.pack}, data directory ${config.dataDir}\n`);
    const { source, applied } = await packInForce(config);
    const pack = compilePack(source);
    if (applied !== undefined)
      io.stdout.write(`ok  applied: ${config.pack} has not changed since, so pack ${applied.version} is in force\n`);
    if (typeof args.values.diff === 'string') {
      const { checkDiff } = await import('./check-diff.ts');
      const other = configOf({ ...args, values: { ...args.values, pack: args.values.diff } }, io);
      return checkDiff(pack, other.pack, io) ? 0 : 1;
    }
    const { featureNames, labels, plan } = pack;
    const says = `${featureNames.length} features in ${plan.rowWords * 4} bytes a customer, ${labels.length} labels`;
    io.stdout.write(`ok  pack ${pack.name} ${pack.version}: ${says}\n`);
    const results = [...(await checkBundles(pack, io)), await checkSegments(pack, io), await checkChoices(pack, io)];
    return results.every((good) => good) ? 0 : 1;
  },
};

/** Says what came of one step, and goes on to the next. */
const told = async (what: string, io: CommandIo, step: () => Promise<string>): Promise<boolean> => {
  try {
    io.stdout.write(`ok  ${what}${await step()}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof BeckonError)) throw error;
    io.stdout.write(`--  ${what}: refused\n`);
    io.stderr.write(`beckon: ${error.code}: ${error.message}\n`);
    return false;
  }
};

const checkBundles = async (pack: Pack, io: CommandIo): Promise<boolean[]> => {
  const { chooseBundles, listBundles } = await import('../inference/repository.ts');
  const { prove } = await import('../inference/prove.ts');
  const live = new Set(chooseBundles(pack.folder, pack.name).map(({ folder }) => folder));
  const results: boolean[] = [];
  for (const ref of listBundles(pack.folder, pack.name)) {
    const use = live.has(ref.folder) ? 'served' : 'older version';
    const step = async (): Promise<string> => {
      const bundle = await read(pack, ref);
      await prove(bundle);
      return `: proven, ${use}, sha256 ${bundle.sha256}`;
    };
    results.push(await told(`bundle ${pack.name}/${ref.head}/${ref.version}`, io, step));
  }
  if (results.length === 0) io.stdout.write(`ok  no bundles in ${pack.folder}: answers will have no scores\n`);
  return results;
};

/** Segments may speak of the scores of the bundles that are served. */
const checkSegments = (pack: Pack, io: CommandIo): Promise<boolean> =>
  told('segments', io, async () => {
    const { compileSegments } = await import('../packs/segments.ts');
    const { scores } = await outputsOf(pack);
    const names = new Set(scores.map(({ name }) => name));
    return `: ${compileSegments(pack.segments, pack.featureNames, names).length}`;
  });

/** Rules may speak of all their outputs. */
const checkChoices = (pack: Pack, io: CommandIo): Promise<boolean> =>
  told('actions, channels and campaigns', io, async () => {
    const { compileChoices } = await import('../packs/choices.ts');
    const { actions, channels, campaigns } = compileChoices(pack, (await outputsOf(pack)).names);
    return `: ${actions.length}, ${channels.length} and ${campaigns.length}`;
  });

const outputsOf = async (pack: Pack): Promise<HeadOutputs> => {
  const { HeadOutputs } = await import('../decisions/head-outputs.ts');
  const { readBundles } = await import('../inference/repository.ts');
  return new HeadOutputs(readBundles(pack));
};

const read = async (pack: Pack, ref: BundleRef): Promise<Bundle> => {
  const { readBundle } = await import('../inference/repository.ts');
  return readBundle(ref, new Set(pack.featureNames));
};
