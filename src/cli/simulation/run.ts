import { moneyText } from '../../simulation/event-text.ts';
import type { MarketFile } from '../../simulation/market-schema.ts';
import { type Anchor, anchorsOf, anchorTable } from '../../simulation/report.ts';
import { Setting } from '../../simulation/setting.ts';
import { type Lived, simulate, TOGETHER } from '../../simulation/simulate.ts';
import { customerTruth, decisionTruth } from '../../simulation/truth-lines.ts';
import { rivalValues, type SeedValues, valuePer1000, worthTable } from '../../simulation/worth.ts';
import type { CommandArgs, CommandIo } from '../command.ts';
import { startProgress } from '../progress.ts';
import { FileSink } from './file-sink.ts';
import type { SimulationOptions } from './options.ts';
import { policyOf } from './policies.ts';
import { openSinks } from './sinks.ts';

/** People who live together where events come in the order of time: some 100 MB. More of them come in groups. */
const TIMED_TOGETHER = 200_000;

/** Lives the seeds and prints what was asked for. @returns the exit code: 1 where a figure lies outside its band, or a service takes nothing */
export const runSimulation = async (
  market: MarketFile,
  options: SimulationOptions,
  args: CommandArgs,
  io: CommandIo,
): Promise<number> => {
  const { seed, seeds, customers, days } = options;
  const values: SeedValues[] = [];
  const outside: string[] = [];
  let hasFailed = false;
  let anchors: readonly Anchor[] = [];
  for (let now = seed; now < seed + seeds; now++) {
    const { ledger, figures, isRefused } = await liveSeed(market, options, now, args, io);
    hasFailed ||= isRefused;
    const own = { [options.policy]: valuePer1000(ledger, customers) };
    if (options.report) {
      const found = anchorsOf(figures, new Setting(market, now, days));
      if (now === seed) anchors = found;
      for (const { name, holds } of found) if (!holds) outside.push(`seed ${now}: ${name}`);
    }
    if (options.worth) values.push(await lifeOfRivals(market, options, now, own, io));
  }
  if (options.report) io.stdout.write(`${anchorTable(anchors)}${bandLine(outside, seeds)}`);
  if (options.worth) io.stdout.write(worthTable(values));
  return hasFailed || outside.length > 0 ? 1 : 0;
};

const bandLine = (outside: readonly string[], seeds: number): string =>
  outside.length === 0
    ? `every figure is inside its band${seeds > 1 ? ` on each of ${seeds} seeds; those of the first are shown` : ''}\n`
    : `outside its band: ${outside.join('; ')}\n`;

const liveSeed = async (
  market: MarketFile,
  options: SimulationOptions,
  seed: number,
  args: CommandArgs,
  io: CommandIo,
): Promise<Lived & { readonly isRefused: boolean }> => {
  const { customers, days } = options;
  const policy = policyOf(options);
  const truth = options.truth === undefined ? undefined : new FileSink(options.truth);
  const { sink, isTimed, isRefused, close } = await openSinks(options, args, io);
  const progress = startProgress(io, `simulate seed ${seed}`, customers * (days + market.historyDays), 'events');
  let told = '';
  try {
    const lived = await simulate({
      market,
      customers,
      days,
      seed,
      policy,
      sink,
      together: isTimed ? TIMED_TOGETHER : TOGETHER,
      onProgress: (done, events) => progress.update(done, events),
      onDecision:
        truth === undefined
          ? undefined
          : (world, p, n, bits, choice) => truth.take(decisionTruth(world, p, n, bits, choice)),
      onLived:
        truth === undefined
          ? undefined
          : (world) => {
              for (let p = 0; p < world.people.count; p++) truth.take(customerTruth(world, p));
            },
    });
    const { ledger, figures } = lived;
    told += `seed ${seed}: ${figures.events} events of ${customers} customers over ${market.historyDays} + ${days} days\n`;
    told += `value per 1,000 customers ${moneyText(valuePer1000(ledger, customers))}: ${ledger.decisions} decisions, ${ledger.contacts} contacts, ${ledger.blocked} not sent for want of consent or address\n`;
    told += `${ledger.parts(customers)}\n`;
    return { ...lived, isRefused: isRefused() };
  } finally {
    progress.stop();
    truth?.close();
    told += await close();
    io.stdout.write(told);
  }
};

const lifeOfRivals = async (
  market: MarketFile,
  { customers, days }: SimulationOptions,
  seed: number,
  own: SeedValues,
  io: CommandIo,
): Promise<SeedValues> => {
  const progress = startProgress(io, `rivals of seed ${seed}`, 1, 'policies');
  try {
    return await rivalValues({ market, customers, days, seed }, own);
  } finally {
    progress.stop();
  }
};
