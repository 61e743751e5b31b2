import type { Candidates } from './candidates.ts';
import { HOLD } from './words.ts';
import type { World } from './world.ts';

/** What a policy does with a person this morning. */
export class Choice {
  /** Index of the action, or HOLD. */
  action = HOLD;
  channel = 0;
  /** When to send: from this morning on, within 48 hours. */
  sendMs = 0;
  /** With which it was chosen. */
  probability = 1;
  isCallList = false;
  /** Id of the decision, where somebody else has made it. */
  decisionId: string | undefined;

  hold(probability = 1): void {
    this.action = HOLD;
    this.probability = probability;
  }

  contact(action: number, channel: number, sendMs: number, probability = 1): void {
    this.action = action;
    this.channel = channel;
    this.sendMs = sendMs;
    this.probability = probability;
  }
}

/** Somebody who decides, every morning, about those whose turn it is. */
export interface Policy {
  readonly name: string;
  /** Told before the decisions of a morning, where answers come from elsewhere. */
  readonly ask?: (world: World, due: readonly number[]) => Promise<void>;
  /** @param bits conditions that hold */
  decide(world: World, p: number, bits: number, candidates: Candidates, choice: Choice): void;
  /** The chance with which the last {@link decide} could have taken a candidate, or HOLD; absent where it never draws. */
  readonly probabilityOf?: (candidates: Candidates, i: number) => number;
  /** Whether its decisions are told as events: not where the one who advises keeps its own record. */
  readonly isRecorded: boolean;
}
