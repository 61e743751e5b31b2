import { BeckonError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import { HOLD_ID } from '../packs/actions.ts';
import type { Choices } from '../packs/choices.ts';
import type { ScoreRequest } from './decision.ts';
import type { Question } from './question.ts';

/** Which actions, channels and campaigns a question leaves open. By position; 1 is open. */
export class Scope {
  readonly actions: Uint8Array;
  readonly channels: Uint8Array;
  readonly campaigns: Uint8Array;
  private readonly choices: Choices;
  private readonly campaignIds: ReadonlyMap<string, number>;
  private readonly actionIds: ReadonlyMap<string, number>;
  private readonly channelNames: ReadonlyMap<string, number>;

  constructor(choices: Choices) {
    const { actions, channels, campaigns } = choices;
    this.choices = choices;
    this.actions = new Uint8Array(actions.length);
    this.channels = new Uint8Array(channels.length);
    this.campaigns = new Uint8Array(campaigns.length);
    this.campaignIds = new Map(campaigns.map(({ campaignId }, i) => [campaignId, i]));
    this.actionIds = new Map(actions.map(({ actionId }, i) => [actionId, i]));
    this.channelNames = new Map(channels.map(({ channel }, i) => [channel, i]));
  }

  /** @returns why a question cannot be answered; a pack without campaigns or actions knows no wrong ones */
  problemOf({ campaignId, actions }: ScoreRequest): BeckonError | undefined {
    const { campaignIds, actionIds } = this;
    if (campaignId !== undefined && campaignIds.size > 0 && !campaignIds.has(campaignId))
      return new BeckonError('CAMPAIGN_UNKNOWN', `the pack has no campaign ${named(campaignId, campaignIds)}`);
    if (actions === undefined || actionIds.size === 0) return undefined;
    const unknown = actions.findIndex((id) => id !== HOLD_ID && !actionIds.has(id));
    if (unknown < 0) return undefined;
    const name = named(actions[unknown], actionIds);
    return new BeckonError('REQUEST_INVALID', `actions[${unknown}]: the pack has no action ${name}`);
  }

  /** Opens what the question asks for: all that it does not name, and campaigns to whose audience the customer belongs. */
  open({ request, values, outputs, addresses }: Question): void {
    const { campaignId, actions, channels } = request;
    only(this.actions, actions, this.actionIds);
    only(this.channels, channels, this.channelNames);
    const asked = campaignId === undefined ? undefined : this.campaignIds.get(campaignId);
    for (const [i, { audience }] of this.choices.campaigns.entries()) {
      const isAsked = asked === undefined || asked === i;
      const isTheirs = audience === undefined || audience.evaluate(values, outputs, addresses.bits) === true;
      this.campaigns[i] = Number(isAsked && isTheirs);
    }
  }
}

const only = (open: Uint8Array, asked: readonly string[] | undefined, positions: ReadonlyMap<string, number>): void => {
  if (asked === undefined) {
    open.fill(1);
    return;
  }
  open.fill(0);
  for (const name of asked) {
    const position = positions.get(name);
    if (position !== undefined) open[position] = 1;
  }
};

const named = (id: string, known: ReadonlyMap<string, number>): string => {
  const near = suggest(id, [...known.keys()]);
  return `${JSON.stringify(id)}${near === undefined ? '' : `; did you mean "${near}"?`}`;
};
