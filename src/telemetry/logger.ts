import { createHmac, randomBytes } from 'node:crypto';
import { destination, type LevelWithSilent, pino, stdTimeFunctions, transport } from 'pino';

type Line = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** One JSON object a line on stdout. Customer ids go through {@link customerHasher} first. */
export interface Logger {
  readonly trace: Line;
  readonly debug: Line;
  readonly info: Line;
  readonly warn: Line;
  readonly error: Line;
  readonly fatal: Line;
  /** Returns when every line so far has left the process, for an exit that does not come by itself. */
  flush(): void;
}

export interface LoggerOptions {
  readonly level: LevelWithSilent;
  /** Name of the thread, on every line; the main thread has none. */
  readonly thread?: string;
  /** Coloured lines for people; on a terminal unless said otherwise. Never in a thread that has a name. */
  readonly pretty?: boolean;
  /** File descriptor or path instead of stdout. */
  readonly target?: number | string;
}

const STDOUT = 1;

/** Lines are written behind the back of the loop, and what is left at the exit of the thread is written there. */
export const createLogger = ({ level, thread, pretty, target = STDOUT }: LoggerOptions): Logger => {
  const options = { level, base: thread === undefined ? {} : { thread }, timestamp: stdTimeFunctions.isoTime };
  if (thread === undefined && (pretty ?? process.stdout.isTTY === true)) {
    const stream = transport({ target: 'pino-pretty', options: { destination: target, ignore: 'pid,hostname' } });
    return lines(pino(options, stream), () => stream.flushSync());
  }
  const stream = destination({ dest: target, sync: false });
  const flush = (): void => {
    try {
      stream.flushSync();
    } catch {
      // The file was not open yet, or nobody reads the pipe any more: there is nowhere to say it.
    }
  };
  process.once('exit', flush);
  // pino hands formatters over only to streams of its own thread, and the label is part of the contract.
  return lines(pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, stream), flush);
};

const lines = (logger: ReturnType<typeof pino>, flush: () => void): Logger => ({
  trace: (fields, message) => logger.trace(fields, message),
  debug: (fields, message) => logger.debug(fields, message),
  info: (fields, message) => logger.info(fields, message),
  warn: (fields, message) => logger.warn(fields, message),
  error: (fields, message) => logger.error(fields, message),
  fatal: (fields, message) => logger.fatal(fields, message),
  flush,
});

/** A key for {@link customerHasher}; threads of one process share it, so that a customer has one hash in the log. */
export const newLogKey = (): Uint8Array => randomBytes(32);

/** What stands for a customer in the log: 12 hex digits that nobody without the key can find the id for. */
export const customerHasher =
  (key: Uint8Array) =>
  (customerId: string): string =>
    createHmac('sha256', key).update(customerId).digest('hex').slice(0, 12);
