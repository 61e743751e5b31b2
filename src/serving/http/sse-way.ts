import type { ServerResponse } from 'node:http';
import type { BeckonError } from '../../base/errors.ts';
import { isOfCampaign, type OutgoingMessage } from '../../state/outbox-reader.ts';
import type { FollowerWay } from '../followers.ts';
import { problemOf } from './problem.ts';

/** To a follower over Server-Sent Events. */
export class SseWay implements FollowerWay {
  private readonly response: ServerResponse;
  private readonly campaign: string | undefined;

  /** @param response whose head is sent. @param campaign the only one that is wanted, if any */
  constructor(response: ServerResponse, campaign: string | undefined) {
    this.response = response;
    this.campaign = campaign;
  }

  get waitingBytes(): number {
    return this.response.writableLength;
  }

  wants(message: OutgoingMessage): boolean {
    return this.campaign === undefined || isOfCampaign(message, this.campaign);
  }

  send(messages: readonly OutgoingMessage[]): void {
    this.response.write(
      messages.map(({ cursor, type, text }) => `id: ${cursor}\nevent: ${type}\ndata: ${text}\n\n`).join(''),
    );
  }

  beat(cursor: number): void {
    this.response.write(`: heartbeat\nid: ${cursor}\n\n`);
  }

  end(why: BeckonError): void {
    this.response.end(`event: end\ndata: ${JSON.stringify(problemOf(why))}\n\n`);
  }

  cut(): void {
    this.response.destroy();
  }
}
