import { clearScreenDown, cursorTo } from 'node:readline';
import { styleText } from 'node:util';
import type { Decision } from '../../decisions/decision.ts';
import type { CommandIo } from '../command.ts';
import { percent } from './lines.ts';
import type { MarketDay, Show } from './show.ts';

const DECISIONS_SHOWN = 12;
const CALLS_SHOWN = 6;
const ACTIONS_SHOWN = 8;
const BAR_CELLS = 24;
/** A frame now and then: more often nobody could read. */
const FRAME_MS = 60;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const WIDTH_MIN = 60;
/** Channels that are calls. */
const CALLS = ['ai_call', 'human_call'];
const BLOCKS = ' ▏▎▍▌▋▊▉█';

/** On a terminal: a page that is drawn again and again, what to do on top, whom to call below. */
export class Screen implements Show {
  readonly #out: NodeJS.WriteStream;
  readonly #title: string;
  readonly #recent: Decision[] = [];
  readonly #actions = new Map<string, number>();
  #calls: readonly Decision[] = [];
  #day: MarketDay | undefined;
  #decisions = 0;
  #drawnMs = 0;

  /** @param title where the service answers */
  constructor(io: CommandIo, title: string) {
    this.#out = io.stdout as NodeJS.WriteStream;
    this.#title = title;
    this.#out.write(HIDE_CURSOR);
  }

  begin(day: MarketDay, decisions: readonly Decision[]): void {
    this.#day = day;
    this.#calls = decisions
      .filter(({ decision: { channel } }) => channel !== undefined && CALLS.includes(channel))
      .sort((a, b) => b.decision.expectedValue - a.decision.expectedValue)
      .slice(0, CALLS_SHOWN);
  }

  decision(decision: Decision): void {
    const { actionId, hold } = decision.decision;
    this.#decisions++;
    this.#actions.set(actionId, (this.#actions.get(actionId) ?? 0) + 1);
    if (!hold) {
      this.#recent.unshift(decision);
      this.#recent.length = Math.min(this.#recent.length, DECISIONS_SHOWN);
    }
    const nowMs = performance.now();
    if (nowMs - this.#drawnMs < FRAME_MS) return;
    this.#drawnMs = nowMs;
    this.#draw();
  }

  end(): void {
    this.#draw();
    this.#out.write(SHOW_CURSOR);
  }

  #draw(): void {
    const width = Math.max(WIDTH_MIN, this.#out.columns ?? 100);
    const rule = styleText('dim', '─'.repeat(width));
    const lines = [
      ...this.#head(),
      rule,
      styleText('bold', ' What to do now'),
      ...padded(this.#recent.map(decisionLine), DECISIONS_SHOWN),
      rule,
      styleText('bold', ' Whom to call next'),
      ...padded(this.#calls.map(callLine), CALLS_SHOWN),
      rule,
      styleText('bold', ' Decisions so far'),
      ...this.#bars(),
      rule,
      styleText('dim', ' Ctrl-C ends it'),
    ];
    cursorTo(this.#out, 0, 0);
    // Each line is cleared to its end, so that nothing of the last frame shines through.
    this.#out.write(lines.map((line) => `${line}\x1b[K\n`).join(''));
    clearScreenDown(this.#out);
  }

  #head(): string[] {
    const day = this.#day;
    if (day === undefined) return [` ${styleText(['bold', 'cyan'], 'Beckon')}  ${this.#title}`];
    const date = new Date(day.startMs).toISOString().slice(0, 10);
    return [
      ` ${styleText(['bold', 'cyan'], 'Beckon')}  retail market, day ${day.day} of ${day.days} (${date})  ${styleText('dim', this.#title)}`,
      ` ${thousands(day.events)} events, ${thousands(Math.round(day.eventsPerSec))}/s  ·  ${thousands(this.#decisions)} decisions, ${day.decisionUs.toFixed(0)} µs each with the way there and back`,
    ];
  }

  #bars(): string[] {
    const sorted = [...this.#actions].sort((a, b) => b[1] - a[1]).slice(0, ACTIONS_SHOWN);
    const most = sorted[0]?.[1] ?? 1;
    return sorted.map(([action, count]) => {
      const text = ` ${action.padEnd(26)} ${bar(count / most)} ${thousands(count)}`;
      return action === 'hold' ? styleText('dim', text) : text;
    });
  }
}

const decisionLine = ({ at, customerId, decision, segments }: Decision): string => {
  const { actionId, channel = '', sendAt = at, expectedValue } = decision;
  const who = `${segments.tier ?? ''} ${segments.lifecycle ?? ''}`.trim();
  const worth = styleText('green', `+${expectedValue.toFixed(2)}`.padStart(8));
  const when = sendAt.slice(5, 16).replace('T', ' ');
  return ` ${customerId.padEnd(12)} ${styleText('dim', who.padEnd(26))} ${styleText('yellow', actionId.padEnd(24))} ${channel.padEnd(16)} ${when} ${worth}`;
};

const callLine = ({ customerId, at, decision, call }: Decision, place: number): string => {
  const { actionId, channel = '', sendAt = at, expectedValue } = decision;
  const worth = styleText('green', `+${expectedValue.toFixed(2)}`.padStart(8));
  const answer = call === undefined ? '' : `answers ${percent(call.answer).padStart(5)}`;
  const when = sendAt.slice(5, 16).replace('T', ' ');
  return ` ${place + 1}  ${customerId.padEnd(12)} ${channel.padEnd(12)} ${styleText('yellow', actionId.padEnd(24))} ${answer}  ${when} ${worth}`;
};

const bar = (share: number): string => {
  const eighths = Math.round(share * BAR_CELLS * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  return `${full}${eighths % 8 === 0 ? '' : BLOCKS[eighths % 8]}`.padEnd(BAR_CELLS);
};

const padded = (lines: readonly string[], length: number): string[] => Array.from({ length }, (_, i) => lines[i] ?? '');

const thousands = (count: number): string => count.toLocaleString('en-US');
