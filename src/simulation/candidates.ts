import { mayContact } from './reach.ts';
import { bitOf } from './words.ts';
import type { World } from './world.ts';

const CHANNEL_BITS = 4;
const CHANNEL_MASK = 15;
const UNHAPPY = bitOf('unhappy');

/** What may be done with a person this morning: pairs of action and channel. Hold is always there besides. */
export class Candidates {
  /** `action << 4 | channel` */
  private readonly pairs = new Int16Array(12 * 16);
  count = 0;

  actionOf(i: number): number {
    return this.pairs[i] >> CHANNEL_BITS;
  }

  channelOf(i: number): number {
    return this.pairs[i] & CHANNEL_MASK;
  }

  /** Fills in what the conditions, consent and addresses of a person allow; nothing is sold to the unhappy. */
  find(world: World, p: number, bits: number): void {
    this.count = 0;
    let open = 0;
    const { channels, actions } = world.truth;
    for (let c = 0; c < channels.length; c++) if (mayContact(world, p, c)) open |= 1 << c;
    if (open === 0) return;
    for (const action of actions) {
      if ((bits & action.needsBits) !== action.needsBits || (action.kind === 'sell' && (bits & UNHAPPY) !== 0))
        continue;
      for (const channel of action.channelIndexes)
        if ((open & (1 << channel)) !== 0) this.pairs[this.count++] = (action.index << CHANNEL_BITS) | channel;
    }
  }

  /** The place of a pair, -1 where it is not allowed. */
  indexOf(action: number, channel: number): number {
    for (let i = 0; i < this.count; i++) if (this.actionOf(i) === action && this.channelOf(i) === channel) return i;
    return -1;
  }
}
