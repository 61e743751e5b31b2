import type { Decision } from '../../decisions/decision.ts';
import type { CommandIo } from '../command.ts';
import type { MarketDay, Show } from './show.ts';

/** Without a terminal: a line a decision, and one for each morning. */
export class Lines implements Show {
  readonly #io: CommandIo;

  constructor(io: CommandIo) {
    this.#io = io;
  }

  begin({ day, events, eventsPerSec }: MarketDay, decisions: readonly Decision[]): void {
    const rate = Math.round(eventsPerSec);
    this.#io.stdout.write(`day ${day}: ${events} events, ${rate}/s; ${decisions.length} decisions\n`);
  }

  decision({ at, customerId, decision, segments, call }: Decision): void {
    const { actionId, channel, sendAt, expectedValue } = decision;
    const parts = [at, customerId, actionId];
    if (channel !== undefined) parts.push(channel, `at ${sendAt}`, `worth ${expectedValue.toFixed(2)}`);
    if (call?.callNow === true)
      parts.push(`call now: answers ${percent(call.answer)}, converts ${percent(call.convert)}`);
    const who = [segments.tier, segments.lifecycle].filter((word) => word !== undefined);
    this.#io.stdout.write(`${parts.join('  ')}  (${who.join(', ')})\n`);
  }

  end(): void {}
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;
