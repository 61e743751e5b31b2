import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PackChange, PackChangeAsk, PackChangeProgress } from '../packs/pack-change.ts';
import { askService } from './ask-service.ts';
import { onlyFolder } from './backup.ts';
import type { Command, CommandIo } from './command.ts';
import { configOptions } from './config-options.ts';

export const command: Command = {
  usage: 'apply DIR [--dry-run] [--url http://HOST:PORT]',
  description: `Puts the pack in DIR in the place of the one that a running service has in force, without a restart: shows the
difference as check --diff does, lets the service check the pack, and waits until every thread serves it. Where features
change the state is made anew from the log meanwhile; scores and events go on. Model bundles are not sent: they must
stand in the service's pack folder.
Exit code 0: in force. 1: refused, and the old pack stays. 2: called wrongly.`,
  options: {
    'dry-run': { type: 'boolean', help: 'Only show what would change' },
    url: { type: 'string', value: 'URL', help: 'The service; else the configured address' },
    ...configOptions(['host', 'httpPort']),
  },
  async run(args, io) {
    const folder = resolve(io.folder, onlyFolder(args, 'apply'));
    const { configOf } = await import('./folded-state.ts');
    const { chooseBundles } = await import('../inference/repository.ts');
    const { compilePack } = await import('../packs/pack.ts');
    const { readPackSource } = await import('../packs/pack-source.ts');
    const { writeDifference } = await import('./difference-lines.ts');
    const { host, httpPort } = configOf(args, io);
    const { url = `http://${host}:${httpPort}` } = args.values as { url?: string };
    const source = readPackSource(folder);
    const { name } = compilePack(source);
    const heads = Object.fromEntries(chooseBundles(folder, name).map(({ head, version }) => [head, version]));
    const body = { files: source.files as PackChangeAsk['files'], heads };

    const asked = (await askService(url, 'v1/packs?dryRun=true', body)) as PackChange;
    const { before, version, difference, problems, notes } = asked;
    writeDifference(`from ${name} ${before.version} to ${name} ${version} (${folder})`, difference, problems, io);
    for (const note of notes) io.stdout.write(`    ${note}\n`);
    if (problems.length > 0) return 1;
    if (args.values['dry-run'] === true) return 0;
    if (asked.sha256 === before.sha256 && difference.heads.length === 0) {
      io.stdout.write('    this pack is in force\n');
      return 0;
    }
    const startMs = performance.now();
    const changing = askService(url, 'v1/packs', body) as Promise<PackChange>;
    await showProgress(url, changing, io);
    const { sha256, logOffset } = await changing;
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    io.stdout.write(`ok  pack ${name} ${version} is in force after ${seconds} s, log offset ${logOffset}, ${sha256}\n`);
    return 0;
  },
};

const LOOK_MS = 250;

/** @returns when the change has ended, however */
const showProgress = async (url: string, changing: Promise<unknown>, io: CommandIo): Promise<void> => {
  const { startProgress } = await import('./progress.ts');
  let progress: ReturnType<typeof startProgress> | undefined;
  const ended = changing.then(
    () => true,
    () => true,
  );
  const waited = (): Promise<boolean> => delay(LOOK_MS, false, { ref: false });
  while (!(await Promise.race([ended, waited()]))) {
    const found = await askService(url, 'v1/packs/change').catch(() => undefined);
    const { folded, events } = (found ?? {}) as Partial<PackChangeProgress>;
    if (folded === undefined || events === undefined) continue;
    progress ??= startProgress(io, 'folding the log', events, 'events');
    progress.update(folded, folded);
  }
  progress?.stop();
};
