import cliProgress from 'cli-progress';
import type { CommandIo } from './command.ts';

export interface Progress {
  /** @param value of the total. @param items finished, such as events. */
  update(value: number, items: number): void;
  /** Takes the bar away, so that what follows stands alone. Calling it twice does no harm. */
  stop(): void;
}

/** Without a terminal: a line this often, so that a log of an hour's work stays readable. */
const LINE_MS = 5000;

/**
 * Shows on stderr how far long work has come: on a terminal a bar with rate and time left, elsewhere a plain line at
 * most every 5 s. The process is not kept alive by it.
 * @param unit of the items, in the plural: `events`.
 */
export const startProgress = (io: CommandIo, label: string, total: number, unit: string): Progress =>
  io.stderr.isTTY === true ? startBar(io, label, total, unit) : startLines(io, label, total, unit);

const startBar = (io: CommandIo, label: string, total: number, unit: string): Progress => {
  const startMs = performance.now();
  const bar = new cliProgress.SingleBar({
    stream: io.stderr,
    format: `${label} {bar} {percentage} % · {items} ${unit} · {rate}/s · {eta_formatted} left`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 50,
  });
  bar.start(Math.max(total, 1), 0, { items: 0, rate: 0 });
  return {
    update(value, items) {
      bar.update(Math.min(value, total), { items, rate: perSecond(items, startMs) });
    },
    stop: () => bar.stop(),
  };
};

const startLines = (io: CommandIo, label: string, total: number, unit: string): Progress => {
  const startMs = performance.now();
  let saidMs = startMs;
  return {
    update(value, items) {
      const nowMs = performance.now();
      if (nowMs - saidMs < LINE_MS) return;
      saidMs = nowMs;
      const percent = total === 0 ? 100 : Math.floor((100 * Math.min(value, total)) / total);
      io.stderr.write(`${label} ${percent} % · ${items} ${unit} · ${perSecond(items, startMs)}/s\n`);
    },
    stop() {},
  };
};

/** @param startMs as `performance.now()` gave it. */
const perSecond = (items: number, startMs: number): number =>
  Math.round((items * 1000) / Math.max(performance.now() - startMs, 1));
